"""PostgreSQL goes away in the middle of the work: nothing is set aside, and all goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.db import connection as database
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from psycopg.errors import ReadOnlySqlTransaction

from clarity.postgres.base import as_owner
from integrations.connector_kit.base import Outgoing, Save
from integrations.models import Cursor, DeliveryState, InboxItem, InboxState
from integrations.sync import lanes
from integrations.sync.interruptions import drop_broken, ends_work
from integrations.sync.lanes import LeaseLost
from tests.flow.scripted import ScriptedRig, at_once, make_rig

PATIENCE = 10


@pytest.fixture
def rig(transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def cut_all_connections() -> None:
    """What a restart of PostgreSQL does to everybody who is connected, this thread included.

    New connections can be had at once, so whoever has not noticed goes on as if nothing had been.
    """

    def cut() -> None:
        with as_owner(), database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert all(ended for (ended,) in cursor.fetchall())
        drop_broken()

    database.ensure_connection()
    at_once(cut)


def once(work: Callable[[], object]) -> Callable[[], object]:
    """`work` at the first call, nothing at later ones."""
    todo = [work]
    return lambda: todo.pop()() if todo else None


def test_a_checkpoint_that_cannot_be_kept_holds_no_record(rig: ScriptedRig) -> None:
    cut = once(cut_all_connections)

    def steps(outgoing: Outgoing, save: Save) -> None:
        cut()
        save("order_id", "100321")

    rig.script.steps = steps
    rig.note("a", "a@example.com")
    rig.run(rig.store)
    rig.run(rig.pos)
    row = rig.delivery()
    assert (row.state, row.reason, row.attempts) == (DeliveryState.WAITING, "", 1)
    lane = rig.lane(rig.pos)
    assert lane.lease_until is None, "the lane was given back"
    assert lane.due_at is not None

    rig.run(rig.pos)
    row = rig.delivery()
    assert (row.state, row.progress) == (DeliveryState.DELIVERED, {"order_id": "100321"})
    assert [written.attempt for written in rig.script.writes] == [1, 2], "it looked before it wrote"


def test_calls_under_way_beside_it_are_kept(rig: ScriptedRig) -> None:
    together = threading.Barrier(4)
    meet = {key: once(lambda: together.wait(PATIENCE)) for key in "abcd"}
    cut, is_cut = once(cut_all_connections), threading.Event()

    def steps(outgoing: Outgoing, save: Save) -> None:
        meet[outgoing.key]()
        if outgoing.key == "a":
            cut()
            try:
                save("order_id", "100321")
            finally:
                is_cut.set()
        assert is_cut.wait(PATIENCE)

    rig.script.steps = steps
    for key in "abcd":
        rig.note(key, f"{key}@example.com")
    rig.run(rig.store)
    rig.run(rig.pos)
    assert {row.key: (row.state, row.attempts) for row in rig.deliveries()} == {
        "a": (DeliveryState.WAITING, 1),
        **dict.fromkeys("bcd", (DeliveryState.DELIVERED, 1)),
    }
    rig.run(rig.pos)
    assert rig.delivery(key="a").state == DeliveryState.DELIVERED
    attempts = sorted((written.key, written.attempt) for written in rig.script.writes)
    assert attempts == [("a", 1), ("a", 2), ("b", 1), ("c", 1), ("d", 1)]


def test_a_read_that_needs_the_database_holds_no_record(rig: ScriptedRig) -> None:
    def renew_tokens(keys: object) -> None:
        """As a connector does that keeps new tokens while it reads."""
        cut()
        with rig.scope():
            InboxItem.objects.count()

    cut = once(cut_all_connections)
    rig.script.read_error = renew_tokens
    rig.note("a")
    rig.run(rig.store)
    (item,) = rig.items()
    assert (item.state, item.reason, item.attempts) == (InboxState.WAITING, "", 0)
    rig.work()
    assert rig.items()[0].state == InboxState.PASSED
    assert rig.delivery().state == DeliveryState.DELIVERED


def test_a_poll_that_is_cut_off_counts_as_no_failure(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig.scope():
        Cursor.objects.create(connection=rig.store, entity="customer", due_at=timezone.now())
    check, cut = lanes.check, once(cut_all_connections)

    def cut_first(lease: lanes.Lease) -> None:
        if rig.script.polls:
            cut()
        check(lease)

    monkeypatch.setattr(lanes, "check", cut_first)
    rig.run(rig.store)
    with rig.scope():
        cursor = Cursor.objects.get()
    assert (rig.script.polls, cursor.failures, cursor.problem) == (1, 0, "")


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (OperationalError("the server closed the connection"), True),
        (InterfaceError("connection already closed"), True),
        (LeaseLost("another holder"), True),
        (caused(TransactionManagementError("no more queries"), InterfaceError("closed")), True),
        (caused(ProgrammingError("read-only"), ReadOnlySqlTransaction()), True),
        (caused(TransactionManagementError("no more queries"), KeyError("x")), False),
        (TransactionManagementError("not allowed here"), False),
        (ProgrammingError("no such column"), False),
        (KeyError("x"), False),
    ],
)
def test_what_says_nothing_of_a_record(error: Exception, ends: bool) -> None:
    assert ends_work(error) is ends
