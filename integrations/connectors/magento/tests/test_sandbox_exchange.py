"""End to end over HTTP: what the connector writes of sales, against the sandbox's own reckoning."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import TryLater
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.connector import CONNECTOR
from integrations.connectors.magento.tests.test_sandbox_selling import Shop, opened, public, read
from mappings.canonical.order import Fulfilment, Order, OrderState
from mappings.canonical.record import Entity

__all__ = ["public"]

KINDS = ("configurable", "bundle", "mixed")


def write(client: StoreClient, entity: Entity, order: Order, key: str, **fields: Any) -> Receipt:
    port = CONNECTOR.entities[entity]
    assert port.write is not None
    outgoing = Outgoing(
        delivery_id=f"d-{key}",
        entity=entity,
        key=key,
        reference=key,
        fields=fields,
        related={"order:100": order.key},
        linked_id=order.key if entity is Entity.ORDER else "",
    )
    return port.write(client, outgoing, {}.__setitem__)


def shipped(client: StoreClient, order: Order, key: str, *lines: tuple[str, int]) -> Receipt:
    rows = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    parcels = [{"carrier": "UPS", "tracking_number": f"1Z-{key}"}]
    return write(client, Entity.SHIPMENT, order, key, lines=rows, parcels=parcels)


@pytest.fixture(params=[False, True], ids=["plus tax", "with tax"])
def shop(public: str, request: pytest.FixtureRequest) -> Shop:
    return opened(public, taxes_included=request.param, tax_shipping=True)


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_the_till_ships_and_takes_back_closes_the_order(shop: Shop, kind: str) -> None:
    client = shop.client()
    number = shop.order(paid=True, kind=kind, discount="SAVE15", lines=4, shipping_price="12.95")
    order = read(client, Entity.ORDER, number)
    goods = [(line.sku, line.quantity) for line in order.lines if line.sku]
    made = shipped(client, order, "900", *goods)
    assert made.outcome is Outcome.CREATED
    assert read(client, Entity.ORDER, number).fulfilment is Fulfilment.WHOLE
    again = shipped(client, order, "900", *goods)
    assert again.outcome is not Outcome.CREATED
    back = write(
        client,
        Entity.REFUND,
        order,
        "700",
        number="R-7",
        currency=order.currency,
        total=order.total,
        shipping_total=order.shipping_total,
        lines=[
            {"sku": sku, "product_key": sku, "quantity": quantity, "restock": "yes"}
            for sku, quantity in goods
        ],
    )
    assert back.outcome is Outcome.CREATED
    left = client.get(f"orders/{number}")
    assert (left["state"], left["total_refunded"]) == ("closed", order.total)
    assert left["total_refunded"] == left["grand_total"]


def test_an_answer_that_is_lost_makes_nothing_twice(shop: Shop) -> None:
    client = shop.client()
    number = shop.order(paid=True, kind="configurable", discount=False, lines=1)
    order = read(client, Entity.ORDER, number)
    line = order.lines[0]
    for kind, path in (("lost_answer", "ship"), ("lost_answer", "refund")):
        shop.control("faults", kind=kind, match=f"POST /V1/order/{number}/{path}")
    with pytest.raises(TryLater):
        shipped(client, order, "900", (line.sku, line.quantity))
    shipped(client, order, "900", (line.sku, line.quantity))
    rows = [{"sku": line.sku, "product_key": line.sku, "quantity": line.quantity, "restock": "no"}]
    fields = {
        "number": "R-7",
        "currency": order.currency,
        "total": order.total,
        "shipping_total": order.shipping_total,
        "lines": rows,
    }
    with pytest.raises(TryLater):
        write(client, Entity.REFUND, order, "700", **fields)
    write(client, Entity.REFUND, order, "700", **fields)
    found = client.get(f"orders/{number}")
    assert [row["qty_shipped"] for row in found["items"] if "parent_item_id" not in row] == [
        line.quantity
    ]
    assert found["total_refunded"] == order.total


def test_an_order_is_told_of_and_cancelled_at_the_till(shop: Shop) -> None:
    shop.settings = {"offline_orders": "at_once", "cancelled_at_pos": "cancel"}
    client = shop.client()
    number = shop.order(paid=False, kind="mixed", discount=False)
    order = read(client, Entity.ORDER, number)
    write(client, Entity.ORDER, order, "100", number="S-100", progress="open", paid="unpaid")
    assert client.get(f"orders/{number}/statuses") == "pending"
    said = client.get(f"orders/{number}/comments")["items"][0]["comment"]
    assert said == "Order S-100 at the till: open, unpaid"
    fields = {"number": "S-100", "progress": "cancelled", "cancelled": True}
    write(client, Entity.ORDER, order, "100", **fields)
    assert read(client, Entity.ORDER, number).state is OrderState.CANCELLED
