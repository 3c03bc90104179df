"""An account that does not answer is left alone, tried with one call, and caught up with in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater
from integrations.models import Attempt, BreakerState, Delivery, DeliveryState, Lane, Rank
from integrations.services.overview import pair_health
from integrations.services.verdict import verdict
from integrations.sync import breaker, kept_sessions, sending
from integrations.sync.breaker import Breaker, Health
from tests.flow.scripted import ScriptedRig, make_rig

NOW = datetime(2026, 10, 3, 12, tzinfo=UTC)
DOWN = TryLater("answered 503")


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str, transactional_db: None) -> ScriptedRig:
    made = make_rig(monkeypatch, account_name)
    made.script.concurrency = 1
    return made


def after(health: Health, *errors: TryLater | NeedsOwner | None) -> Health:
    made = Breaker(health)
    for error in errors:
        made.hear(error, now=NOW)
    return made.health


CLOSED, OPEN, HALF = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
STEPS = [
    pytest.param(Health(), [DOWN, DOWN], CLOSED, id="two-failures"),
    pytest.param(Health(), [DOWN, DOWN, DOWN], OPEN, id="three-in-a-row"),
    pytest.param(Health(), [DOWN, DOWN, None, DOWN], CLOSED, id="an-answer-between"),
    pytest.param(Health(), [TryLater(throttled=True)] * 5, CLOSED, id="throttled"),
    pytest.param(Health(), [NeedsOwner()] * 5, CLOSED, id="refused-credentials"),
    pytest.param(Health(HALF, NOW, 3, 1), [None], CLOSED, id="the-probe-is-answered"),
    pytest.param(Health(HALF, NOW, 3, 1), [DOWN], OPEN, id="the-probe-fails"),
    pytest.param(Health(HALF, NOW, 3, 1), [TryLater(throttled=True)], CLOSED, id="429-answers"),
    pytest.param(
        Health(HALF, NOW, 3, 1), [TryLater(throttled=True, left=False)], HALF, id="never-left"
    ),
]


@pytest.mark.parametrize(("health", "errors", "state"), STEPS)
def test_the_states_of_a_breaker(
    health: Health, errors: list[TryLater | None], state: BreakerState
) -> None:
    assert after(health, *errors).state == state


def test_each_failed_probe_makes_the_pause_longer_and_their_wish_counts() -> None:
    health = after(Health(), DOWN, DOWN, DOWN)
    pauses = []
    for _ in range(9):
        pauses.append(breaker.rest(health, asked=None, chance=max).total_seconds())
        health = after(breaker.tried(health, now=NOW), DOWN)
    assert pauses == [8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert breaker.rest(Health(OPEN, NOW, 3, 1), asked=900).total_seconds() == 900


def open_breaker(rig: ScriptedRig, count: int) -> None:
    for number in range(count):
        rig.note(f"{number:02d}", f"{number:02d}@example.com")
    rig.run(rig.store)
    rig.script.write_error = lambda _: DOWN
    rig.run(rig.pos)
    assert rig.lane(rig.pos).breaker == OPEN
    rig.script.writes.clear()


def end_pause(rig: ScriptedRig) -> None:
    with rig.scope():
        Lane.objects.filter(pk=rig.pos.pk).update(parked_until=timezone.now())


def test_while_it_is_open_nothing_is_called_and_nothing_piles_up(rig: ScriptedRig) -> None:
    open_breaker(rig, 10)
    with rig.scope():
        attempts = Attempt.objects.count()
    rig.note("new", "new@example.com")
    rig.run(rig.store)
    for _ in range(3):
        assert rig.run(rig.pos) is False
    assert rig.script.writes == []
    with rig.scope():
        assert Attempt.objects.count() == attempts == breaker.ILL_AFTER
    lane = rig.lane(rig.pos)
    assert lane.parked_reason == "answered 503"
    assert lane.due_at == lane.parked_until > timezone.now()


def test_one_call_tries_it_and_a_failure_makes_the_pause_longer(rig: ScriptedRig) -> None:
    open_breaker(rig, 10)
    for openings in (2, 3, 4):
        end_pause(rig)
        rig.run(rig.pos)
        lane = rig.lane(rig.pos)
        assert len(rig.script.writes) == openings - 1, "exactly one call a time"
        assert (lane.breaker, lane.openings) == (OPEN, openings)
    assert len({written.key for written in rig.script.writes}) == 3, "not the same one each time"


def test_another_process_goes_on_where_the_breaker_stands(rig: ScriptedRig) -> None:
    open_breaker(rig, 6)
    kept_sessions.close_all()
    end_pause(rig)
    rig.run(rig.pos)
    assert len(rig.script.writes) == 1
    assert rig.lane(rig.pos).openings == 2


def test_once_it_answers_everything_drains_in_order(rig: ScriptedRig) -> None:
    open_breaker(rig, 12)
    rig.script.write_error = lambda _: None
    end_pause(rig)
    rig.run(rig.pos)
    assert {row.state for row in rig.deliveries()} == {DeliveryState.DELIVERED}
    keys = [written.key for written in rig.script.writes]
    assert sorted(keys) == [f"{number:02d}" for number in range(12)]
    assert keys[1:] == sorted(keys[1:]), "after the one that tried it, the oldest first"
    lane = rig.lane(rig.pos)
    assert (lane.breaker, lane.failures, lane.openings, lane.parked_reason) == (CLOSED, 0, 0, "")


def test_a_refusal_of_the_record_is_an_answer(rig: ScriptedRig) -> None:
    open_breaker(rig, 4)
    rig.script.write_error = lambda _: Rejected(field="email")
    end_pause(rig)
    rig.run(rig.pos)
    assert rig.lane(rig.pos).breaker == CLOSED
    assert {row.state for row in rig.deliveries()} == {DeliveryState.HELD}


def test_a_poll_tries_it_when_there_is_nothing_to_deliver(rig: ScriptedRig) -> None:
    with rig.scope():
        Lane.objects.filter(pk=rig.store.pk).update(
            breaker=OPEN, failures=3, openings=1, parked_until=timezone.now()
        )
    rig.note("1")
    rig.note("2")
    rig.run(rig.store)
    assert rig.lane(rig.store).breaker == CLOSED
    assert rig.script.polls >= 1


def test_being_read_tries_it_when_there_is_nothing_else(rig: ScriptedRig) -> None:
    rig.run(rig.store)
    rig.note("1")
    rig.note("2")
    asked: list[list[str]] = []

    def down(keys: Sequence[str]) -> Exception:
        asked.append(list(keys))
        return DOWN

    rig.script.read_error = down
    with rig.scope():
        Lane.objects.filter(pk=rig.store.pk).update(breaker=OPEN, failures=3, openings=1)
    rig.run(rig.store)
    assert asked == [["1"]], "one record is asked for, once"
    assert rig.lane(rig.store).breaker == OPEN


def test_a_call_that_never_left_makes_no_attempt(rig: ScriptedRig) -> None:
    rig.note("1", "a@example.com")
    rig.run(rig.store)
    rig.script.write_error = lambda _: TryLater("used up", after=5, throttled=True, left=False)
    for _ in range(3):
        rig.make_due()
        rig.run(rig.pos)
    row = rig.delivery()
    with rig.scope():
        assert Attempt.objects.count() == 0
    assert (row.attempts, row.state, row.intent_at) == (0, DeliveryState.WAITING, None)
    lane = rig.lane(rig.pos)
    assert lane.breaker == CLOSED
    assert timedelta(seconds=3) < lane.parked_until - timezone.now() <= timedelta(seconds=5)


def test_people_see_that_it_does_not_answer(rig: ScriptedRig) -> None:
    open_breaker(rig, 3)
    with rig.scope():
        health = pair_health(pair=rig.pair, now=timezone.now())
        said = verdict(health=health, now=timezone.now())
    side = health.pos
    assert (side.health, side.resting_reason) == (OPEN, "answered 503")
    assert side.resting_until is not None
    assert side.health_since is not None
    assert said.sentence == "Till does not answer; it is tried again within a minute."
    assert health.store.is_answering


def test_a_webhook_for_a_resting_lane_does_not_touch_it(rig: ScriptedRig) -> None:
    open_breaker(rig, 3)
    before = rig.lane(rig.pos)
    rig.note("9", "nine@example.com", at=rig.pos)
    after_it = rig.lane(rig.pos)
    assert after_it.due_at == before.due_at
    assert after_it.hinted_at == before.hinted_at


def test_what_is_more_urgent_overtakes_what_was_claimed(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_AGAIN", timedelta(0))
    for number in range(20):
        rig.note(f"old-{number:02d}", f"{number}@example.com")
    rig.run(rig.store)
    with rig.scope():
        Delivery.objects.update(rank=Rank.BACKFILL)

    def urgent(_: object) -> None:
        if len(rig.script.writes) == 3:
            rig.note("urgent", "urgent@example.com")
            rig.run(rig.store)

    rig.script.write_error = urgent
    rig.run(rig.pos)
    keys = [written.key for written in rig.script.writes]
    assert len(keys) == 21
    assert keys.index("urgent") == 3
