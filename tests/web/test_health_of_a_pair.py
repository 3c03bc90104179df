"""What the services say of real rows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.models import (
    Connection,
    ConnectionState,
    Cursor,
    DeliveryState,
    Direction,
    Flow,
    InboxState,
    Lane,
    PairState,
    Refusal,
)
from integrations.services.overview import PairHealth, pair_health, percentile
from integrations.services.records import Show, latest_records
from integrations.services.trace import Kind, timeline
from integrations.services.verdict import Tone, Verdict, verdict
from mappings.canonical.record import Entity
from tenants import scope
from tests.web.shops import Shop, delivered_order, delivery, held_order, notice


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def told(shop: Shop, now: datetime) -> tuple[PairHealth, Verdict]:
    with scope.tenant(shop.tenant.pk):
        shop.pair.refresh_from_db()
        health = pair_health(pair=shop.pair, now=now)
        return health, verdict(health=health, now=now)


def test_counts_of_each_flow_and_the_sum_of_the_day(shop: Shop, now: datetime) -> None:
    for number, seconds in enumerate((0.2, 0.4, 0.6, 0.8, 9.0), start=1):
        item = notice(shop, number=f"#{number}", state=InboxState.PASSED, at=now)
        delivery(shop, item, seconds=seconds)
    old = notice(shop, number="#90", state=InboxState.PASSED, at=now - timedelta(hours=30))
    delivery(shop, old, seconds=0.4)
    held_order(shop, "#6", at=now)
    notice(shop, number="#7", state=InboxState.HELD, at=now)
    notice(shop, number="#8", state=InboxState.DEAD, at=now)
    notice(shop, number="#9", at=now - timedelta(seconds=30))
    waiting = notice(shop, number="#10", state=InboxState.PASSED, at=now - timedelta(seconds=50))
    delivery(shop, waiting, DeliveryState.WAITING)
    notice(shop, number="#11", state=InboxState.MERGED, at=now)
    replayed = notice(shop, number="#12", state=InboxState.PASSED, at=now)
    delivery(shop, replayed, DeliveryState.REPLACED)
    delivery(shop, replayed, DeliveryState.UNCHANGED)
    health, _ = told(shop, now + timedelta(seconds=10))
    orders = next(flow for flow in health.flows if flow.flow.entity == Entity.ORDER)
    assert (orders.waiting, orders.held, orders.dead, orders.delivered) == (2, 2, 1, 5)
    assert orders.oldest_waiting_at == now - timedelta(seconds=50)
    assert orders.median_seconds == pytest.approx(0.5)
    assert orders.p95_seconds == pytest.approx(9.0)
    assert health.counters == {
        "delivered": 5,
        "held": 2,
        "dead": 1,
        "waiting": 2,
        "merged": 1,
        "unchanged": 1,
    }
    assert health.received == 12
    stock = next(flow for flow in health.flows if flow.flow.entity == Entity.INVENTORY)
    assert (stock.waiting, stock.held, stock.median_seconds) == (0, 0, None)


def test_each_side_tells_its_lane_its_news_and_its_trouble(shop: Shop, now: datetime) -> None:
    delivered_order(shop, "#1", there="100321", at=now - timedelta(minutes=5))
    soon = now + timedelta(seconds=40)
    with scope.tenant(shop.tenant.pk):
        Lane.objects.filter(connection=shop.pair.pos).update(
            parked_until=soon, parked_reason="Heartland asked for a rest"
        )
        Lane.objects.filter(connection=shop.pair.store).update(
            lease_until=soon, parked_until=now - timedelta(seconds=1), parked_reason="over"
        )
        Cursor.objects.create(
            connection=shop.pair.pos, entity="inventory", due_at=now, problem="answered 503"
        )
        for day, count in ((now.date(), 3), (now.date() - timedelta(days=1), 9)):
            Refusal.objects.create(
                connection=shop.pair.store, day=day, reason="signature", count=count, last_at=now
            )
    health, said = told(shop, now)
    assert (health.pos.resting_until, health.pos.resting_reason) == (
        soon,
        "Heartland asked for a rest",
    )
    assert health.pos.problems == {"inventory": "answered 503"}
    assert health.pos.last_notice_at is None
    assert health.pos.last_delivery_at == now - timedelta(minutes=5) + timedelta(seconds=0.4)
    assert (health.store.resting_until, health.store.is_working) == (None, True)
    assert health.store.last_notice_at == now - timedelta(minutes=5)
    assert health.store.refusals_today == 3
    assert (health.pos.system, health.store.system) == ("Heartland", "Shopify")
    assert said.sentence == "Store till asked for a rest; it is called again within a minute."


def test_verdict_is_the_most_urgent_thing_in_words(shop: Shop, now: datetime) -> None:
    _, said = told(shop, now)
    assert (said.tone, said.sentence) == (Tone.QUIET, "Nothing has arrived in the last 24 hours.")

    for number in range(42):
        delivered_order(shop, f"#{number}", there=str(number), at=now)
    stock = notice(shop, Entity.INVENTORY, number="TEE", state=InboxState.PASSED, at=now)
    delivery(shop, stock)
    later = now + timedelta(seconds=5)
    _, said = told(shop, later)
    assert (said.tone, said.sentence) == (
        Tone.GOOD,
        "All is well: 42 orders and 1 stock level delivered in 24 hours, nothing waiting.",
    )

    notice(shop, number="#50", at=now)
    _, said = told(shop, later)
    assert (said.tone, said.sentence) == (Tone.GOOD, "All is well: 1 order is on the way.")
    _, said = told(shop, now + timedelta(minutes=4))
    assert (said.tone, said.sentence) == (
        Tone.WAIT,
        "1 order is on the way; the oldest has waited 4 min.",
    )

    for sku in ("MUG", "MUG", "CUP"):
        held_order(shop, f"#{sku}", sku=sku, at=now)
    _, said = told(shop, later)
    assert (said.tone, said.sentence, said.advice) == (
        Tone.ACT,
        "2 orders are held: no Heartland item for SKU MUG.",
        "1 more waits for a person, too. Everything else keeps flowing.",
    )

    with scope.tenant(shop.tenant.pk):
        shop.pair.state = PairState.PAUSED
        shop.pair.save()
    _, said = told(shop, later)
    assert (said.tone, said.sentence, said.advice) == (
        Tone.QUIET,
        "Store till and web shop is paused.",
        "What arrives meanwhile is kept: 1 record waits.",
    )

    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.store_id).update(state=ConnectionState.NEEDS_OWNER)
        shop.pair.store.refresh_from_db()
    _, said = told(shop, later)
    assert (said.tone, said.sentence) == (
        Tone.ACT,
        "Shopify refused our credentials for Web shop: reconnect it to go on.",
    )


def test_one_tenants_health_counts_nothing_of_another(
    shop: Shop, other_shop: Shop, now: datetime
) -> None:
    held_order(other_shop, "#1", at=now)
    delivered_order(other_shop, "#2", there="1", at=now)
    health, said = told(shop, now)
    assert (health.received, said.kind) == (0, "silent")
    with scope.tenant(shop.tenant.pk):
        assert latest_records(pair=shop.pair).rows == []


def test_latest_records_walk_every_page_once(shop: Shop, now: datetime) -> None:
    # Several at one moment: the page must break between them without losing any.
    made = [notice(shop, number=f"#{n}", at=now - timedelta(seconds=n // 4)).pk for n in range(23)]
    seen: list[int] = []
    before = ""
    with scope.tenant(shop.tenant.pk):
        while True:
            found = latest_records(pair=shop.pair, limit=5, before=before)
            seen += [row.item.pk for row in found.rows]
            if not found.older:
                break
            before = found.older
    assert sorted(seen) == sorted(made)
    assert len(seen) == 23


def test_records_by_state_use_the_latest_delivery(shop: Shop, now: datetime) -> None:
    replayed = notice(shop, number="#1", state=InboxState.PASSED, at=now)
    delivery(shop, replayed, DeliveryState.REPLACED)
    delivery(shop, replayed, DeliveryState.DELIVERED, target_label="S-1")
    held = held_order(shop, "#2", at=now)
    left_out = notice(shop, number="#3", state=InboxState.FILTERED, reason="a test order", at=now)
    waiting = notice(shop, number="#4", at=now)
    dead = notice(shop, number="#5", state=InboxState.PASSED, at=now)
    delivery(shop, dead, DeliveryState.DEAD, reason="answered 503")
    with scope.tenant(shop.tenant.pk):
        found = {
            show: [row.item.pk for row in latest_records(pair=shop.pair, show=show).rows]
            for show in Show
        }
        row = latest_records(pair=shop.pair, show=Show.DELIVERED).rows[0]
    assert found == {
        Show.ALL: [dead.pk, waiting.pk, left_out.pk, held.pk, replayed.pk],
        Show.DELIVERED: [replayed.pk],
        Show.WAITING: [waiting.pk],
        Show.HELD: [held.pk],
        Show.DEAD: [dead.pk],
        Show.QUIET: [left_out.pk],
    }
    assert (row.became, row.source, row.target) == ("S-1", "Web shop", "Store till")


def test_timeline_orders_events_and_opens_every_document(shop: Shop, now: datetime) -> None:
    item = delivered_order(shop, "#1", there="100321", at=now)
    other = notice(shop, number="#1", key=item.key, at=now + timedelta(minutes=1))
    notice(shop, number="#2", at=now)
    with scope.tenant(shop.tenant.pk):
        found = timeline(item=item)
    assert [event.kind for event in found.events] == [
        Kind.RECEIVED,
        Kind.MAPPED,
        Kind.ATTEMPT,
        Kind.OUTCOME,
    ]
    received, mapped, attempt, outcome = found.events
    assert received.notice["total_price"] == "48.60"
    assert mapped.fields is not None
    assert mapped.fields["public_id"] == "S-1"
    assert [(call.method, call.status) for call in attempt.calls] == [("POST", 201)]
    assert (outcome.state, found.outcome, found.seconds) == ("delivered", "delivered", 0.4)
    assert [link.pos_key for link in found.links] == ["100321"]
    assert [row.pk for row in found.related] == [other.pk]


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile([], 0.95) is None
    assert percentile([3.0], 0.95) == 3.0
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0


def test_what_goes_both_ways_is_counted_together(shop: Shop, now: datetime) -> None:
    with scope.tenant(shop.tenant.pk):
        back = {
            entity: Flow.objects.create(
                pair=shop.pair,
                entity=entity,
                direction=Direction.TO_STORE,
                source=shop.pair.pos,
                target=shop.pair.store,
            )
            for entity in (Entity.CUSTOMER, Entity.ORDER)
        }
    for entity in back:
        delivery(shop, notice(shop, entity, state=InboxState.PASSED, at=now))
        shop.flows[entity] = back[entity]
        delivery(shop, notice(shop, entity, state=InboxState.PASSED, at=now))
    _, said = told(shop, now + timedelta(seconds=5))
    assert said.sentence == (
        "All is well: 1 order, 2 customers and 1 order update delivered in 24 hours,"
        " nothing waiting."
    )
