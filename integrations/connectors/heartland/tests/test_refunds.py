"""A refund of the store into Heartland Retail as a return, against the sandbox over HTTP."""

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
    outgoing,
)
from mappings.canonical.record import Entity, Skipped

ORDER = CONNECTOR.entities[Entity.ORDER].write
WRITE = CONNECTOR.entities[Entity.REFUND].write
assert ORDER is not None
assert WRITE is not None

CENT = Decimal("0.01")
ITEMS = {"tax_item": "WEB-TAX", "refund_item": "WEB-TIP"}


def sold(place: Place, **settings: str) -> Receipt:
    """2 x TEE and 1 x CAP, paid and invoiced: 59.55."""
    assert ORDER is not None
    return ORDER(place.client(**{**ITEMS, **settings}), outgoing(fields(list(SKUS))), Ledger())


def refund(**changes: Any) -> dict[str, Any]:
    """One TEE back into stock with its tax and all shipping: 17.50 + 4.00 + 1.52 = 23.02."""
    return {
        "public_id": "S-1001-R1",
        "external_refund_id": "8801",
        "order_key": "5550001",
        "order_total": Decimal("36.53"),
        "currency": "USD",
        "total": Decimal("23.02"),
        "lines": [line(SKUS[0], 1, "17.50")],
        "shipping_total": Decimal("4.00"),
        "tax_total": Decimal("1.52"),
        "duty_total": Decimal(0),
        "adjustment_total": Decimal(0),
        "tenders": [tender("t-1", "23.02")],
        "custom": {"source_system": "clarity"},
        **changes,
    }


def line(sku: str, qty: int, amount: str, *, restock: bool = True) -> dict[str, Any]:
    return {"sku": sku, "qty": qty, "amount": Decimal(amount), "restock": restock}


def tender(key: str, amount: str) -> dict[str, Any]:
    return {"key": key, "amount": Decimal(amount), "gateway": "cards", "transaction_id": key}


def send(
    place: Place, order_id: str, wanted: dict[str, Any], ledger: Ledger, **options: Any
) -> Receipt:
    assert WRITE is not None
    settings = {**ITEMS, **options.pop("settings", {})}
    out = Outgoing(
        delivery_id="d-9",
        entity=Entity.REFUND,
        key="8801",
        reference="S-1001-R1",
        fields=wanted,
        related={"order:5550001": order_id},
        progress=dict(ledger.saved),
        **options,
    )
    return WRITE(place.client(**settings), out, ledger)


def tickets(place: Place) -> list[dict[str, Any]]:
    return [dict(row) for row in place.rows("/sales/tickets")]


def lines(place: Place, ticket: dict[str, Any]) -> list[tuple[str, int, Decimal]]:
    return [
        (
            row.get("item_public_id") or row["type"],
            row.get("qty") or 0,
            Decimal(str(row["value"])).quantize(CENT),
        )
        for row in place.rows(f"/sales/tickets/{ticket['id']}/lines")
    ]


def on_hand(place: Place, sku: str) -> Decimal:
    item = next(row for row in place.rows("/items") if row["public_id"] == sku)
    rows = place.client().every("/inventory/values", (("item_id", str(item["id"])), *_EACH))
    return sum((Decimal(str(row["qty_on_hand"])) for row in rows), Decimal(0))


_EACH = (("group[]", "item_id"), ("group[]", "location_id"))


def assert_entered(place: Place, order_id: str, before: Decimal) -> None:
    (ticket,) = tickets(place)
    assert (ticket["type"], ticket["status"], ticket["public_id"]) == (
        "Return",
        "complete",
        "S-1001-R1",
    )
    invoice = place.rows("/sales/invoices")[0]
    assert (ticket["parent_transaction_id"], str(invoice["order_id"])) == (invoice["id"], order_id)
    assert lines(place, ticket) == [
        (SKUS[0], -1, Decimal("-17.50")),
        ("WEB-TAX", -1, Decimal("-1.52")),
        ("ShippingLine", 0, Decimal("-4.00")),
    ]
    assert (Decimal(ticket["total"]), Decimal(ticket["balance"])) == (Decimal("-23.02"), 0)
    paid = place.rows(f"/sales/tickets/{ticket['id']}/payments")
    assert [(Decimal(row["amount"]), row["description"]) for row in paid] == [
        (Decimal("-23.02"), "cards t-1")
    ]
    assert on_hand(place, SKUS[0]) == before + 1


def test_a_refund_becomes_one_return_to_the_cent(place: Place) -> None:
    order = sold(place)
    before = on_hand(place, SKUS[0])
    receipt = send(place, order.id, refund(), Ledger())
    assert (receipt.outcome, receipt.label) == (Outcome.CREATED, "S-1001-R1")
    assert [entity for entity, _ in receipt.touched] == [Entity.INVENTORY]
    assert_entered(place, order.id, before)


