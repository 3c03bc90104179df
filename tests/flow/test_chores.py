"""The platform's chores: done when due, by one process at a time, whatever crashes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ

from integrations.models import (
    Balance,
    Chore,
    Connection,
    Delivery,
    InboxItem,
    Incident,
    IncidentState,
    Lane,
    Link,
    Rank,
)
from integrations.queue.chores import hint_due_chores
from integrations.services import watching
from integrations.services.chores import DUTIES, Duty, concerns, run_due
from integrations.services.watching import watch_books, watch_lateness
from tests.flow.scripted import ScriptedRig, at_once, make_rig

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rig(transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


@pytest.fixture
def calls() -> list[datetime]:
    return []


def duty(work: Callable[[datetime], None]) -> tuple[Duty, ...]:
    return (Duty("test", MINUTE, work),)


def make_due() -> None:
    Chore.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def alarms(rig: ScriptedRig, kind: str) -> list[Incident]:
    with rig.scope():
        return list(Incident.objects.filter(kind=kind, state=IncidentState.OPEN))


def test_a_chore_is_done_when_it_is_due_and_not_before(
    transactional_db: None, calls: list[datetime]
) -> None:
    duties = duty(calls.append)
    assert [run_due(duties), run_due(duties), len(calls)] == [1, 0, 1]
    row = Chore.objects.get()
    assert row.due_at == calls[0] + MINUTE
    make_due()
    assert [run_due(duties), len(calls)] == [1, 2]


def test_two_processes_never_do_one_chore_at_once(transactional_db: None) -> None:
    inside, most, done = [0], [0], [0]
    lock = threading.Lock()

    def work(now: datetime) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.2)
        with lock:
            inside[0] -= 1
            done[0] += 1

    at_once(*[lambda: run_due(duty(work)) for _ in range(4)])
    assert (most[0], done[0]) == (1, 1)


def test_a_chore_whose_holder_died_is_taken_over_when_its_time_is_up(
    transactional_db: None, calls: list[datetime]
) -> None:
    duties = duty(calls.append)
    now = timezone.now()
    Chore.objects.create(name="test", due_at=now, held_until=now + MINUTE, token=7)
    assert run_due(duties) == 0
    Chore.objects.update(held_until=now - timedelta(seconds=1))
    assert run_due(duties) == 1
    row = Chore.objects.get()
    assert (row.token, row.held_until, len(calls)) == (8, None, 1)


def test_a_failure_is_told_and_the_chore_is_done_again(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(now: datetime) -> None:
        raise ValueError("of ours")

    assert run_due(duty(fail)) == 1
    assert "chore test stopped by an error of ours" in caplog.text
    now = timezone.now()
    (concern,) = concerns(now=now, duties=duty(fail))
    assert concern.said.startswith("test failed 1 time in a row: ")
    row = Chore.objects.get()
    assert row.held_until is None
    assert now < row.due_at <= now + MINUTE
    make_due()
    assert run_due(duty(lambda now: None)) == 1
    assert concerns(now=now, duties=duty(fail)) == []


def test_a_chore_that_nobody_does_is_a_concern(transactional_db: None) -> None:
    now = timezone.now()
    Chore.objects.create(name="test", due_at=now - 10 * MINUTE)
    (concern,) = concerns(now=now, duties=duty(lambda now: None))
    assert concern.said == "test has been due for 10 min and no worker does it"


def test_the_pulse_hints_due_chores_once(transactional_db: None) -> None:
    assert hint_due_chores() is True
    run_due(duty(lambda now: None))
    assert hint_due_chores() is False
    make_due()
    assert [hint_due_chores(), hint_due_chores()] == [True, False]
    assert OrmQ.objects.count() == 2
    Chore.objects.update(hinted_at=timezone.now() - 2 * MINUTE)
    assert hint_due_chores() is True


@pytest.fixture
def counted(rig: ScriptedRig) -> ScriptedRig:
    rig.note("one", "one@example.com")
    rig.work()
    watch_books(timezone.now())
    assert alarms(rig, "conservation") == []
    return rig


def test_books_that_are_off_raise_an_incident_that_settles(counted: ScriptedRig) -> None:
    rig = counted
    with rig.scope():
        (link,) = Link.objects.all()
        link.delete()
    watch_books(timezone.now() + 2 * MINUTE)
    (incident,) = alarms(rig, "conservation")
    assert incident.connection_id == rig.store.pk
    assert "1 record was delivered, but not linked" in incident.message
    with rig.scope():
        link.pk = None
        link.save()
        kept = Balance.objects.get()
    assert [one["kind"] for one in kept.imbalances] == ["unlinked"]
    watch_books(kept.due_at - timedelta(seconds=1))
    assert len(alarms(rig, "conservation")) == 1
    watch_books(kept.due_at)
    assert alarms(rig, "conservation") == []


def test_a_record_nobody_works_on_raises_an_incident_that_settles(rig: ScriptedRig) -> None:
    rig.note("one", "one@example.com")
    now = timezone.now()
    with rig.scope():
        Connection.objects.update(state_since=now - 10 * MINUTE)
    watch_lateness(now + timedelta(seconds=50))
    assert alarms(rig, "lateness") == []
    watch_lateness(now + timedelta(seconds=90))
    (incident,) = alarms(rig, "lateness")
    assert incident.connection_id == rig.store.pk
    assert incident.message == (
        "1 record has waited for Shop, the oldest for 90 s, although it can be called."
        " No worker is at it."
    )
    rig.work()
    watch_lateness(now + timedelta(seconds=95))
    assert alarms(rig, "lateness") == []


@pytest.mark.parametrize(
    "excuse",
    [
        lambda rig, now: Lane.objects.update(parked_until=now + 5 * MINUTE),
        lambda rig, now: Connection.objects.update(state="needs_owner"),
        lambda rig, now: Connection.objects.update(state_since=now + MINUTE),
        lambda rig, now: type(rig.pair).objects.update(state="paused"),
        lambda rig, now: InboxItem.objects.update(due_at=now + 5 * MINUTE),
        lambda rig, now: InboxItem.objects.update(attempts=1),
        lambda rig, now: InboxItem.objects.update(rank=Rank.BACKFILL),
    ],
    ids=["parked", "refused", "just reconnected", "paused", "later", "tried", "backfill"],
)
def test_a_record_that_waits_for_a_reason_is_not_late(
    rig: ScriptedRig, excuse: Callable[[ScriptedRig, datetime], object]
) -> None:
    rig.note("one", "one@example.com")
    now = timezone.now()
    with rig.scope():
        Connection.objects.update(state_since=now - 10 * MINUTE)
        excuse(rig, now)
    watch_lateness(now + timedelta(seconds=90))
    assert alarms(rig, "lateness") == []


def test_a_delivery_nobody_works_on_is_late_too(rig: ScriptedRig) -> None:
    rig.note("one", "one@example.com")
    rig.run(rig.store)
    now = timezone.now()
    with rig.scope():
        Connection.objects.update(state_since=now - 10 * MINUTE)
        assert Delivery.objects.get().state == "waiting"
    watch_lateness(now + 2 * MINUTE)
    (incident,) = alarms(rig, "lateness")
    assert incident.connection_id == rig.pos.pk


def test_trouble_with_one_tenant_does_not_keep_the_others_from_being_counted(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch, account_name: str
) -> None:
    other = make_rig(monkeypatch, f"{account_name}-2")
    real = watching.recount

    def stumble(tenant_id: object, *, now: datetime) -> object:
        if tenant_id == rig.tenant_id:
            raise ValueError("of ours")
        return real(tenant_id, now=now)

    monkeypatch.setattr(watching, "recount", stumble)
    watch_books(timezone.now())
    with rig.scope():
        assert not Balance.objects.exists()
    with other.scope():
        assert Balance.objects.exists()


def test_all_chores_run_and_the_doctor_tells_of_one_that_fails(rig: ScriptedRig) -> None:
    assert run_due() == len(DUTIES)
    assert concerns(now=timezone.now()) == []
    Chore.objects.filter(name="tidying").update(failures=3, problem="It failed.")
    with pytest.raises(SystemExit):
        call_command("doctor")
