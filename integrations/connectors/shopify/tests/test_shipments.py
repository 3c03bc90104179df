"""Shipments into Shopify: what is fulfilled, once, whatever happened before."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.shopify import shipments
from integrations.connectors.shopify.tests.small_shop import client, small_shop
from mappings.canonical.record import Entity

LAST = {"hasNextPage": False}
FO, LINE = "gid://shopify/FulfillmentOrder/", "gid://shopify/FulfillmentOrderLineItem/"


class Till:
    """An order that remembers what was fulfilled, as Shopify does."""

    def __init__(self, *lines: tuple[str, int], place: str = "61", status: str = "OPEN") -> None:
        self.order: dict[str, Any] = {
            "id": "gid://shopify/Order/7",
            "name": "#2007",
            "cancelledAt": None,
            "fulfillments": [],
            "fulfillmentOrders": {"nodes": [], "pageInfo": LAST},
        }
        self.add(*lines, place=place, status=status)
        self.lose_answer = False
        self.errors: list[dict[str, Any]] = []

    def add(self, *lines: tuple[str, int], place: str, status: str = "OPEN") -> None:
        heads = self.order["fulfillmentOrders"]["nodes"]
        number = len(heads) + 1
        heads.append(
            {
                "id": f"{FO}{number}",
                "status": status,
                "assignedLocation": {
                    "location": {"id": f"gid://shopify/Location/{place}"},
                    "name": place,
                },
                "lineItems": {
                    "nodes": [
                        {
                            "id": f"{LINE}{number}{index}",
                            "sku": sku,
                            "remainingQuantity": quantity,
                            "lineItem": {"sku": sku},
                        }
                        for index, (sku, quantity) in enumerate(lines)
                    ],
                    "pageInfo": LAST,
                },
            }
        )

    def read(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"order": copy.deepcopy(self.order)}

    def create(self, given: dict[str, Any]) -> Any:
        if self.errors:
            return {"fulfillmentCreate": {"fulfillment": None, "userErrors": self.errors}}
        done = []
        for head in given["fulfillment"]["lineItemsByFulfillmentOrder"]:
            for part in head["fulfillmentOrderLineItems"]:
                line = self.line(part["id"])
                assert line["remainingQuantity"] >= part["quantity"] > 0
                line["remainingQuantity"] -= part["quantity"]
                done.append({"quantity": part["quantity"], "lineItem": line["lineItem"]})
        tracking = given["fulfillment"].get("trackingInfo", {})
        numbers = tracking.get("numbers") or ([tracking["number"]] if tracking else [])
        made = {
            "id": f"gid://shopify/Fulfillment/{len(self.order['fulfillments']) + 1}",
            "status": "SUCCESS",
            "trackingInfo": [{"number": number} for number in numbers],
            "fulfillmentLineItems": {"nodes": done, "pageInfo": LAST},
        }
        self.order["fulfillments"].append(made)
        if self.lose_answer:
            self.lose_answer = False
            return 502, {"errors": "bad gateway"}
        return {"fulfillmentCreate": {"fulfillment": {"id": made["id"]}, "userErrors": []}}

    def line(self, identifier: str) -> dict[str, Any]:
        return next(
            line
            for head in self.order["fulfillmentOrders"]["nodes"]
            for line in head["lineItems"]["nodes"]
            if line["id"] == identifier
        )

    def units(self) -> int:
        return sum(
            row["quantity"]
            for made in self.order["fulfillments"]
            for row in made["fulfillmentLineItems"]["nodes"]
        )


def shipment(*lines: tuple[str, int], numbers: tuple[str, ...] = ("1Z1",), **more: Any) -> Outgoing:
    return Outgoing(
        delivery_id="d1",
        entity=Entity.SHIPMENT,
        key="900",
        reference="900",
        fields={
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
            "parcels": [
                {
                    "carrier": "UPS",
                    "tracking_number": n,
                    "tracking_url": f"https://t.example.com/{n}",
                }
                for n in numbers
            ],
        },
        related=more.pop("related", {"order:100": "7"}),
        **more,
    )


def deliver(till: Till, outgoing: Outgoing, saved: dict[str, str] | None = None, **settings: str):
    kept = {} if saved is None else saved
    with small_shop(ShipmentOrder=till.read, FulfillmentCreate=till.create) as shop:
        receipt = shipments.write(
            client(shop, settings=settings),
            outgoing,
            lambda step, value: kept.update({step: value}),
        )
    return receipt, shop


def again(outgoing: Outgoing, saved: dict[str, str]) -> Outgoing:
    return Outgoing(**{**outgoing.__dict__, "attempt": 2, "progress": dict(saved)})


def test_shipped_units_are_fulfilled_with_tracking() -> None:
    till = Till(("A", 3), ("B", 1))
    receipt, shop = deliver(till, shipment(("A", 2)))
    assert (receipt.id, receipt.outcome, receipt.label) == ("1", Outcome.CREATED, "1Z1")
    assert shop.sent("ShipmentOrder") == [{"id": "gid://shopify/Order/7"}]
    assert shop.sent("FulfillmentCreate") == [
        {
            "fulfillment": {
                "lineItemsByFulfillmentOrder": [
                    {
                        "fulfillmentOrderId": f"{FO}1",
                        "fulfillmentOrderLineItems": [{"id": f"{LINE}10", "quantity": 2}],
                    }
                ],
                "notifyCustomer": False,
                "trackingInfo": {
                    "company": "UPS",
                    "number": "1Z1",
                    "url": "https://t.example.com/1Z1",
                },
            }
        }
    ]


def test_several_parcels_use_the_lists_and_the_setting_tells_the_buyer() -> None:
    _, shop = deliver(
        Till(("A", 3)), shipment(("A", 3), numbers=("N1", "N2")), notify_customer="yes"
    )
    given = shop.sent("FulfillmentCreate")[0]["fulfillment"]
    assert given["trackingInfo"] == {
        "numbers": ["N1", "N2"],
        "urls": ["https://t.example.com/N1", "https://t.example.com/N2"],
        "company": "UPS",
    }
    assert given["notifyCustomer"] is True


def test_two_locations_take_two_calls_each_announced_and_saved() -> None:
    till = Till(("A", 1))
    till.add(("A", 2), place="62")
    saved: dict[str, str] = {}
    receipt, shop = deliver(till, shipment(("A", 3)), saved)
    assert len(shop.sent("FulfillmentCreate")) == 2
    assert list(saved) == [
        "announced:gid://shopify/Location/61",
        "created:gid://shopify/Location/61",
        "announced:gid://shopify/Location/62",
        "created:gid://shopify/Location/62",
    ]
    assert (till.units(), receipt.outcome) == (3, Outcome.CREATED)


@pytest.mark.parametrize("numbers", [("1Z1",), ()])
def test_lost_answer_is_not_repeated(numbers: tuple[str, ...]) -> None:
    till, saved = Till(("A", 4)), {}
    till.lose_answer = True
    outgoing = shipment(("A", 2), numbers=numbers)
    with pytest.raises(TryLater):
        deliver(till, outgoing, saved)
    receipt, shop = deliver(till, again(outgoing, saved), saved)
    assert shop.operations() == ["ShipmentOrder"]
    assert till.units() == 2
    assert receipt.outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("numbers", [("1Z1",), ()])
def test_crash_between_two_locations_makes_only_the_second(numbers: tuple[str, ...]) -> None:
    till, saved = Till(("A", 2)), {}
    till.add(("A", 5), place="62")
    outgoing = shipment(("A", 4), numbers=numbers)

    def crash(step: str, value: str) -> None:
        if step == "announced:gid://shopify/Location/62":
            raise KeyboardInterrupt
        saved[step] = value

    with (
        small_shop(ShipmentOrder=till.read, FulfillmentCreate=till.create) as shop,
        pytest.raises(KeyboardInterrupt),
    ):
        shipments.write(client(shop), outgoing, crash)
    assert till.units() == 2
    receipt, shop = deliver(till, again(outgoing, saved), saved)
    assert len(shop.sent("FulfillmentCreate")) == 1
    assert (till.units(), receipt.outcome, receipt.id) == (4, Outcome.CREATED, "1")


@pytest.mark.parametrize("numbers", [("1Z1",), ()])
def test_call_that_never_arrived_is_made(numbers: tuple[str, ...]) -> None:
    till = Till(("A", 4))
    part = {"order": f"{FO}1", "line": f"{LINE}10", "sku": "A", "quantity": 2, "before": 4}
    saved = {"announced:gid://shopify/Location/61": json.dumps([part])}
    deliver(till, again(shipment(("A", 2), numbers=numbers), saved), saved)
    assert till.units() == 2


def test_what_somebody_fulfilled_in_shopify_is_not_fulfilled_again() -> None:
    till = Till(("A", 3))
    deliver(till, shipment(("A", 2), numbers=("by-hand",)))
    receipt, _ = deliver(till, shipment(("A", 3)))
    assert (till.units(), receipt.outcome) == (3, Outcome.CREATED)
    receipt, shop = deliver(till, shipment(("A", 3), numbers=("other",)))
    assert (till.units(), receipt.outcome) == (3, Outcome.UNCHANGED)
    assert shop.operations() == ["ShipmentOrder"]


def test_cancelled_fulfilment_does_not_count() -> None:
    till = Till(("A", 2))
    deliver(till, shipment(("A", 2)))
    till.order["fulfillments"][0]["status"] = "CANCELLED"
    till.add(("A", 2), place="61")
    receipt, _ = deliver(till, shipment(("A", 2)))
    assert receipt.outcome is Outcome.CREATED
    assert till.line(f"{LINE}20")["remainingQuantity"] == 0


@pytest.mark.parametrize(
    ("till", "wanted", "said"),
    [
        (Till(("A", 2), status="ON_HOLD"), ("A", 1), "on hold"),
        (Till(("A", 2), status="SCHEDULED"), ("A", 1), "on hold"),
        (Till(("A", 2)), ("B", 1), "nothing with SKU B"),
        (Till(("A", 2)), ("A", 3), "1 units of SKU A fewer"),
        (Till(), ("A", 1), "nothing with SKU A"),
    ],
)
def test_what_cannot_be_fulfilled_is_refused_before_anything_is_sent(
    till: Till, wanted: tuple[str, int], said: str
) -> None:
    with (
        small_shop(ShipmentOrder=till.read, FulfillmentCreate=till.create) as shop,
        pytest.raises(Rejected, match=said) as caught,
    ):
        shipments.write(client(shop), shipment(wanted), lambda *_: None)
    assert caught.value.advice
    assert shop.operations() == ["ShipmentOrder"]


def test_cancelled_order_is_refused() -> None:
    till = Till(("A", 1))
    till.order["cancelledAt"] = "2026-10-03T10:00:00Z"
    with pytest.raises(Rejected, match="cancelled"):
        deliver(till, shipment(("A", 1)))


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Fulfillment order 1 has an unfulfillable status= closed.", Rejected),
        ("Invalid fulfillment order line item quantity requested.", TryLater),
    ],
)
def test_their_refusals(message: str, error: type[Exception]) -> None:
    till = Till(("A", 1))
    till.errors = [{"field": ["fulfillment"], "message": message}]
    with pytest.raises(error):
        deliver(till, shipment(("A", 1)))


@pytest.mark.parametrize(
    ("outgoing", "field"),
    [
        (shipment(("A", 1), related={}), "order_key"),
        (shipment(), "lines"),
        (shipment(("", 1)), "lines[0]"),
        (shipment(("A", 0)), "lines[0]"),
    ],
)
def test_incomplete_shipment_is_refused(outgoing: Outgoing, field: str) -> None:
    with pytest.raises(Rejected) as caught:
        deliver(Till(("A", 1)), outgoing)
    assert caught.value.field == field


@pytest.mark.parametrize(("attempt", "error"), [(1, TryLater), (6, TryLater), (7, Rejected)])
def test_order_that_cannot_be_read_is_looked_for_again_before_it_counts_as_gone(
    attempt: int, error: type[Exception]
) -> None:
    outgoing = replace(shipment(("A", 1)), attempt=attempt)
    with small_shop(ShipmentOrder={"data": {"order": None}}) as shop, pytest.raises(error):
        shipments.write(client(shop), outgoing, lambda *_: None)
