"""Stopped records are grouped by cause, and the group goes canary first."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.models import (
    Connection,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    ReplayState,
)
from integrations.queue.pulse import hint_due_incidents
from integrations.services import group_replay
from integrations.services.discard import CannotDiscard, discard, discard_group
from integrations.services.replay import CannotReplay, replay
from integrations.sync import incidents
from tenants import scope
from tenants.models import AuditEntry
from tests.flow.scripted import ScriptedRig, at_once, make_rig

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def refuse_all(rig: ScriptedRig) -> None:
    def error(outgoing: Outgoing) -> Exception:
        return Rejected(
            f"Customer {outgoing.key}: no group for VIP-{outgoing.key}.",
            field=f"groups[{outgoing.key[-1]}].name",
            said=f"VIP-{outgoing.key}",
            advice="Add the group, then replay.",
        )

    rig.script.write_error = error


def refuse(rig: ScriptedRig, *keys: str) -> None:
    refuse_all(rig)
    everyone = rig.script.write_error
    rig.script.write_error = lambda outgoing: everyone(outgoing) if outgoing.key in keys else None


def accept_all(rig: ScriptedRig) -> None:
    rig.script.write_error = lambda outgoing: None


def incident(rig: ScriptedRig) -> Incident:
    with rig.scope():
        (found,) = Incident.objects.all()
    return found


def stop(rig: ScriptedRig, count: int) -> Incident:
    """So many customers stop for one cause."""
    refuse_all(rig)
    for number in range(1, count + 1):
        rig.note(f"c{number}", f"c{number}@example.com")
    rig.work()
    assert len(rig.deliveries(state=DeliveryState.HELD)) == count
    return incident(rig)


def start(rig: ScriptedRig, **options: str) -> None:
    with rig.scope():
        group_replay.start(incident_of(rig), actor=None, now=timezone.now(), **options)


def incident_of(rig: ScriptedRig) -> Incident:
    found: Incident = Incident.objects.get()
    return found


def tend(rig: ScriptedRig) -> Incident:
    group_replay.tend(tenant_id=rig.tenant_id, incident_id=incident(rig).pk, now=timezone.now())
    return incident(rig)


def states(rig: ScriptedRig) -> dict[str, str]:
    """The latest delivery of each customer."""
    return {row.key: str(row.state) for row in rig.deliveries()}


# --- filing --------------------------------------------------------------------------------------


def test_equal_failures_are_one_incident_without_their_values(rig: ScriptedRig) -> None:
    found = stop(rig, 3)
    assert found.message == "Customer […]: no group for […]."
    assert (found.field, found.error, found.side, found.entity) == (
        "groups[].name",
        "Rejected",
        "target",
        "customer",
    )
    assert (found.connection_id, found.advice) == (rig.pos.pk, "Add the group, then replay.")
    assert {row.incident_id for row in rig.deliveries()} == {found.pk}


def test_what_cannot_be_read_is_an_incident_of_the_source(rig: ScriptedRig) -> None:
    rig.script.read_error = lambda keys: Rejected("no such thing as 'x1'", field="kind", said="x1")
    rig.note("c1")
    rig.note("c2")
    rig.work()
    found = incident(rig)
    assert (found.side, found.connection_id, found.message) == (
        "source",
        rig.store.pk,
        "no such thing as […]",
    )
    assert [row.incident_id for row in rig.items()] == [found.pk, found.pk]


def test_an_error_of_ours_and_a_refusal_are_two_incidents(rig: ScriptedRig) -> None:
    rig.script.write_error = lambda outgoing: (
        KeyError("x") if outgoing.key == "c1" else Rejected("no", field="email")
    )
    rig.note("c1", "c1@example.com")
    rig.note("c2", "c2@example.com")
    rig.work()
    with rig.scope():
        assert set(Incident.objects.values_list("error", flat=True)) == {"KeyError", "Rejected"}


def test_what_is_tried_again_by_itself_is_no_incident(rig: ScriptedRig) -> None:
    rig.script.write_error = lambda outgoing: TryLater("answered 503")
    rig.note("c1", "c1@example.com")
    rig.work()
    with rig.scope():
        assert not Incident.objects.exists()


def held_row(rig: ScriptedRig, number: int) -> InboxItem:
    return InboxItem(
        tenant_id=rig.tenant_id,
        connection=rig.store,
        entity="customer",
        key=f"k{number}",
        state=InboxState.HELD,
        field="email",
        said=f"odd{number}",
        reason=f"'odd{number}' is no e-mail address",
        due_at=timezone.now(),
        received_at=timezone.now(),
    )


def test_many_processes_that_file_at_once_make_one_incident(rig: ScriptedRig) -> None:
    ids = []

    def file(first: int) -> None:
        with scope.tenant(rig.tenant_id):
            rows = [held_row(rig, number) for number in range(first, first + 20)]
            incidents.file_many([(row, None) for row in rows], now=timezone.now())
            ids.extend(row.incident_id for row in rows)

    at_once(*[lambda first=first: file(first) for first in range(0, 160, 20)])
    assert (len(ids), set(ids)) == (160, {incident(rig).pk})


def filed(rig: ScriptedRig, number: int, *, now: datetime) -> InboxItem:
    row = held_row(rig, number)
    incidents.file(row, None, now=now)
    return row


def test_who_files_does_not_wait_for_another_who_has_not_committed(rig: ScriptedRig) -> None:
    begun = timezone.now()
    later = begun + timedelta(seconds=30)
    with rig.scope():
        filed(rig, 0, now=begun)
    slow_filed, quick_done = threading.Event(), threading.Event()

    def slow() -> None:
        with scope.tenant(rig.tenant_id):
            filed(rig, 1, now=later)
            slow_filed.set()
            assert quick_done.wait(20)

    def quick() -> None:
        assert slow_filed.wait(10)
        with scope.tenant(rig.tenant_id):
            filed(rig, 2, now=later)
        quick_done.set()

    at_once(slow, quick)
    assert incident(rig).last_at == later


def test_an_incident_a_row_is_joining_is_not_closed(rig: ScriptedRig) -> None:
    with rig.scope():
        filed(rig, 0, now=timezone.now())
    found = incident(rig)
    joined, tried = threading.Event(), threading.Event()

    def join() -> None:
        with scope.tenant(rig.tenant_id):
            row = filed(rig, 1, now=timezone.now())
            joined.set()
            assert tried.wait(20)
            row.save()

    def close() -> None:
        assert joined.wait(10)
        with scope.tenant(rig.tenant_id):
            assert incidents.close_settled([found.pk], now=timezone.now()) == 0
        tried.set()

    at_once(join, close)
    with rig.scope():
        assert incidents.close_settled([found.pk], now=timezone.now()) == 0
        InboxItem.objects.all().delete()
        assert incidents.close_settled([found.pk], now=timezone.now()) == 1
    assert not incident(rig).is_open


def test_the_same_cause_opens_the_closed_incident_again(rig: ScriptedRig) -> None:
    first = stop(rig, 1)
    with rig.scope():
        discard_group(first, reason="Not wanted", actor=None, now=timezone.now())
    assert not incident(rig).is_open
    rig.note("c9", "c9@example.com")
    rig.work()
    again = incident(rig)
    assert (again.pk, again.is_open, again.closed_at) == (first.pk, True, None)
    assert (again.first_at, again.opened_at > first.opened_at) == (first.first_at, True)


def test_a_newer_version_that_gets_through_closes_the_incident(rig: ScriptedRig) -> None:
    stop(rig, 1)
    accept_all(rig)
    rig.note("c1", "new@example.com", "2026-03-01T00:00:00Z")
    rig.work()
    assert tend(rig).is_open is False
    assert incident(rig).due_at is None


def test_an_alarm_is_renewed_while_it_lasts_and_opens_again(rig: ScriptedRig) -> None:
    at = timezone.now()

    def alarm(connection: Connection | None, said: str, minutes: int) -> None:
        incidents.raise_alarm(
            tenant_id=rig.tenant_id,
            kind="conservation",
            connection=connection,
            message=said,
            advice="Look",
            now=at + timedelta(minutes=minutes),
        )

    alarm(None, "1 record is missing", 0)
    alarm(None, "2 records are missing", 1)
    found = incident(rig)
    assert (found.message, found.last_at, found.opened_at) == (
        "2 records are missing",
        at + timedelta(minutes=1),
        at,
    )
    incidents.settle_alarm(tenant_id=rig.tenant_id, kind="conservation", connection=None, now=at)
    assert not incident(rig).is_open
    assert tend(rig).is_open is False
    alarm(None, "again", 5)
    assert incident(rig).is_open
    alarm(rig.pos, "other", 5)
    with rig.scope():
        assert Incident.objects.count() == 2


# --- one record ----------------------------------------------------------------------------------


def test_two_people_cannot_replay_one_record_twice(rig: ScriptedRig) -> None:
    stop(rig, 1)
    (item,) = rig.items()
    refused = []

    def click() -> None:
        with scope.tenant(rig.tenant_id):
            try:
                replay(item, now=timezone.now())
            except CannotReplay as error:
                refused.append(str(error))

    at_once(*[click] * 6)
    assert len(refused) == 5
    accept_all(rig)
    rig.work()
    assert [row.state for row in rig.deliveries()] == ["replaced", "delivered"]
    assert rig.items()[0].passed_to == 2


def test_replaying_the_only_record_closes_the_incident_and_failing_opens_it(
    rig: ScriptedRig,
) -> None:
    stop(rig, 1)
    with rig.scope():
        replay(rig.items()[0], now=timezone.now())
    assert not incident(rig).is_open
    rig.work()
    assert incident(rig).is_open


# --- a group -------------------------------------------------------------------------------------


def test_one_goes_first_and_the_rest_follow_only_when_it_went_through(rig: ScriptedRig) -> None:
    stop(rig, 5)
    accept_all(rig)
    rig.script.writes.clear()
    start(rig)
    assert tend(rig).replay_state == ReplayState.CANARY
    rig.work()
    assert [written.key for written in rig.script.writes] == ["c1"]
    found = tend(rig)
    assert (found.replay_state, found.is_open) == (ReplayState.REST, True)
    rig.work()
    assert sorted(written.key for written in rig.script.writes) == ["c1", "c2", "c3", "c4", "c5"]
    found = tend(rig)
    assert (found.replay_state, found.is_open, found.replay_note) == (ReplayState.DONE, False, "")
    assert set(states(rig).values()) == {"delivered"}
    assert tend(rig).due_at is None
    assert len(rig.script.writes) == 5


def test_a_group_stops_when_the_first_one_fails_again(rig: ScriptedRig) -> None:
    stop(rig, 4)
    rig.script.writes.clear()
    start(rig)
    rig.work()
    found = tend(rig)
    assert (found.replay_state, found.is_open) == (ReplayState.STOPPED, True)
    assert "no group for VIP-c1" in found.replay_note
    for _ in range(3):
        tend(rig)
        rig.work()
    assert [written.key for written in rig.script.writes] == ["c1"]
    assert len(rig.deliveries(state=DeliveryState.HELD)) == 4


def test_the_canary_decides_again_after_a_retry_by_itself(rig: ScriptedRig) -> None:
    stop(rig, 2)
    rig.script.write_error = lambda outgoing: TryLater("answered 503")
    start(rig)
    rig.work()
    assert tend(rig).replay_state == ReplayState.CANARY
    accept_all(rig)
    rig.make_due()
    rig.work()
    assert tend(rig).replay_state == ReplayState.REST


def test_a_canary_that_was_spoken_for_by_another_says_nothing(rig: ScriptedRig) -> None:
    stop(rig, 2)
    accept_all(rig)
    start(rig)
    rig.note("c1", "newer@example.com", "2026-03-01T00:00:00Z")
    rig.run(rig.store)
    rig.work()
    assert rig.items(key="c1")[0].state == InboxState.MERGED
    found = tend(rig)
    assert (found.replay_state, found.replay_item) == (
        ReplayState.CANARY,
        rig.items(key="c2")[0].pk,
    )
    rig.work()
    tend(rig)
    assert tend(rig).replay_state == ReplayState.DONE


def test_only_records_with_one_value_can_be_replayed(rig: ScriptedRig) -> None:
    stop(rig, 3)
    accept_all(rig)
    start(rig, value="VIP-c2")
    rig.work()
    tend(rig)
    assert tend(rig).replay_state == ReplayState.DONE
    assert states(rig) == {"c1": "held", "c2": "delivered", "c3": "held"}
    assert incident(rig).is_open


def test_records_that_stop_while_it_runs_take_no_part(rig: ScriptedRig) -> None:
    stop(rig, 2)
    refuse(rig, "c9")
    start(rig)
    rig.note("c9", "c9@example.com")
    rig.work()
    tend(rig)
    rig.work()
    found = tend(rig)
    assert (found.replay_state, found.replay_total, found.is_open) == (ReplayState.DONE, 2, True)
    assert states(rig)["c9"] == "held"
    assert len(rig.deliveries(key="c9")) == 1


def test_too_many_that_fail_again_stop_the_rest(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_replay, "BATCH", 3)
    monkeypatch.setattr(group_replay, "STOP_AFTER", 3)
    stop(rig, 10)
    refuse(rig, *[f"c{number}" for number in range(2, 11)])
    start(rig)
    rig.work()
    tend(rig)
    rig.work()
    found = tend(rig)
    assert (found.replay_state, found.replay_note) == (
        ReplayState.STOPPED,
        "3 records failed again, so the rest was left alone.",
    )
    assert len(rig.deliveries(state=DeliveryState.HELD)) == 9


def test_two_workers_at_once_replay_each_record_once(rig: ScriptedRig) -> None:
    stop(rig, 12)
    accept_all(rig)
    start(rig)
    rig.work()
    rig.script.writes.clear()
    found = incident(rig)

    def step() -> None:
        group_replay.tend(tenant_id=rig.tenant_id, incident_id=found.pk, now=timezone.now())

    at_once(step, step, step)
    rig.work()
    assert len(rig.script.writes) == 11
    assert len(rig.deliveries()) == 24
    assert tend(rig).replay_state == ReplayState.DONE


def test_a_step_that_died_is_taken_up_by_the_pulse(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(rig, 3)
    accept_all(rig)
    start(rig)
    rig.work()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(group_replay, "_replay_in_turn", die)
        with pytest.raises(KeyboardInterrupt):
            tend(rig)
    with rig.scope():
        Incident.objects.update(due_at=timezone.now())
    assert hint_due_incidents() == 1
    assert hint_due_incidents() == 0, "a worker has time to take it"
    tend(rig)
    rig.work()
    assert tend(rig).replay_state == ReplayState.DONE


def test_a_stopped_group_lets_no_further_record_follow(rig: ScriptedRig) -> None:
    stop(rig, 3)
    accept_all(rig)
    start(rig)
    with rig.scope():
        assert group_replay.stop(incident_of(rig), actor=None, now=timezone.now())
        assert not group_replay.stop(incident_of(rig), actor=None, now=timezone.now())
    rig.work()
    for _ in range(2):
        tend(rig)
        rig.work()
    assert states(rig) == {"c1": "delivered", "c2": "held", "c3": "held"}


def test_a_group_starts_once(rig: ScriptedRig) -> None:
    stop(rig, 3)
    started = []

    def click() -> None:
        with scope.tenant(rig.tenant_id):
            try:
                group_replay.start(incident_of(rig), actor=None, now=timezone.now())
            except CannotReplay:
                return
            started.append(1)

    at_once(click, click, click)
    assert started == [1]
    with rig.scope():
        assert AuditEntry.objects.filter(action="incident.replayed").count() == 1


def test_a_group_of_unreadable_records_is_replayed_at_its_source(rig: ScriptedRig) -> None:
    rig.script.read_error = lambda keys: Rejected("not readable", field="kind")
    for number in range(3):
        rig.note(f"c{number}")
    rig.work()
    rig.script.read_error = lambda keys: None
    start(rig)
    rig.work()
    assert sorted(row.state for row in rig.items()) == ["held", "held", "passed"]
    tend(rig)
    rig.work()
    found = tend(rig)
    assert (found.replay_state, found.is_open) == (ReplayState.DONE, False)
    assert len(rig.deliveries(state=DeliveryState.DELIVERED)) == 3


# --- discarding ----------------------------------------------------------------------------------


def test_a_discarded_record_keeps_the_reason_and_can_be_replayed(rig: ScriptedRig) -> None:
    stop(rig, 1)
    (item,) = rig.items()
    with rig.scope():
        with pytest.raises(CannotDiscard, match="Say why"):
            discard(item, reason="  ", actor=None, now=timezone.now())
        discard(item, reason="A test order", actor=None, now=timezone.now())
        entry = AuditEntry.objects.get(action="record.discarded")
    assert (entry.reason, entry.before["state"]) == ("A test order", "held")
    row = rig.delivery()
    assert (row.state, row.reason) == ("filtered", "Discarded: A test order")
    assert not incident(rig).is_open
    accept_all(rig)
    with rig.scope():
        replay(item, now=timezone.now())
    rig.work()
    assert [row.state for row in rig.deliveries()] == ["filtered", "delivered"]


FIRST, SECOND = "2026-01-01T00:00:01+00:00", "2026-01-01T00:00:02+00:00"


def discarded(rig: ScriptedRig) -> None:
    """The customer c1 was read, could not be delivered, and is not to be."""
    refuse_all(rig)
    rig.note("c1", "old@example.com", FIRST)
    rig.work()
    with rig.scope():
        discard(rig.items()[0], reason="Not ours", actor=None, now=timezone.now())
    accept_all(rig)
    rig.script.writes.clear()


@pytest.mark.parametrize("version", ["", FIRST, SECOND])
def test_what_was_discarded_is_no_news_when_it_is_told_again(
    rig: ScriptedRig, version: str
) -> None:
    """A poll tells of what an event told of, under whatever version."""
    discarded(rig)
    for _ in range(2):
        rig.note("c1", "old@example.com", version)
        rig.work()
    assert rig.script.emails == []
    assert {(row.state, row.reason) for row in rig.deliveries()} == {
        ("filtered", "Discarded: Not ours")
    }
    # Within the same second, as some systems tell times.
    rig.note("c1", "new@example.com", version)
    rig.work()
    assert rig.script.emails == ["new@example.com"]


def test_what_was_discarded_twice_can_be_replayed(rig: ScriptedRig) -> None:
    discarded(rig)
    rig.note("c1", "old@example.com", SECOND)
    rig.work()
    with rig.scope():
        replay(rig.items()[0], now=timezone.now())
    rig.work()
    assert rig.script.emails == ["old@example.com"]


def test_what_waits_behind_a_discarded_record_and_says_the_same_goes_with_it(
    rig: ScriptedRig,
) -> None:
    stop(rig, 1)
    rig.note("c1", "c1@example.com", SECOND)
    rig.run(rig.store)
    with rig.scope():
        discard(rig.items()[0], reason="Not ours", actor=None, now=timezone.now())
    accept_all(rig)
    rig.script.writes.clear()
    rig.work()
    assert rig.script.emails == []


def test_what_was_discarded_where_it_comes_from_is_not_held_again(rig: ScriptedRig) -> None:
    rig.script.read_error = lambda keys: Rejected("not readable", field="kind")
    rig.note("c1")
    rig.work()
    with rig.scope():
        discard(rig.items()[0], reason="Not ours", actor=None, now=timezone.now())
    rig.note("c1", version=FIRST)
    rig.work()
    assert [row.state for row in rig.items()] == ["filtered", "filtered"]
    assert not incident(rig).is_open
    rig.note("c1", version=SECOND)
    rig.work()
    assert rig.items()[-1].state == "held"


def test_a_group_is_discarded_in_one_go_and_the_sum_holds(rig: ScriptedRig) -> None:
    found = stop(rig, 4)
    with rig.scope():
        count = discard_group(
            found, reason="Old", actor=None, now=timezone.now(), value="VIP-c2"
        ) + discard_group(found, reason="Old", actor=None, now=timezone.now())
        with pytest.raises(CannotDiscard, match="No record"):
            discard_group(found, reason="Old", actor=None, now=timezone.now())
    assert count == 4
    assert {row.state for row in rig.deliveries()} == {"filtered"}
    assert {(row.state, row.passed_to) for row in rig.items()} == {("passed", 1)}
    assert not incident(rig).is_open


def test_what_is_delivered_cannot_be_discarded(rig: ScriptedRig) -> None:
    rig.note("c1", "c1@example.com")
    rig.work()
    with rig.scope(), pytest.raises(CannotDiscard, match="does not wait"):
        discard(rig.items()[0], reason="x", actor=None, now=timezone.now())
    assert rig.delivery().state == DeliveryState.DELIVERED
