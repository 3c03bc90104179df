"""Everything received is accounted for, and what is not is found."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from integrations.connector_kit.base import Notice, Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.models import (
    Attempt,
    Balance,
    Connection,
    DayTotal,
    Delivery,
    DeliveryState,
    Flow,
    InboxItem,
    InboxState,
    Lane,
    Link,
    PairState,
    Rank,
)
from integrations.services import pairs
from integrations.services.conservation import Line, Report, books, recount, report
from integrations.services.replay import replay
from integrations.services.tally import Tally
from integrations.sync import intake, overtaking
from mappings.canonical.record import Entity, Skipped
from tests.flow.scripted import ScriptedRig, at_once, make_rig


@pytest.fixture
def rig(transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


def told(rig: ScriptedRig, **options: Any) -> Report:
    return report(rig.tenant_id, now=timezone.now(), **options)


def line(found: Report, flow_id: int) -> Line:
    (wanted,) = (
        one for account in found.accounts for one in account.flows if one.flow_id == flow_id
    )
    return wanted


def parts(one: Line) -> dict[str, int]:
    """What is not zero of a sum, with `received`."""
    return {"received": one.sum.received} | {
        part: number for part, number in one.sum.parts.items() if number
    }


def kinds(found: Report) -> list[tuple[str, int]]:
    return [(imbalance.kind, imbalance.count) for imbalance in found.imbalances]


def deliver(rig: ScriptedRig, *keys: str) -> None:
    for key in keys:
        rig.note(key, f"{key}@example.com")
    rig.work()


def refuse(*keys: str) -> Callable[[Outgoing], Exception | None]:
    return lambda outgoing: Rejected("not this one") if outgoing.key in keys else None


def test_every_outcome_is_a_part_of_the_sum(rig: ScriptedRig) -> None:
    rig.script.write_error = refuse("held")
    deliver(rig, "one", "two", "held")
    rig.note("one", "one@example.com")
    rig.note("many", "first@example.com")
    rig.note("many", "last@example.com")
    rig.work()
    rig.note("new", "new@example.com")
    found = told(rig)
    assert parts(line(found, rig.flow.pk)) == {
        "received": 7,
        "delivered": 3,
        "unchanged": 1,
        "merged": 1,
        "held": 1,
        "in_flight": 1,
    }
    (store,) = (one for one in found.accounts if one.connection == rig.store)
    assert parts(store.total) == parts(line(found, rig.flow.pk))
    assert (found.is_right, kinds(found)) == (True, [])


def test_what_was_left_out_is_told_by_its_reason(rig: ScriptedRig) -> None:
    rig.script.write_error = lambda outgoing: Skipped(f"customer {outgoing.key} is a test")
    deliver(rig, "71", "72")
    rig.script.is_hiding = True
    rig.note("73")
    with rig.scope():
        InboxItem.objects.filter(key="73").update(received_at=timezone.now() - timedelta(hours=1))
    rig.work()
    (store,) = (one for one in told(rig).accounts if one.connection.pk == rig.store.pk)
    assert dict(store.left_out) == {
        "customer […] is a test": 2,
        "the record does not exist any more in the source system": 1,
    }
    assert sum(store.left_out.values()) == store.total.sum.parts["filtered"]
    out = StringIO()
    call_command("conservation", stdout=out)
    assert "2 left out: customer […] is a test" in out.getvalue()


def test_a_record_that_was_replayed_counts_once(rig: ScriptedRig) -> None:
    rig.script.write_error = refuse("one")
    deliver(rig, "one", "two")
    with rig.scope():
        for item in InboxItem.objects.all():
            replay(item, now=timezone.now())
    assert parts(line(told(rig), rig.flow.pk)) == {"received": 2, "in_flight": 2}
    rig.script.write_error = refuse()
    rig.work()
    found = told(rig)
    assert parts(line(found, rig.flow.pk)) == {"received": 2, "delivered": 1, "unchanged": 1}
    assert found.is_right
    assert len(rig.deliveries()) == 4


def test_a_flow_that_is_off_leaves_out_and_adds_up(rig: ScriptedRig) -> None:
    other = rig.add_till("Second till", state=PairState.TESTING)
    with rig.scope():
        pairs.switch(other, is_on=False, now=timezone.now())
    deliver(rig, "one", "two")
    with rig.scope():
        pairs.switch(other, is_on=True, now=timezone.now())
    deliver(rig, "three")
    rig.run(other.target)
    found = told(rig)
    assert parts(line(found, rig.flow.pk)) == {"received": 3, "delivered": 3}
    off = line(found, other.pk)
    assert (parts(off), off.sum.left_out_off) == (
        {"received": 3, "delivered": 1, "filtered": 2},
        2,
    )
    assert (found.is_right, kinds(found)) == (True, [])


def test_a_record_on_its_way_to_one_of_two_tills_is_on_its_way(rig: ScriptedRig) -> None:
    other = rig.add_till("Second till", state=PairState.TESTING)
    deliver(rig, "one")
    found = told(rig)
    assert parts(line(found, rig.flow.pk)) == {"received": 1, "delivered": 1}
    assert parts(line(found, other.pk)) == {"received": 1, "in_flight": 1}
    (store,) = (one for one in found.accounts if one.connection == rig.store)
    assert parts(store.total) == {"received": 1, "in_flight": 1}


def _drop_delivery(rig: ScriptedRig) -> None:
    Attempt.objects.all().delete()
    Delivery.objects.all().delete()


def _add_delivery(rig: ScriptedRig) -> None:
    row = Delivery.objects.get()
    row.pk, row.attempts, row.state = None, 0, DeliveryState.UNCHANGED
    row.save()


def _forget_a_flow(rig: ScriptedRig) -> None:
    """As though the second flow had been overlooked while it was on."""
    later = timezone.now() + timedelta(hours=1)
    InboxItem.objects.update(finished_at=later)
    rig.add_till("Second till", state=PairState.TESTING)


def _drop_attempt(rig: ScriptedRig) -> None:
    Attempt.objects.all().delete()


def _never_send(rig: ScriptedRig) -> None:
    Attempt.objects.all().delete()
    Delivery.objects.update(attempts=0)


def _drop_link(rig: ScriptedRig) -> None:
    Link.objects.all().delete()


def _open_again(rig: ScriptedRig) -> None:
    Delivery.objects.update(finished_at=None)


def _close_early(rig: ScriptedRig) -> None:
    rig.note("next", "next@example.com")
    InboxItem.objects.filter(key="next").update(finished_at=timezone.now())


def _strand_item(rig: ScriptedRig) -> None:
    rig.note("next", "next@example.com")
    Lane.objects.update(due_at=None, hinted_at=None)


def _strand_delivery(rig: ScriptedRig) -> None:
    now = timezone.now()
    Delivery.objects.update(state=DeliveryState.WAITING, finished_at=None, due_at=now)
    Lane.objects.update(due_at=now + timedelta(hours=1), hinted_at=None)


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (_drop_delivery, "missing"),
        (_add_delivery, "surplus"),
        (_forget_a_flow, "uncarried"),
        (_drop_attempt, "unlogged"),
        (_never_send, "unproved"),
        (_drop_link, "unlinked"),
        (_open_again, "unclosed"),
        (_close_early, "closed"),
        (_strand_item, "stranded"),
        (_strand_delivery, "stranded"),
    ],
)
def test_whatever_is_taken_away_or_added_is_found(
    rig: ScriptedRig, tamper: Callable[[ScriptedRig], None], kind: str
) -> None:
    deliver(rig, "one")
    assert told(rig).is_right
    with rig.scope():
        tamper(rig)
    found = told(rig)
    assert (kind, 1) in kinds(found)
    assert found.is_right is False
    (imbalance,) = (one for one in found.imbalances if one.kind == kind)
    with rig.scope():
        assert set(imbalance.examples) <= set(InboxItem.objects.values_list("pk", flat=True))
    assert imbalance.sentence.startswith("1 record ")


def test_work_that_may_wait_is_not_stranded(rig: ScriptedRig) -> None:
    rig.note("one", "one@example.com")
    with rig.scope():
        Lane.objects.update(due_at=None, hinted_at=None)
        Connection.objects.update(state="needs_owner")
    assert told(rig).is_right
    soon = timezone.now() + timedelta(minutes=5)
    with rig.scope():
        Connection.objects.update(state="active")
        Lane.objects.update(due_at=soon, parked_until=soon)
    assert told(rig).is_right


def test_work_of_a_lane_that_is_due_is_not_stranded(rig: ScriptedRig) -> None:
    rig.note("one", "one@example.com")
    now = timezone.now()
    with rig.scope():
        InboxItem.objects.update(due_at=now - timedelta(minutes=1))
        Lane.objects.update(due_at=now, hinted_at=None)
    assert kinds(report(rig.tenant_id, now=now)) == []


def test_a_link_that_gave_way_to_another_record_is_no_imbalance(rig: ScriptedRig) -> None:
    deliver(rig, "one")
    with rig.scope():
        Link.objects.update(store_key="another")
    assert told(rig).is_right


def test_dropped_rows_stay_in_the_sum(rig: ScriptedRig) -> None:
    rig.script.write_error = refuse("held")
    deliver(rig, "one", "held")
    rig.script.write_error = refuse()
    with rig.scope():
        replay(InboxItem.objects.get(key="held"), now=timezone.now())
    rig.work()
    rig.note("two", "two@example.com")
    rig.work()
    before = told(rig)
    assert parts(line(before, rig.flow.pk)) == {"received": 3, "delivered": 3}
    old = ("one", "held")
    day = timezone.now().date()
    common = {"connection": rig.store, "entity": "customer", "day": day}
    with rig.scope():
        gone = Delivery.objects.filter(key__in=old)
        for state, count in (("delivered", 2), ("replaced", 1)):
            assert gone.filter(state=state).count() == count
            DayTotal.objects.create(
                **common, flow=rig.flow, row="delivery", outcome=state, count=count
            )
        DayTotal.objects.create(**common, row="item", outcome="passed", count=2, passed_to=3)
        Attempt.objects.filter(delivery__in=gone).delete()
        gone.delete()
        InboxItem.objects.filter(key__in=old).delete()
    after = told(rig)
    assert parts(line(after, rig.flow.pk)) == {"received": 3, "delivered": 3}
    (store,) = (one for one in after.accounts if one.connection == rig.store)
    assert parts(store.total) == {"received": 3, "delivered": 3}
    assert kinds(after) == []
    with rig.scope():
        DayTotal.objects.filter(outcome="replaced").delete()
    assert kinds(told(rig)) == [("vanished", 1)]


def test_the_books_agree_at_every_moment_while_the_engine_runs(rig: ScriptedRig) -> None:
    rig.add_till("Second till", state=PairState.TESTING)
    over = threading.Event()
    found: list[Report] = []

    def send() -> None:
        for number in range(60):
            rig.note(f"c{number % 25}", f"{number}@example.com")
        over.set()

    def work() -> None:
        while not over.is_set():
            rig.work()

    def look() -> None:
        while not over.is_set() or len(found) < 3:
            found.append(told(rig))

    at_once(send, work, look)
    rig.make_due()
    rig.work()
    found.append(told(rig))
    assert [kinds(one) for one in found if not one.is_right] == []
    assert line(found[-1], rig.flow.pk).sum.received == 60


def test_what_is_kept_is_shown_for_a_large_tenant_and_counted_for_a_small_one(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(rig, "one")
    recount(rig.tenant_id, now=timezone.now())
    deliver(rig, "two")
    now = timezone.now()
    with rig.scope():
        small = books(rig.pair, now=now)
        monkeypatch.setattr("integrations.services.conservation.SMALL", 1)
        large = books(rig.pair, now=now)
        kept = Balance.objects.get()
        assert Tally.from_json(json.loads(json.dumps(kept.ever))) == Tally.from_json(kept.ever)
    assert small.ever is not None
    assert (small.ever.of_flow(rig.flow).received, small.ever_at) == (2, now)
    assert large.ever is not None
    assert (large.ever.of_flow(rig.flow).received, large.ever_at) == (1, kept.counted_at)


def test_the_command_tells_the_sum_and_ends_with_one_when_it_is_off(rig: ScriptedRig) -> None:
    deliver(rig, "one", "two")
    out = StringIO()
    call_command("conservation", stdout=out)
    assert "customer to Till" in out.getvalue()
    assert "Every record is accounted for." in out.getvalue()
    with rig.scope():
        Link.objects.filter(store_key="two").delete()
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("conservation", "--json", stdout=out)
    assert ended.value.code == 1
    answer = json.loads(out.getvalue())
    (tenant,) = answer["tenants"]
    assert (answer["is_right"], tenant["is_right"]) == (False, False)
    (flow,) = (flow for one in tenant["connections"] for flow in one["flows"])
    assert (flow["received"], flow["delivered"]) == (2, 2)
    assert [one["kind"] for one in flow["imbalances"]] == ["unlinked"]


def test_only_what_came_since_a_moment(rig: ScriptedRig) -> None:
    deliver(rig, "one")
    with rig.scope():
        old = timezone.now() - timedelta(days=3)
        InboxItem.objects.update(received_at=old)
        Delivery.objects.update(created_at=old)
    deliver(rig, "two")
    found = told(rig, since=timezone.now() - timedelta(days=1))
    assert parts(line(found, rig.flow.pk)) == {"received": 1, "delivered": 1}
    assert found.is_right


def test_states_are_known(rig: ScriptedRig) -> None:
    """A state that is added to the engine must become a part of the sum."""
    states = {*InboxState.values, *DeliveryState.values} - {"passed"}
    tally = Tally()
    for state in states:
        tally.add_items(rig.store.pk, "customer", state, 1)
    assert tally.of_flow(rig.flow).missing == 0
    assert sum(tally.of_flow(rig.flow).parts.values()) == len(states)


def test_a_backfill_of_one_flow_owes_the_other_flows_nothing(rig: ScriptedRig) -> None:
    second = rig.add_till("Second till", state=PairState.TESTING)
    notice = Notice(
        Entity.CUSTOMER,
        "c1",
        overtaking.topic_of(rig.flow.pk),
        payload={"key": "c1", "email": "c1@example.com"},
    )
    with rig.scope():
        Flow.objects.update(on_since=timezone.now() - timedelta(days=1))
        intake.accept(
            tenant_id=rig.tenant_id,
            connection_id=rig.store.pk,
            notices=[notice],
            now=timezone.now(),
            rank=Rank.BACKFILL,
        )
    rig.work()
    assert [row.flow_id for row in rig.deliveries()] == [rig.flow.pk]
    assert not rig.deliveries(flow=second)
    assert kinds(told(rig)) == []