@pytest.mark.parametrize("kind", ["lost_answer", "refuse"])
def test_an_interruption_at_any_write_makes_no_second_return(place: Place, kind: str) -> None:
    order = sold(place)
    before = on_hand(place, SKUS[0])
    ledger = Ledger()
    for number, match in enumerate(("POST /api/sales/tickets", "/lines", "/payments", "PUT "), 1):
        place.fault(kind, match)
        with pytest.raises(TryLater):
            send(place, order.id, refund(), ledger, attempt=number)
    send(place, order.id, refund(), ledger, attempt=9)
    assert_entered(place, order.id, before)


def test_lost_checkpoints_are_found_again_by_the_number(place: Place) -> None:
    order = sold(place)
    before = on_hand(place, SKUS[0])
    first = send(place, order.id, refund(), Ledger())
    place.seen.clear()
    again = send(place, order.id, refund(), Ledger(), attempt=2)
    assert (again.id, place.writes()) == (first.id, [])
    assert_entered(place, order.id, before)


def test_units_that_are_not_restocked_get_a_ticket_of_their_own(place: Place) -> None:
    order = sold(place)
    before = on_hand(place, SKUS[0]), on_hand(place, SKUS[1])
    wanted = refund(
        lines=[line(SKUS[0], 1, "17.50"), line(SKUS[1], 1, "16.00", restock=False)],
        total=Decimal("39.02"),
        tenders=[tender("t-1", "20.00"), tender("t-2", "19.02")],
    )
    send(place, order.id, wanted, Ledger())
    first, second = tickets(place)
    assert (first["public_id"], Decimal(first["total"])) == ("S-1001-R1", Decimal("-23.02"))
    assert (second["public_id"], Decimal(second["total"])) == ("S-1001-R1N", Decimal("-16.00"))
    paid = [
        [Decimal(row["amount"]) for row in place.rows(f"/sales/tickets/{one['id']}/payments")]
        for one in (first, second)
    ]
    assert paid == [[Decimal("-20.00"), Decimal("-3.02")], [Decimal("-16.00")]]
    assert (on_hand(place, SKUS[0]), on_hand(place, SKUS[1])) == (before[0] + 1, before[1])


def test_money_that_no_line_explains_is_booked_on_its_item_or_held(place: Place) -> None:
    order = sold(place)
    wanted = refund(
        lines=[],
        shipping_total=Decimal(0),
        tax_total=Decimal(0),
        adjustment_total=Decimal("5.00"),
        total=Decimal("5.00"),
        tenders=[tender("t-1", "5.00")],
    )
    place.seen.clear()
    with pytest.raises(Rejected) as caught:
        send(place, order.id, wanted, Ledger(), settings={"refund_item": ""})
    assert (caught.value.field, caught.value.said) == ("adjustment_total", "5.00")
    assert place.writes() == []
    send(place, order.id, wanted, Ledger())
    (ticket,) = tickets(place)
    assert lines(place, ticket) == [("WEB-TIP", -1, Decimal("-5.00"))]


def test_a_part_that_is_kept_back_leaves_the_rest(place: Place) -> None:
    order = sold(place)
    wanted = refund(
        adjustment_total=Decimal("-3.02"), total=Decimal(20), tenders=[tender("t", "20")]
    )
    send(place, order.id, wanted, Ledger())
    (ticket,) = tickets(place)
    assert (Decimal(ticket["total"]), Decimal(ticket["balance"])) == (Decimal("-20.00"), 0)


def test_three_units_for_ten_come_back_to_the_cent(place: Place) -> None:
    order = sold(place)
    wanted = refund(
        lines=[line(SKUS[0], 3, "10.00")],
        shipping_total=Decimal(0),
        tax_total=Decimal(0),
        total=Decimal("10.00"),
        tenders=[tender("t-1", "10.00")],
    )
    send(place, order.id, wanted, Ledger())
    (ticket,) = tickets(place)
    assert lines(place, ticket) == [
        (SKUS[0], -2, Decimal("-6.66")),
        (SKUS[0], -1, Decimal("-3.34")),
    ]


def test_goods_that_never_left_are_held(place: Place) -> None:
    order = sold(place, who_fulfils="merchant_fulfils")
    place.seen.clear()
    with pytest.raises(Rejected) as caught:
        send(place, order.id, refund(), Ledger())
    assert caught.value.field == "lines"
    assert "have not left in Heartland" in str(caught.value)
    assert place.writes() == []


def test_units_taken_off_the_order_by_hand_are_not_returned_again(place: Place) -> None:
    order = sold(place, who_fulfils="merchant_fulfils")
    place.seen.clear()
    receipt = send(place, order.id, refund(order_total=Decimal("59.55")), Ledger())
    assert (receipt.id, receipt.outcome) == ("net-8801", Outcome.UNCHANGED)
    assert place.writes() == []


def test_units_that_are_off_the_order_and_their_money_is_not_hold_the_refund(
    made: Callable[..., Place],
) -> None:
    place = made(open_orders_editable=True)
    assert ORDER is not None
    sale = fields(list(SKUS), tax_total=Decimal(0), total=Decimal("55.00"))
    sale["payments"][0]["amount"] = Decimal("55.00")
    order = ORDER(place.client(who_fulfils="merchant_fulfils"), outgoing(sale), Ledger())
    path = f"/sales/orders/{order.id}"
    tee = next(row for row in place.rows(f"{path}/lines") if row.get("item_public_id") == SKUS[0])
    place.client().delete(f"{path}/lines/{tee['id']}", what="A line")
    with pytest.raises(Rejected, match=r"received 35.00? more than it comes to"):
        send(place, order.id, refund(order_total=Decimal("20.00")), Ledger())


