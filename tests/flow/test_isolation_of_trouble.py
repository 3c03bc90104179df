"""Trouble stays where it arose: with one record, one account, one slice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.base import Account, Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater
from integrations.models import (
    Attempt,
    Connection,
    ConnectionState,
    Cursor,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Pair,
    PairState,
)
from integrations.services import connections, pairs
from integrations.sync import breaker, retry
from integrations.sync.sessions import LEAST_POLL_SECONDS
from mappings.canonical.record import Record
from tests.flow.scripted import ScriptedRig, make_rig

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = timedelta(days=4)


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def silent(_: object) -> Exception:
    return TryLater("did not answer in time")


def fine(_: object) -> None:
    return None


UNREADABLE = [
    pytest.param(Rejected("not readable", field="x"), InboxState.HELD, id="rejected"),
    pytest.param(KeyError("x"), InboxState.HELD, id="an-error-of-ours"),
    pytest.param(TryLater("answered 500"), InboxState.WAITING, id="try-later"),
]


def trip_over_bad(rig: ScriptedRig, error: Exception) -> None:
    def answer(keys: Sequence[str]) -> Exception | None:
        return error if "bad" in keys else None

    rig.script.read_error = answer


@pytest.mark.parametrize(("error", "state"), UNREADABLE)
def test_one_unreadable_record_does_not_stop_good_ones(
    rig: ScriptedRig, error: Exception, state: InboxState
) -> None:
    trip_over_bad(rig, error)
    rig.note("thin-before")
    rig.note("bad")
    rig.note("thin-after")
    rig.note("whole", "whole@example.com")
    rig.work()
    sent = {written.key for written in rig.script.writes}
    assert sent == {"thin-before", "thin-after", "whole"}
    (bad,) = rig.items(key="bad")
    assert bad.state == state
    assert bad.reason


@pytest.mark.parametrize(("error", "state"), UNREADABLE)
def test_one_unreadable_record_does_not_stop_deliveries_into_its_lane(
    rig: ScriptedRig, error: Exception, state: InboxState
) -> None:
    rig.add_way_back()
    trip_over_bad(rig, error)
    rig.note("bad")
    rig.note("9", "nine@example.com", at=rig.pos)
    rig.run(rig.pos)
    rig.run(rig.store)
    assert rig.script.emails == ["nine@example.com"]
    assert rig.items(key="bad")[0].state == state


def test_a_record_that_trips_the_database_is_set_aside_alone(rig: ScriptedRig) -> None:
    def trip(record: Record, account: Account) -> str:
        if record.key == "bad":
            with database.cursor() as cursor:
                cursor.execute("SELECT 1/0")
        return record.key

    rig.script.reference = trip
    rig.note("bad", "bad@example.com")
    rig.note("nul", "nul@example.com", number="x\0y")
    rig.note("good", "good@example.com")
    rig.work()
    assert rig.script.emails == ["good@example.com"]
    states = {item.key: item.state for item in rig.items()}
    assert states == {"bad": InboxState.HELD, "nul": InboxState.HELD, "good": InboxState.PASSED}


def test_a_dead_account_is_not_asked_for_every_record(rig: ScriptedRig) -> None:
    rig.script.concurrency = 1
    for number in range(30):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)
    rig.script.write_error = silent
    rig.run(rig.pos)
    assert len(rig.script.writes) == breaker.ILL_AFTER
    assert rig.run(rig.pos) is False, "by now the lane rests"


def test_an_account_that_answers_again_counts_as_well(rig: ScriptedRig) -> None:
    rig.run(rig.store)
    with rig.scope():
        Cursor.objects.update(due_at=timezone.now() + timedelta(hours=1))
    rig.script.read_error = silent
    rig.note("1")
    rig.run(rig.store)
    assert rig.lane(rig.store).failures == 1
    rig.script.read_error = fine
    rig.make_due()
    rig.run(rig.store)
    assert rig.lane(rig.store).failures == 0


def test_one_record_that_fails_does_not_make_an_answering_account_ill(rig: ScriptedRig) -> None:
    rig.script.read_error = silent
    for number in range(breaker.ILL_AFTER + 1):
        rig.note(str(number))
        rig.make_due()
        with rig.scope():
            Cursor.objects.update(due_at=timezone.now())
        rig.run(rig.store)
    lane = rig.lane(rig.store)
    assert (lane.breaker, lane.parked_until) == ("closed", None), "its polls are answered"
    assert lane.failures <= 1


def test_a_slice_ends_in_time_however_much_there_is_to_do(rig: ScriptedRig, settings: Any) -> None:
    settings.CLARITY_LANE_SLICE_SECONDS = 1
    rig.script.concurrency = 1
    for number in range(60):
        rig.note(str(number), f"{number}@example.com")
    while rig.items(state=InboxState.WAITING):
        rig.run(rig.store)
    rig.script.seconds_per_write = 0.2
    rig.run(rig.pos)
    assert 0 < len(rig.script.writes) <= 6
    assert rig.lane(rig.pos).due_at <= timezone.now(), "the rest is due at once"


def test_being_throttled_does_not_grow_the_back_off(rig: ScriptedRig) -> None:
    rig.note("1", "a@example.com")
    rig.run(rig.store)
    rig.script.write_error = lambda _: TryLater("budget", after=1.5, throttled=True)
    for _ in range(8):
        rig.make_due()
        rig.run(rig.pos)
    row, lane = rig.delivery(), rig.lane(rig.pos)
    assert row.attempts == 8
    assert row.due_at - row.intent_at < timedelta(seconds=retry.FIRST_SECONDS + 1)
    assert lane.parked_until - timezone.now() <= timedelta(seconds=retry.FIRST_SECONDS)
    assert lane.failures == 0


def test_time_in_a_paused_pair_does_not_count_for_an_untried_delivery(rig: ScriptedRig) -> None:
    rig.note("1", "a@example.com")
    rig.run(rig.store)
    with rig.scope():
        Delivery.objects.update(created_at=timezone.now() - DAYS)
    rig.script.write_error = silent
    rig.run(rig.pos)
    assert rig.delivery().state == DeliveryState.WAITING


def test_time_in_a_paused_pair_does_not_count_between_two_tries(rig: ScriptedRig) -> None:
    rig.script.write_error = silent
    rig.note("1", "a@example.com")
    rig.work()
    with rig.scope():
        pairs.pause(rig.pair)
        # The pair rests for days after the first try.
        long_ago = timezone.now() - DAYS
        Attempt.objects.update(started_at=long_ago, finished_at=long_ago)
        Delivery.objects.update(created_at=long_ago, intent_at=long_ago, due_at=long_ago)
        pairs.start(Pair.objects.get(), state=PairState.TESTING, now=timezone.now())
    rig.make_due()
    rig.run(rig.pos)
    row = rig.delivery()
    assert row.attempts == 2
    assert row.state == DeliveryState.WAITING


def test_time_without_credentials_does_not_count_for_an_unread_record(rig: ScriptedRig) -> None:
    rig.script.read_error = lambda _: NeedsOwner()
    rig.note("1")
    rig.run(rig.store)
    with rig.scope():
        assert Connection.objects.get(pk=rig.store.pk).state == ConnectionState.NEEDS_OWNER
        InboxItem.objects.update(received_at=timezone.now() - DAYS)
    connections.reconnect(rig.store, credentials={}, now=timezone.now())
    rig.script.read_error = silent
    rig.run(rig.store)
    assert rig.script.reads == 2
    assert rig.items()[0].state == InboxState.WAITING


def test_the_pause_of_a_huge_attempt_is_the_longest_there_is() -> None:
    assert retry.pause(1100, chance=max) == 300


@pytest.mark.parametrize("seconds", ["-1", "0.000001"])
def test_a_senseless_poll_setting_does_not_make_the_slice_spin(
    rig: ScriptedRig, settings: Any, seconds: str
) -> None:
    settings.CLARITY_LANE_SLICE_SECONDS = 0.3
    with rig.scope():
        Connection.objects.filter(pk=rig.store.pk).update(settings={"poll_seconds": seconds})
    start = time.monotonic()
    rig.run(rig.store)
    took = time.monotonic() - start
    assert 1 <= rig.script.polls <= took / LEAST_POLL_SECONDS + 1


def absurd(_: Outgoing) -> Receipt:
    return Receipt("T" * 300, Outcome.CREATED)


def test_an_outcome_with_absurd_ids_is_set_aside_once(rig: ScriptedRig) -> None:
    rig.script.receipt = absurd
    rig.note("1", "a@example.com")
    rig.work()
    for _ in range(3):
        rig.make_due()
        rig.run(rig.pos)
    assert len(rig.script.writes) == 1
    assert rig.delivery().state == DeliveryState.HELD


def test_a_refusal_with_unkeepable_words_is_set_aside_once(rig: ScriptedRig) -> None:
    rig.script.write_error = lambda _: Rejected("bad \0 value", field="email", said="\0")
    rig.note("1", "a@example.com")
    rig.work()
    for _ in range(3):
        rig.make_due()
        rig.run(rig.pos)
    assert len(rig.script.writes) == 1
    row = rig.delivery()
    assert (row.state, row.field) == (DeliveryState.HELD, "email")
