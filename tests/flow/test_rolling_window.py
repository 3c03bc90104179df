"""The target side: calls roll, intents and outcomes are committed in groups, and none is lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import TryLater
from integrations.models import Attempt, Delivery, DeliveryState, InboxState, Lane
from integrations.queue import pulse
from integrations.sync import handover, links, many, pipeline, slices
from integrations.sync.stages import confirm, deliver
from tests.flow.scripted import ScriptedRig, make_rig


@pytest.fixture
def rig(transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def prepared(rig: ScriptedRig, count: int) -> None:
    for number in range(count):
        rig.note(str(number), f"{number}@example.com")
    rig.run(rig.store)
    assert len(rig.deliveries(state=DeliveryState.WAITING)) == count


def attempts(rig: ScriptedRig) -> list[tuple[int, str]]:
    with rig.scope():
        return list(Attempt.objects.order_by("pk").values_list("number", "outcome"))


def test_a_slow_call_holds_up_nobody_but_itself(rig: ScriptedRig) -> None:
    prepared(rig, 20)
    others_are_through = threading.Event()

    def answer(outgoing: Outgoing) -> Receipt:
        if outgoing.key == "0":
            # It comes back only when all the others were written: with a barrier they never are.
            assert others_are_through.wait(20)
        elif len(rig.script.writes) == 20:
            others_are_through.set()
        return Receipt(f"there-{outgoing.key}", Outcome.CREATED)

    rig.script.receipt = answer
    rig.run(rig.pos)
    assert {row.state for row in rig.deliveries()} == {DeliveryState.DELIVERED}
    assert sorted(int(written.key) for written in rig.script.writes) == list(range(20))


def test_every_intent_is_committed_before_its_call(rig: ScriptedRig) -> None:
    prepared(rig, 12)
    seen: list[tuple[int, bool]] = []

    def look(outgoing: Outgoing) -> Exception | None:
        # A connection of its own sees committed rows alone.
        with rig.scope():
            row = Delivery.objects.get(key=outgoing.key)
        seen.append((row.attempts, row.intent_at is not None))
        connection.close()
        return None

    rig.script.write_error = look
    rig.run(rig.pos)
    assert seen == [(1, True)] * 12


def test_intents_of_calls_that_were_not_made_are_taken_back(rig: ScriptedRig) -> None:
    rig.script.concurrency = 2
    prepared(rig, 9)
    rig.script.write_error = lambda _: TryLater("slow down", after=60, throttled=True)
    rig.run(rig.pos)
    called = {written.key for written in rig.script.writes}
    rows = {row.key: row for row in rig.deliveries()}
    assert 1 <= len(called) <= 3
    assert {key for key, row in rows.items() if row.attempts} == called
    assert {key for key, row in rows.items() if row.intent_at} == called
    assert len(attempts(rig)) == len(called)


def test_a_crash_between_call_and_outcome_is_looked_into_and_logged(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(rig, 3)

    def die(*args: Any, **named: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(pipeline, "keep", die)
    with pytest.raises(SystemExit):
        rig.run(rig.pos)
    monkeypatch.undo()
    with rig.scope():
        Lane.objects.update(lease_until=None)
        Delivery.objects.update(due_at=timezone.now())
    monkeypatch.setattr("integrations.sync.sessions.get", rig.script.get)
    rig.run(rig.pos)
    tries = sorted((written.key, written.attempt) for written in rig.script.writes)
    assert {(str(number), 2) for number in range(3)} <= set(tries), "the second try looks first"
    assert {row.state for row in rig.deliveries()} == {DeliveryState.DELIVERED}
    assert {row.attempts for row in rig.deliveries()} == {2}
    assert sorted(attempts(rig)) == [(1, "")] * 3 + [(2, "created")] * 3


def test_a_delivery_that_trips_our_code_before_its_call_is_set_aside_alone(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(rig, 5)
    true = deliver._outgoing

    def trip(row: Delivery, *args: Any, **named: Any) -> Outgoing:
        if row.key == "3":
            raise RuntimeError("planted")
        return true(row, *args, **named)

    monkeypatch.setattr(deliver, "_outgoing", trip)
    rig.run(rig.pos)
    states = {row.key: row.state for row in rig.deliveries()}
    assert states.pop("3") == DeliveryState.HELD
    assert set(states.values()) == {DeliveryState.DELIVERED}
    assert rig.deliveries(key="3")[0].reason == confirm.OUR_ERROR


def test_a_lost_lane_commits_neither_intents_nor_outcomes(rig: ScriptedRig) -> None:
    prepared(rig, 4)

    def lose(_: Outgoing) -> Exception | None:
        with rig.scope():
            Lane.objects.filter(pk=rig.pos.pk).update(token=99)
        connection.close()
        return None

    rig.script.write_error = lose
    rig.run(rig.pos)
    assert {row.state for row in rig.deliveries()} == {DeliveryState.WAITING}
    assert attempts(rig) == []


def test_a_delivery_discarded_since_it_was_claimed_is_not_sent(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(rig, 3)
    true = deliver.claim

    def discarded(*args: Any, **named: Any) -> list[Delivery]:
        rows = true(*args, **named)
        Delivery.objects.filter(key="1").update(state=DeliveryState.FILTERED)
        return rows

    monkeypatch.setattr(deliver, "claim", discarded)
    rig.run(rig.pos)
    assert sorted(written.key for written in rig.script.writes) == ["0", "2"]
    assert rig.deliveries(key="1")[0].state == DeliveryState.FILTERED


def test_links_give_way_to_what_the_target_says_now(rig: ScriptedRig) -> None:
    now = timezone.now()
    make = partial(links.Remembered, rig.flow, "customer")
    with rig.scope():
        links.remember([make("s1", "t1", label="One", delivered_hash="h1")], now=now)
        links.remember([make("s2", "t2"), make("s1", "t1", delivered_version="v")], now=now)
        known = links.find_all([(rig.flow, "customer", key) for key in ("s1", "s2", "s3")])
        first = known.of(rig.flow, "customer", "s1")
        assert first is not None
        assert (first.to_pos_hash, first.to_pos_version) == ("h1", "v")
        assert known.target_key(rig.flow, "customer", "s2") == "t2"
        assert known.of(rig.flow, "customer", "s3") is None
        # The target says that t2 is s1 now: neither old link may stay.
        links.remember([make("s1", "t2")], now=now)
        known = links.find_all([(rig.flow, "customer", key) for key in ("s1", "s2")])
        assert known.target_key(rig.flow, "customer", "s1") == "t2"
        assert known.of(rig.flow, "customer", "s2") is None


def test_many_rows_are_written_within_the_tenant_alone(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch, account_name: str
) -> None:
    prepared(rig, 2)
    other = make_rig(monkeypatch, f"{account_name}-other")
    rows = rig.deliveries()
    for row in rows:
        row.reason = "x" * 10
    with other.scope():
        assert many.update(Delivery, rows, ["reason"]) == set()
    with rig.scope():
        assert many.update(Delivery, rows, ["reason"]) == {row.pk for row in rows}
    assert {row.reason for row in rig.deliveries()} == {"x" * 10}


def test_a_little_work_is_handed_over_and_much_is_queued(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    hinted: list[object] = []
    monkeypatch.setattr(
        pipeline, "enqueue_lane", lambda **named: hinted.append(named["connection_id"])
    )
    rig.note("1", "a@example.com")
    slices.run_and_go_on(tenant_id=rig.tenant_id, connection_id=rig.store.pk)
    assert rig.script.emails == ["a@example.com"]
    assert hinted == []
    for number in range(30):
        rig.note(f"m{number}", f"{number}@example.com")
    slices.run_and_go_on(tenant_id=rig.tenant_id, connection_id=rig.store.pk)
    assert hinted == [rig.pos.pk]
    assert len(rig.script.writes) == 1
    assert {item.state for item in rig.items()} == {InboxState.PASSED}


def test_a_hand_over_that_is_lost_is_found_by_the_pulse(rig: ScriptedRig) -> None:
    rig.note("1", "a@example.com")
    with handover.keeping() as kept:
        rig.run(rig.store)
        assert list(kept) == [rig.pos.pk]
        kept.clear()  # the process ends here
    lane = rig.lane(rig.pos)
    assert lane.hinted_at is not None
    with rig.scope():
        lane.hinted_at = lane.hinted_at - pulse.HINT_LOST_AFTER - timedelta(seconds=1)
        lane.save(update_fields=["hinted_at"])
    assert pulse.hint_due_lanes() >= 1
    rig.run(rig.pos)
    assert rig.script.emails == ["a@example.com"]