def test_a_refund_that_its_order_came_without_is_left_out(place: Place) -> None:
    with pytest.raises(Skipped) as caught:
        send(place, "1", refund(), Ledger(), linked_id="net-8801")
    assert "came to Heartland after this refund" in str(caught.value)
    assert place.seen == []


def test_a_refund_of_a_cancelled_order_is_left_out(place: Place) -> None:
    order = sold(place)
    assert ORDER is not None
    cancelled = fields(list(SKUS), state="cancelled")
    ORDER(place.client(**ITEMS), outgoing(cancelled, linked_id=order.id), Ledger())
    place.seen.clear()
    with pytest.raises(Skipped):
        send(place, order.id, refund(), Ledger())
    assert place.writes() == []


def test_an_order_with_a_return_is_not_cancelled_as_a_whole(place: Place) -> None:
    order = sold(place)
    send(place, order.id, refund(), Ledger())
    assert ORDER is not None
    place.seen.clear()
    cancelled = fields(list(SKUS), state="cancelled")
    with pytest.raises(Rejected) as caught:
        ORDER(place.client(**ITEMS), outgoing(cancelled, linked_id=order.id), Ledger())
    assert "S-1001-R1" in str(caught.value)
    assert place.writes() == []


def test_an_unknown_sku_is_named_and_nothing_is_written(place: Place) -> None:
    order = sold(place)
    with pytest.raises(Rejected) as caught:
        send(place, order.id, refund(lines=[line("88-RED", 1, "17.50")]), Ledger())
    assert (caught.value.field, caught.value.said) == ("lines[0].sku", "88-RED")
    assert str(caught.value).startswith("Refund S-1001-R1: no Heartland item for SKU 88-RED")
    assert tickets(place) == []


def test_tax_that_heartland_computes_is_given_back_too(made: Callable[..., Place]) -> None:
    """1.44 of tax on 17.50 came with the sale and goes back with it."""
    place = made(tax_rate="0.0825")
    settings = {"tax_as": "heartland_computes"}
    assert ORDER is not None
    sale = fields(list(SKUS), tax_total=Decimal("4.21"), total=Decimal("59.21"))
    sale["payments"][0]["amount"] = Decimal("59.21")
    order = ORDER(place.client(**settings), outgoing(sale), Ledger())
    back = refund(
        lines=[line(SKUS[0], 1, "17.50", restock=False), line(SKUS[1], 1, "16.00")],
        tax_total=Decimal("2.76"), total=Decimal("40.26"), tenders=[tender("t-1", "40.26")],
    )  # fmt: skip
    send(place, order.id, back, Ledger(), settings=settings)
    assert sum(Decimal(str(row["total"])) for row in tickets(place)) == Decimal("-40.26")
    assert [Decimal(str(row["balance"])) for row in tickets(place)] == [0, 0]


def test_what_went_back_on_a_gift_card_is_booked_under_its_payment_type(place: Place) -> None:
    order = sold(place)
    kinds = {row["name"]: str(row["id"]) for row in place.rows("/payment_types")}
    usual, other = list(kinds.values())[:2]
    wanted = refund(tenders=[
        tender("t-1", "20.00"), {**tender("t-2", "3.02"), "gateway": "gift_card"},
    ])  # fmt: skip
    settings = {"payment_type_id": usual, "gift_card_payment_type_id": other}
    send(place, order.id, wanted, Ledger(), settings=settings)
    (ticket,) = tickets(place)
    rows = place.rows(f"/sales/tickets/{ticket['id']}/payments")
    assert [str(row["payment_type_id"]) for row in rows] == [usual, other]


def test_money_an_edited_order_had_too_much_is_no_second_loss_of_the_sale(place: Place) -> None:
    """A line was taken off the paid order; the money for it comes back without any line."""
    less = fields(list(SKUS), total=Decimal("42.05"))
    less["lines"][0]["qty"] = 1
    assert ORDER is not None
    order = ORDER(place.client(**ITEMS), outgoing(less), Ledger())
    back = refund(
        lines=[], shipping_total=Decimal(0), tax_total=Decimal(0), total=Decimal("17.50"),
        adjustment_total=Decimal("17.50"), tenders=[tender("t-1", "17.50")],
    )  # fmt: skip
    with pytest.raises(Rejected, match=r"17.50 was given back that no line explains"):
        send(place, order.id, back, Ledger())
    kept = refund(
        lines=[line(SKUS[0], 1, "27.50")], adjustment_total=Decimal("-10.00"),
        shipping_total=Decimal(0), tax_total=Decimal(0), total=Decimal("17.50"),
        tenders=[tender("t-1", "17.50")],
    )  # fmt: skip
    with pytest.raises(Rejected, match=r"10.00 was kept that no line explains"):
        send(place, order.id, kept, Ledger(), linked_id="net-8801")
    assert tickets(place) == []
