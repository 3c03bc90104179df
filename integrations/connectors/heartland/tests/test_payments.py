"""Payments as records of their own: each once, whoever recorded it first."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.heartland.connector import CONNECTOR
from integrations.connectors.heartland.tests.small_heartland import (
    SKUS,
    Ledger,
    Place,
    fields,
)
from integrations.connectors.heartland.tests.test_order_saga import one_order, send
from mappings.canonical.record import Entity

WRITE = CONNECTOR.entities[Entity.PAYMENT].write
SUM = {"key": "5550001:paid", "gateway": "cards", "is_sum": True}


def pay(place: Place, order_id: str, key: str, amount: str, **changes: Any) -> Receipt:
    assert WRITE is not None
    attempt = changes.pop("attempt", 1)
    sent = {
        "order_key": "5550001",
        "order_number": "#1001",
        "transaction_id": key,
        "gateway": "cards",
        "description": "cards",
        "amount": Decimal(amount),
        "received_before": Decimal(0),
        "refunded": Decimal(0),
        **changes,
    }
    going = Outgoing(
        delivery_id=f"d-{key}",
        entity=Entity.PAYMENT,
        key=key,
        reference=key,
        fields=sent,
        related={"order:5550001": order_id},
        attempt=attempt,
    )
    return WRITE(place.client(tax_item="WEB-TAX"), going, Ledger())


def amounts(place: Place, order_id: str) -> list[Decimal]:
    if place.flavour == "retail":
        rows = place.rows(f"/sales/orders/{order_id}/payments")
        return [Decimal(str(row["amount"])) for row in rows]
    found = list(place.client().page("/v1/payments", (("OrderID", order_id),)))
    return [Decimal(str(row["Amount"])) for row in found]


def order_of(place: Place, *paid: str) -> str:
    wanted = fields(list(SKUS), payments=[{**SUM, "amount": Decimal(part)} for part in paid])
    return send(place, wanted, Ledger()).id


@pytest.fixture(params=["retail", "unified_v1"])
def either(request: pytest.FixtureRequest, made: Callable[..., Place]) -> Place:
    return made(flavour=request.param)


def test_a_payment_that_came_with_the_order_is_not_taken_twice(either: Place) -> None:
    order = order_of(either, "59.55")
    either.seen.clear()
    assert pay(either, order, "7001", "59.55").outcome is Outcome.UNCHANGED
    # Two captures that the order told as one sum.
    assert pay(either, order, "7002", "20.00").outcome is Outcome.UNCHANGED
    second = pay(either, order, "7003", "39.55", received_before=Decimal("20.00"))
    assert (second.id, second.outcome) == (f"{order}/7003", Outcome.UNCHANGED)
    assert either.writes() == []


def test_a_later_capture_is_added_once_and_the_order_adds_nothing(either: Place) -> None:
    order = order_of(either, "20.00")
    first = pay(either, order, "7001", "20.00")
    later = pay(either, order, "7002", "39.55", received_before=Decimal("20.00"))
    again = pay(either, order, "7002", "39.55", received_before=Decimal("20.00"))
    assert [one.outcome for one in (first, later, again)] == [
        Outcome.UNCHANGED, Outcome.UPDATED, Outcome.UNCHANGED,
    ]  # fmt: skip
    assert again.id == later.id
    assert amounts(either, order) == [Decimal("20.00"), Decimal("39.55")]
    whole = fields(list(SKUS), payments=[{**SUM, "amount": Decimal("59.55")}])
    send(either, whole, Ledger(), linked_id=order)
    assert amounts(either, order) == [Decimal("20.00"), Decimal("39.55")]


def test_the_order_adds_the_rest_after_a_part(either: Place) -> None:
    order = order_of(either, "20.00")
    whole = fields(list(SKUS), payments=[{**SUM, "amount": Decimal("59.55")}])
    send(either, whole, Ledger(), linked_id=order, delivery_id="d-2")
    late = pay(either, order, "7002", "39.55", received_before=Decimal("20.00"))
    assert late.outcome is Outcome.UNCHANGED
    assert amounts(either, order) == [Decimal("20.00"), Decimal("39.55")]


def test_a_part_that_somebody_entered_by_hand_holds_the_payment(either: Place) -> None:
    order = order_of(either, "20.00")
    with pytest.raises(Rejected) as caught:
        pay(either, order, "7001", "59.55")
    assert caught.value.said == "store 0.00 + 59.55, Heartland 20.00"
    assert amounts(either, order) == [Decimal("20.00")]


def test_money_that_went_back_before_the_order_came_is_not_missed(either: Place) -> None:
    order = order_of(either, "39.55")
    paid = pay(either, order, "7001", "59.55", refunded=Decimal("20.00"))
    assert paid.outcome is Outcome.UNCHANGED
    assert amounts(either, order) == [Decimal("39.55")]


def test_money_that_comes_after_a_return_is_booked(either: Place) -> None:
    """59.55 was received, 20.00 of it went back as a return, which leaves the order as it is."""
    order = order_of(either, "59.55")
    since = {"key": "8802", "amount": Decimal("20.00")}
    more = {"received_before": Decimal("59.55"), "refunded": Decimal("20.00"), "refunds": [since]}
    assert pay(either, order, "7002", "10.00", **more).outcome is Outcome.UPDATED
    assert amounts(either, order) == [Decimal("59.55"), Decimal("10.00")]
    # The order tells the same as one sum, without what went back, and with five more.
    wanted = fields(list(SKUS), payments=[{**SUM, "amount": Decimal("54.55")}])
    wanted["total"], wanted["refunds"] = Decimal("39.55"), [{**since, "money": Decimal("20.00")}]
    sent = {"linked_id": order, "related": {"refund:8802": "77"}, "delivery_id": "d-2"}
    send(either, wanted, Ledger(), **sent)
    assert amounts(either, order)[2:] == [Decimal("5.00")]
    assert send(either, wanted, Ledger(), **sent).outcome is Outcome.UNCHANGED


def test_an_answer_that_was_lost_leaves_one_payment(either: Place) -> None:
    order = order_of(either)
    unified = either.flavour == "unified_v1"
    path = "/v1/payments" if unified else f"/api/sales/orders/{order}/payments"
    either.fault("lost_answer", f"POST {path}")
    with pytest.raises(TryLater):
        pay(either, order, "7001", "59.55")
    pay(either, order, "7001", "59.55", attempt=2)
    assert amounts(either, order) == [Decimal("59.55")]


def test_what_brought_no_money_marks_the_order_until_money_comes(place: Place) -> None:
    order = order_of(place)
    for key, mark in (("7001", "authorized"), ("7002", "declined")):
        assert pay(place, order, key, "59.55", mark=mark).outcome is Outcome.UPDATED
        assert one_order(place)["custom"]["payment_status"] == mark
    assert pay(place, order, "7003", "20.00").outcome is Outcome.UPDATED
    assert one_order(place)["custom"]["payment_status"] == "partially_paid"
    late = pay(place, order, "7002", "59.55", mark="declined")
    assert late.outcome is Outcome.UNCHANGED
    pay(place, order, "7004", "39.55", received_before=Decimal("20.00"))
    assert one_order(place)["custom"]["payment_status"] == "paid"
    assert amounts(place, order) == [Decimal("20.00"), Decimal("39.55")]


def test_a_payment_of_an_order_that_was_cancelled_there_waits_for_a_person(place: Place) -> None:
    order = order_of(place)
    place.client().update(f"/sales/orders/{order}", {"status": "void"}, what="The order")
    with pytest.raises(Rejected, match="cancelled in Heartland"):
        pay(place, order, "7001", "59.55")
    assert amounts(place, order) == []
