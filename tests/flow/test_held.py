"""What stops a record, what the person reads, and how it flows again: once, and only itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import (
    DeliveryState,
    InboxState,
)
from integrations.services.replay import CannotReplay
from integrations.sync.stages import receive
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls, order_body, send
from tests.flow.steps import (
    item_of,
    numbers,
    order_delivery,
    replay_now,
    settled,
)

SKU = catalogue(seed="7", size=1)[0].sku


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """The till is not polled again, so that its calls are those the orders cause."""
    made = make_rig(size=2, till_settings={"poll_seconds": "600"})
    made.until(lambda: made.waiting() == 0, "nothing waits")
    return made


# --- records that cannot be read -----------------------------------------------------------------


def test_an_order_without_currency_is_held_and_the_next_flows(rig: Rig) -> None:
    settled(rig, order_body(1001, sku=SKU, currency=None), order_body(1002, sku=SKU))
    held = item_of(rig, 1001)
    assert (held.state, held.field, held.said) == (InboxState.HELD, "currency", "")
    assert "currency" in held.reason
    assert held.advice
    assert held.finished_at is not None
    assert not rig.deliveries(key="1001")
    assert item_of(rig, 1002).state == InboxState.PASSED
    assert order_delivery(rig, 1002).state == DeliveryState.DELIVERED
    assert numbers(rig) == ["S-1002"]


def test_an_unknown_payment_status_is_held_and_named(rig: Rig) -> None:
    writes = TillCalls(rig).writes()
    settled(rig, order_body(1001, sku=SKU, financial_status="paid_in_shells"))
    held = item_of(rig, 1001)
    assert (held.state, held.field, held.said) == (
        InboxState.HELD,
        "financial_status",
        "paid_in_shells",
    )
    assert held.reason == (
        "financial_status is 'paid_in_shells', which this connector does not know"
    )
    assert held.advice == (
        "Known values: authorized, paid, partially_paid, partially_refunded, pending, refunded,"
        " voided."
    )
    assert not rig.deliveries(key="1001")
    assert TillCalls(rig).writes() == writes


@pytest.mark.parametrize("text", ["#1\x001", "#1\ud83d1"])
def test_characters_no_database_keeps_stop_nothing(rig: Rig, text: str) -> None:
    settled(
        rig,
        order_body(1001, sku=SKU, name=text, note=text),
        order_body(1002, sku=SKU, financial_status=text),
        order_body(1003, sku=SKU),
    )
    assert item_of(rig, 1001).number == "#1\ufffd1"
    held = item_of(rig, 1002)
    assert (held.state, held.field, held.said) == (
        InboxState.HELD,
        "financial_status",
        "#1\ufffd1",
    )
    assert numbers(rig) == ["S-1003", "S-1\ufffd1"]


# --- records that break a rule -------------------------------------------------------------------


def test_an_order_that_does_not_add_up_is_held_with_its_sum(rig: Rig) -> None:
    writes = TillCalls(rig).writes()
    settled(rig, order_body(1001, sku=SKU, total_price="20.01", current_total_price="20.01"))
    held = order_delivery(rig, 1001)
    assert (held.state, held.field, held.said) == (DeliveryState.HELD, "total", "20.01")
    assert held.reason == (
        "Order #1001: lines 20.00 + shipping 0 + tax 0 + tip 0 + duty 0 = 20.00,"
        " the order says 20.01 USD"
    )
    assert held.advice
    assert (held.attempts, held.payload_id) == (0, None)
    assert TillCalls(rig).writes() == writes


def test_an_order_in_another_currency_is_held(rig: Rig) -> None:
    writes = TillCalls(rig).writes()
    settled(rig, order_body(1001, sku=SKU, currency="EUR"), order_body(1002, sku=SKU))
    held = order_delivery(rig, 1001)
    assert (held.state, held.field, held.said) == (DeliveryState.HELD, "currency", "EUR")
    assert held.reason == "Order #1001 is in EUR, Till keeps its books in USD"
    assert held.advice
    assert held.attempts == 0
    assert numbers(rig) == ["S-1002"]
    assert TillCalls(rig).writes() > writes


# --- an article the till lacks -------------------------------------------------------------------


def test_an_unknown_sku_is_held_and_replayed_once_it_exists(rig: Rig) -> None:
    till = TillCalls(rig)
    writes = till.writes()
    settled(rig, order_body(1001, sku="NEW-1"))
    held = order_delivery(rig, 1001)
    said = "Order S-1001: no Heartland item for SKU NEW-1. Link it or add it, then replay."
    assert (held.state, held.field, held.said) == (
        DeliveryState.HELD,
        "line_items[0].sku",
        "NEW-1",
    )
    assert (held.reason, held.advice) == (said, said)
    assert till.writes() == writes, "nothing was written before every article was known"

    till.add_item("NEW-1")
    replay_now(rig, 1001)
    rig.until(lambda: rig.waiting() == 0, "the replayed order is through")

    first, second = rig.deliveries(key="1001", entity="order")
    assert first.pk == held.pk
    assert (first.state, first.reason) == (DeliveryState.REPLACED, "Replayed")
    assert (second.state, second.target_label) == (DeliveryState.DELIVERED, "S-1001")
    order = till.order("S-1001")
    assert (Decimal(str(order["total"])), order["status"]) == (Decimal("20.00"), "closed")
    assert str(order["id"]) == second.target_key
    assert numbers(rig) == ["S-1001"]
    item = item_of(rig, 1001)
    assert (item.state, item.reason, item.field) == (InboxState.PASSED, "", "")


def test_replaying_too_early_holds_it_again(rig: Rig) -> None:
    settled(rig, order_body(1001, sku="NEW-1"))
    replay_now(rig, 1001)
    rig.until(lambda: rig.waiting() == 0, "the replayed order is held")
    states = [row.state for row in rig.deliveries(key="1001", entity="order")]
    assert states == [DeliveryState.REPLACED, DeliveryState.HELD]
    assert numbers(rig) == []


def test_replaying_a_delivered_order_writes_nothing(rig: Rig) -> None:
    till = TillCalls(rig)
    settled(rig, order_body(1001, sku=SKU))
    rig.until(lambda: rig.waiting() == 0, "stock read again is through")
    writes, before = till.writes(), till.order("S-1001")
    replay_now(rig, 1001)
    rig.until(lambda: rig.waiting() == 0, "the replayed order is through")
    assert till.writes() == writes
    assert till.order("S-1001") == before
    last = order_delivery(rig, 1001)
    assert (last.state, last.reason) == (
        DeliveryState.UNCHANGED,
        "The target already has exactly this",
    )
    assert last.attempts == 0


def test_what_waits_cannot_be_replayed(rig: Rig) -> None:
    assert send(rig, order_body(1001, sku=SKU)).accepted == 1
    with pytest.raises(CannotReplay, match="already waiting"):
        replay_now(rig, 1001)
    assert not rig.deliveries(key="1001")


def test_a_notice_of_an_order_that_is_gone_is_left_out(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paid through two gateways: the body does not say what came through which, so it is read."""
    monkeypatch.setattr(receive, "NOT_YET", timedelta(0))
    key = 900_000_000 + uuid.uuid4().int % 1000
    settled(rig, order_body(key, sku=SKU, payment_gateway_names=["bogus", "gift_card"]))
    item = item_of(rig, key)
    assert (item.state, item.payload_id) == (InboxState.FILTERED, None)
    assert item.reason == "the record does not exist any more in the source system"
    assert numbers(rig) == []
