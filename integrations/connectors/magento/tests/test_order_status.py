"""What Magento is told of an order's way through the point of sale."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.magento import order_status
from integrations.connectors.magento.tests.small_order import SmallOrder, item
from integrations.connectors.magento.tests.small_store import client, small_store
from mappings.canonical.record import Entity, Skipped


def tell(order: SmallOrder, *, linked: str = "7", **fields: Any) -> Receipt:
    settings = fields.pop("settings", {})
    outgoing = Outgoing(
        delivery_id="d",
        entity=Entity.ORDER,
        key="100",
        reference="100",
        fields={"number": "S-100", "progress": "open", "paid": "paid", **fields},
        linked_id=linked,
    )
    with small_store(order.answers()) as store:
        return order_status.write(client(store, settings=settings), outgoing, {}.__setitem__)


def said(order: SmallOrder) -> list[str]:
    return [row["comment"] for row in order.order["status_histories"]]


def test_each_step_is_said_once_and_the_status_stays() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    assert tell(order, progress="pending", paid="partially_paid").outcome == Outcome.UPDATED
    assert tell(order).outcome == Outcome.UPDATED
    assert tell(order).outcome == Outcome.UNCHANGED
    # Back again is news, though the words stand there from before.
    assert tell(order, progress="pending", paid="partially_paid").outcome == Outcome.UPDATED
    assert said(order) == [
        "Order S-100 at the till: pending, partially paid",
        "Order S-100 at the till: open, paid",
        "Order S-100 at the till: pending, partially paid",
    ]
    assert not any("status" in row for row in order.order["status_histories"])
    assert not any(row["is_customer_notified"] for row in order.order["status_histories"])


def test_a_lost_answer_leaves_one_comment() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    order.lose = 1
    with pytest.raises(TryLater):
        tell(order)
    assert tell(order).outcome == Outcome.UNCHANGED
    assert len(said(order)) == 1


def test_a_status_of_a_mapping_rule_comes_with_the_comment() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    tell(order, status="picked")
    assert order.order["status"] == "picked"
    assert tell(order, status="picked").outcome == Outcome.UNCHANGED


def test_a_status_that_the_state_does_not_permit_is_named() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    with pytest.raises(Rejected) as caught:
        tell(order, status="shipped")
    assert (caught.value.field, caught.value.said) == ("status", "shipped")
    assert "state processing" in caught.value.message


def test_the_number_goes_into_the_order_only_by_a_rule() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    tell(order)
    assert "ext_order_id" not in order.order
    tell(order, ext_order_id="S-100")
    assert order.order["ext_order_id"] == "S-100"
    assert tell(order, ext_order_id="S-100").outcome == Outcome.UNCHANGED


def test_a_cancelled_order_is_marked_and_cancelled_only_where_the_setting_says_so() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    gone = {"progress": "cancelled", "cancelled": True}
    tell(order, **gone)
    assert (order.order["state"], said(order)[0]) == (
        "processing",
        "Order S-100 at the till: cancelled, paid",
    )
    assert tell(order, settings={"cancelled_at_pos": "cancel"}, **gone).outcome == Outcome.UPDATED
    assert order.order["state"] == "canceled"
    assert tell(order, settings={"cancelled_at_pos": "cancel"}, **gone).outcome == Outcome.UNCHANGED


def test_an_order_that_cannot_be_cancelled_says_so() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    order.pay()
    with pytest.raises(Rejected) as caught:
        tell(order, cancelled=True, settings={"cancelled_at_pos": "cancel"})
    assert caught.value.field == "cancelled"
    assert order.order["state"] == "processing"


def test_an_order_that_never_was_in_the_store_is_left_out() -> None:
    with pytest.raises(Skipped):
        tell(SmallOrder(), linked="")
