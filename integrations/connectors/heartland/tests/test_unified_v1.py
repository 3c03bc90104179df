"""The unified /v1 API, against the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.connector import CONNECTOR
from integrations.connectors.heartland.tests.small_heartland import (
    SKUS,
    Ledger,
    Place,
    fields,
    outgoing,
)
from integrations.connectors.heartland.tests.test_reading import poll
from mappings.canonical.record import Entity, Skipped

WRITE = CONNECTOR.entities[Entity.ORDER].write
assert WRITE is not None


@pytest.fixture
def unified(made: Callable[..., Place]) -> Place:
    return made(flavour="unified_v1")


def wanted(**changes: Any) -> dict[str, Any]:
    """2 x 20.00 less 5.00, 1 x 16.00, shipping 4.00, tax 4.55 of which 0.35 on shipping."""
    made = fields(list(SKUS), **changes)
    made["lines"] = [
        {"sku": SKUS[0], "product_key": "9001", "qty": 2, "unit_price": Decimal("20.00"),
         "discount": Decimal("5.00"), "tax": Decimal("2.88")},
        {"sku": SKUS[1], "product_key": "9002", "qty": 1, "unit_price": Decimal("16.00"),
         "discount": Decimal(0), "tax": Decimal("1.32")},
    ]  # fmt: skip
    return {**made, **changes}


def send(place: Place, order: dict[str, Any], ledger: Ledger | None = None, **more: Any) -> Receipt:
    settings = more.pop("settings", {})
    assert WRITE is not None
    return WRITE(place.client(**settings), outgoing(order, **more), ledger or Ledger())


def order_of(place: Place) -> dict[str, Any]:
    rows = place.client().page("/v1/orders")
    assert len(rows) == 1
    return dict(rows[0])


def assert_complete(place: Place) -> None:
    order = order_of(place)
    assert (order["OrderID"], order["Status"], order["PaymentStatus"]) == (
        "S-1001", "Fulfilled", "paid",
    )  # fmt: skip
    amounts = ("TotalAmount", "ShippingAmount", "TaxAmount", "AmountPaid")
    assert [Decimal(order[name]) for name in amounts] == [
        Decimal("59.55"), Decimal("4.00"), Decimal("4.55"), Decimal("59.55"),
    ]  # fmt: skip
    assert len(place.client().page("/v1/payments")) == 1
    assert len(place.client().page("/v1/customers")) == 1
    assert len(place.client().page("/v1/shipments")) == 1


def test_order_arrives_to_the_cent(unified: Place) -> None:
    receipt = send(unified, wanted())
    assert_complete(unified)
    assert (receipt.id, receipt.outcome) == ("S-1001", Outcome.CREATED)
    assert list(receipt.touched) == [(Entity.INVENTORY, sku) for sku in SKUS]
    assert [(one.source_key, one.target_key) for one in receipt.learned] == [
        ("9001", SKUS[0]), ("9002", SKUS[1]),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["lost_answer", "refuse"])
@pytest.mark.parametrize(
    "where",
    ["POST /v1/customers", "POST /v1/orders", "POST /v1/payments", "PUT /v1/orders/S-1001"],
)
def test_broken_at_any_write_and_run_again_leaves_one_order(
    unified: Place, kind: str, where: str
) -> None:
    unified.fault(kind, where)
    ledger = Ledger()
    with pytest.raises(TryLater):
        send(unified, wanted(), ledger)
    send(unified, wanted(), ledger, attempt=2, progress=ledger.saved)
    assert_complete(unified)


def three_payments(order: dict[str, Any]) -> dict[str, Any]:
    half = {"gateway": "cards", "description": "Card"}
    amounts = (("p1", "20.00"), ("p2", "20.00"), ("p3", "19.55"))
    order["payments"] = [{**half, "key": key, "amount": Decimal(text)} for key, text in amounts]
    return order


@pytest.mark.parametrize("known", [1, 2, 3])
def test_each_of_several_payments_is_recorded_once(unified: Place, known: int) -> None:
    ledger = Ledger()
    for number in range(known):
        order = three_payments(wanted())
        order["payments"] = order["payments"][: number + 1]
        merchant = {"who_fulfils": "merchant_fulfils"}
        send(unified, order, ledger, settings=merchant, delivery_id=f"d-{number}")
    send(unified, three_payments(wanted()), ledger, delivery_id="d-9")
    rows = unified.client().page("/v1/payments")
    assert sorted(Decimal(row["Amount"]) for row in rows) == [
        Decimal("19.55"), Decimal("20.00"), Decimal("20.00"),
    ]  # fmt: skip
    assert order_of(unified)["Status"] == "Fulfilled"


def test_unknown_sku_names_the_line_of_the_store(unified: Place) -> None:
    order = wanted()
    order["lines"][1]["sku"] = "88-RED"
    with pytest.raises(Rejected) as caught:
        send(unified, order)
    assert (caught.value.field, caught.value.said) == ("line_items[1].sku", "88-RED")
    assert unified.client().page("/v1/orders") == []


def test_taxes_within_prices_are_not_added(unified: Place) -> None:
    order = wanted(prices_include_tax=True, tax_total=Decimal(0), total=Decimal("55.00"))
    order["payments"][0]["amount"] = Decimal("55.00")
    send(unified, order)
    assert Decimal(order_of(unified)["TaxAmount"]) == 0


def test_amounts_that_do_not_add_up_are_held(unified: Place) -> None:
    with pytest.raises(Rejected) as caught:
        send(unified, wanted(total=Decimal("60.00")))
    assert caught.value.field == "TotalAmount"
    assert unified.client().page("/v1/orders") == []


def test_linked_order_changes(unified: Place) -> None:
    first = send(unified, {**wanted(), "payments": []})
    assert order_of(unified)["Status"] == "Open"
    paid = send(unified, wanted(), linked_id=first.id, delivery_id="d-2")
    assert paid.outcome is Outcome.UPDATED
    assert_complete(unified)
    again = send(unified, wanted(), linked_id=first.id, delivery_id="d-3")
    assert again.outcome is Outcome.UNCHANGED


def test_cancelled(unified: Place) -> None:
    with pytest.raises(Unsupported):
        send(unified, wanted(state="cancelled"))
    merchant = {"who_fulfils": "merchant_fulfils"}
    first = send(unified, wanted(), settings=merchant)
    gone = send(unified, wanted(state="cancelled"), linked_id=first.id, delivery_id="d-2")
    assert (gone.outcome, order_of(unified)["Status"]) == (Outcome.UPDATED, "Cancelled")
    again = send(unified, wanted(state="cancelled"), linked_id=first.id, delivery_id="d-3")
    assert again.outcome is Outcome.UNCHANGED


def test_stock_products_and_shipments_are_polled(unified: Place) -> None:
    client = unified.client()
    kinds = (Entity.INVENTORY, Entity.PRODUCT, Entity.SHIPMENT, Entity.CUSTOMER)
    cursors = {kind: poll(client, kind, "")[1] for kind in kinds}
    send(unified, wanted())
    client.update(f"/v1/products/{SKUS[0]}", {"Price": Decimal("21.00")}, what="product")
    found = {kind: poll(client, kind, cursors[kind]) for kind in kinds}
    keys = {kind: [notice.key for notice in notices] for kind, (notices, _) in found.items()}
    customer = order_of(unified)["CustomerID"]
    assert sorted(keys[Entity.INVENTORY]) == sorted(SKUS)
    assert keys[Entity.PRODUCT] == [SKUS[0]]
    assert (len(keys[Entity.SHIPMENT]), keys[Entity.CUSTOMER]) == (1, [customer])
    for kind, (_, cursor) in found.items():
        assert poll(client, kind, cursor)[0] == []


def test_records_are_read_by_key(unified: Place) -> None:
    client, account = unified.client(), unified.account()
    for kind in (Entity.INVENTORY, Entity.PRODUCT):
        port = CONNECTOR.entities[kind]
        assert port.read is not None
        assert port.normalise is not None
        rows = port.read(client, [SKUS[0], "88-RED"])
        assert rows["88-RED"] is None
        record = port.normalise(Payload(rows[SKUS[0]]), account)
        assert (record.key, record.number) == (SKUS[0], SKUS[0])


def test_customer_is_made_once_and_filled_in(unified: Place) -> None:
    write = CONNECTOR.entities[Entity.CUSTOMER].write
    assert write is not None
    about = {"entity": Entity.CUSTOMER, "key": "77", "reference": "WEB-77"}
    person = {
        "email": "test.buyer@example.com",
        "first_name": "Test",
        "last_name": "Buyer",
        "addresses": [{"line_1": "12 Elm St", "line_2": "Apt 3", "city": "Austin"}],
    }
    client = unified.client()
    first = write(client, outgoing(person, **about), Ledger())
    second = write(client, outgoing(person, **about, delivery_id="d-2"), Ledger())
    assert (first.outcome, second.outcome) == (Outcome.CREATED, Outcome.UNCHANGED)
    renamed = {**person, "first_name": "", "last_name": "Renamed"}
    third = write(client, outgoing(renamed, **about, delivery_id="d-3"), Ledger())
    assert (third.id, third.outcome) == (first.id, Outcome.UPDATED)
    row = client.get(f"/v1/customers/{first.id}")
    assert (row["FirstName"], row["LastName"]) == ("Test", "Renamed")
    assert row["Address"]["Address"] == "12 Elm St, Apt 3"


def test_probe_and_choices(unified: Place) -> None:
    assert CONNECTOR.probe(unified.client()).currency == "USD"
    assert CONNECTOR.choices is not None
    assert CONNECTOR.choices(unified.client(), "location_id") == []


def refund(**changes: Any) -> dict[str, Any]:
    """One TEE and its tax, back into stock."""
    row = {"sku": SKUS[0], "qty": 1, "amount": Decimal("17.50"), "restock": True}
    return {
        "public_id": "S-1001-R1", "external_refund_id": "8801", "order_key": "5550001",
        "currency": "USD", "total": Decimal("19.02"), "lines": [row],
        "tax_total": Decimal("1.52"), "adjustment_total": Decimal(0),
        "tenders": [{"key": "t-1", "amount": Decimal("19.02")}], **changes,
    }  # fmt: skip


def give_back(place: Place, wanted: dict[str, Any], **more: Any) -> Receipt:
    write = CONNECTOR.entities[Entity.REFUND].write
    assert write is not None
    out = Outgoing(
        delivery_id="d-9", entity=Entity.REFUND, key="8801", reference="S-1001-R1", fields=wanted,
        related={"order:5550001": "S-1001"}, **more,
    )  # fmt: skip
    return write(place.client(), out, Ledger())


def test_a_refund_is_one_payment_of_type_refund(unified: Place) -> None:
    place = unified
    send(place, wanted())
    place.fault("lost_answer", "/v1/payments")
    with pytest.raises(TryLater):
        give_back(place, refund())
    first = give_back(place, refund(), attempt=2)
    assert give_back(place, refund(), attempt=3).id == first.id
    rows = place.client().page("/v1/payments", (("OrderID", "S-1001"),))
    assert [(row["Type"], Decimal(str(row["Amount"]))) for row in rows] == [
        ("payment", Decimal("59.55")), ("refund", Decimal("19.02")),
    ]  # fmt: skip
    with pytest.raises(Skipped):
        give_back(place, refund(), linked_id="net-8801")
    with pytest.raises(Rejected, match="beyond that"):
        give_back(place, refund(adjustment_total=Decimal("5.00")), linked_id="net-8801")


def test_an_order_with_a_refund_is_not_cancelled_as_a_whole(unified: Place) -> None:
    first = send(unified, wanted(), settings={"who_fulfils": "merchant_fulfils"})
    give_back(unified, refund())
    with pytest.raises(Rejected, match="19.02 of it was given back"):
        send(unified, wanted(state="cancelled"), linked_id=first.id, delivery_id="d-2")
    assert order_of(unified)["Status"] == "Open"
