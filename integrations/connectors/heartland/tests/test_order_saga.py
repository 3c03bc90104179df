"""A web order into Heartland Retail, against the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Receipt
from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater
from integrations.connectors.heartland.connector import CONNECTOR
from integrations.connectors.heartland.tests.small_heartland import (
    SKUS,
    Ledger,
    Place,
    fields,
    outgoing,
)
from mappings.canonical.record import Entity

WRITE = CONNECTOR.entities[Entity.ORDER].write
assert WRITE is not None


def send(place: Place, wanted: dict[str, Any], ledger: Ledger, **options: Any) -> Receipt:
    settings = {"tax_item": "WEB-TAX", **options.pop("settings", {})}
    assert WRITE is not None
    out = outgoing(wanted, progress=dict(ledger.saved), **options)
    return WRITE(place.client(**settings), out, ledger)


def one_order(place: Place) -> dict[str, Any]:
    rows = place.rows("/sales/orders")
    assert len(rows) == 1
    return dict(rows[0])


def lines(place: Place, order: dict[str, Any]) -> list[tuple[str, int, Decimal]]:
    rows = place.rows(f"/sales/orders/{order['id']}/lines")
    return [
        (row["item_public_id"], row["qty"], Decimal(row["adjusted_unit_price"])) for row in rows
    ]


def assert_complete(place: Place) -> dict[str, Any]:
    """Exactly what `fields` asks for: one order, three lines, one payment, one invoice."""
    order = one_order(place)
    assert (order["public_id"], order["status"]) == ("S-1001", "closed")
    assert (Decimal(order["total"]), Decimal(order["balance"])) == (Decimal("59.55"), 0)
    assert lines(place, order) == [
        (SKUS[0], 2, Decimal("17.50")),
        (SKUS[1], 1, Decimal("16.00")),
        ("WEB-TAX", 1, Decimal("4.55")),
    ]
    payments = place.rows(f"/sales/orders/{order['id']}/payments")
    assert [Decimal(row["amount"]) for row in payments] == [Decimal("59.55")]
    assert [row["status"] for row in place.rows("/sales/invoices")] == ["complete"]
    customers = place.rows("/customers")
    assert [row["email"] for row in customers] == ["Test.Buyer@example.com"]
    assert len(place.rows(f"/customers/{customers[0]['id']}/addresses")) == 1
    return order


def test_order_arrives_to_the_cent(place: Place) -> None:
    ledger = Ledger()
    receipt = send(place, fields(list(SKUS)), ledger)
    order = assert_complete(place)
    items = {row["public_id"]: str(row["id"]) for row in place.rows("/items")}
    assert (receipt.id, receipt.outcome, receipt.label) == (
        str(order["id"]), Outcome.CREATED, "S-1001",
    )  # fmt: skip
    assert list(receipt.touched) == [(Entity.INVENTORY, items[sku]) for sku in SKUS]
    assert [(one.source_key, one.target_key) for one in receipt.learned] == [
        ("9001", items[SKUS[0]]), ("9002", items[SKUS[1]]),
    ]  # fmt: skip
    assert order["custom"] == {"external_order_id": "5550001", "source_system": "clarity"}
    assert order["shipping_address_id"] == order["billing_address_id"] is not None
    for step in ("customer_id", "order_id", "line_1", "line_2", "line_3", "payment_1"):
        assert ledger.saved[step]
    assert ledger.saved["invoice_id"]


def test_stock_leaves_the_chosen_location_only(place: Place) -> None:
    def on_hand() -> dict[str, Decimal]:
        rows = place.rows("/inventory/values?group[]=item_id&group[]=location_id&_include[]=item")
        return {
            f"{row['item']['public_id']}@{row['location_id']}": Decimal(row["qty_on_hand"])
            for row in rows
        }

    before = on_hand()
    send(place, fields(list(SKUS)), Ledger())
    after = on_hand()
    moved = {
        name: before[name] - count
        for name, count in after.items()
        if before.get(name, count) != count
    }
    location = place.made["settings"]["location_id"]
    assert moved == {f"{SKUS[0]}@{location}": 2, f"{SKUS[1]}@{location}": 1}


WRITES = 13


@pytest.mark.parametrize("kind", ["lost_answer", "refuse"])
@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_broken_at_any_write_and_run_again_leaves_one_order(
    place: Place, kind: str, number: int
) -> None:
    """The connection breaks at the n-th write: after its effect, or before it."""
    ledger = Ledger()
    wanted = fields(list(SKUS))
    client = place.client(tax_item="WEB-TAX")
    sent = iter(range(1, 1000))
    real = client._session.request

    def request(method: str, path: str, **more: Any) -> Any:
        if method != "GET" and next(sent) == number:
            place.fault(kind, f"{method} /api{path.removeprefix('/api')}")
        return real(method, path, **more)

    client._session.request = request  # type: ignore[method-assign]
    assert WRITE is not None
    with pytest.raises(TryLater):
        WRITE(client, outgoing(wanted), ledger)
    receipt = send(place, wanted, ledger, attempt=2)
    order = assert_complete(place)
    assert receipt.id == str(order["id"])


def test_there_are_no_more_writes_than_the_test_above_breaks(place: Place) -> None:
    send(place, fields(list(SKUS)), Ledger())
    assert len(place.writes()) == WRITES


def test_all_checkpoints_lost_still_makes_no_second_order(place: Place) -> None:
    wanted = fields(list(SKUS))
    first = send(place, wanted, Ledger())
    place.seen.clear()
    again = send(place, wanted, Ledger(), attempt=2)
    assert again.id == first.id
    assert place.writes() == []
    assert_complete(place)


def test_equal_lines_are_all_kept(place: Place) -> None:
    line = {"sku": SKUS[0], "product_key": "9001", "qty": 1, "unit_price": Decimal("5.00")}
    wanted = fields(
        list(SKUS),
        lines=[{**line, "path": "line_items[0]"}, {**line, "path": "line_items[1]"}],
        shipping=[],
        tax_total=Decimal(0),
        total=Decimal("10.00"),
        payments=[{"key": "p", "amount": Decimal("10.00"), "gateway": "cards"}],
    )
    ledger = Ledger()
    place.fault("lost_answer", "/lines")
    with pytest.raises(TryLater):
        send(place, wanted, ledger)
    send(place, wanted, ledger, attempt=2)
    assert lines(place, one_order(place)) == [(SKUS[0], 1, Decimal(5)), (SKUS[0], 1, Decimal(5))]


def test_unknown_sku_is_named_and_nothing_is_written(place: Place) -> None:
    with pytest.raises(Rejected) as caught:
        send(place, fields([SKUS[0], "88-RED"]), Ledger())
    assert (caught.value.field, caught.value.said) == ("line_items[1].sku", "88-RED")
    assert caught.value.advice == (
        "Order S-1001: no Heartland item for SKU 88-RED. Link it or add it, then replay."
    )
    assert place.writes() == []


def test_linked_articles_need_no_sku(place: Place) -> None:
    items = {row["public_id"]: str(row["id"]) for row in place.rows("/items")}
    related = {"product:9001": items[SKUS[0]], "product:9002": items[SKUS[1]]}
    receipt = send(place, fields(["other-1", ""]), Ledger(), related=related)
    assert_complete(place)
    assert receipt.learned == ()


def test_other_total_is_held_before_payment_and_opening(made: Callable[..., Place]) -> None:
    taxed = made(tax_rate="0.0825")
    ledger = Ledger()
    settings = {"tax_as": "heartland_computes"}
    with pytest.raises(Rejected) as caught:
        send(taxed, fields(list(SKUS)), ledger, settings=settings)
    order = one_order(taxed)
    # 35.00 and 16.00 taxed line by line: 2.89 + 1.32 = 4.21, where the store took 4.55.
    assert caught.value.field == "total"
    assert caught.value.said == "Heartland 59.21, store 59.55, difference -0.34"
    assert "lines 51.00 + shipping 4.00 + tax 4.55" in caught.value.advice
    assert order["status"] == "pending"
    assert taxed.rows(f"/sales/orders/{order['id']}/payments") == []
    # The rate is corrected in Heartland; the replay goes on with the same order.
    wanted = {**fields(list(SKUS)), "tax_total": Decimal("4.21"), "total": Decimal("59.21")}
    wanted["payments"][0]["amount"] = Decimal("59.21")
    send(taxed, wanted, ledger, attempt=2, settings=settings)
    assert one_order(taxed)["status"] == "closed"


def test_tax_without_an_item_for_it_is_held_before_any_write(place: Place) -> None:
    with pytest.raises(Rejected) as caught:
        send(place, fields(list(SKUS)), Ledger(), settings={"tax_item": ""})
    assert (caught.value.field, caught.value.said) == ("tax_total", "4.55")
    assert place.writes() == []


def test_shipping_and_tip_as_items(place: Place) -> None:
    wanted = {**fields(list(SKUS)), "tip_total": Decimal("2.00"), "total": Decimal("61.55")}
    wanted["payments"][0]["amount"] = Decimal("61.55")
    settings = {"shipping_as": "item", "shipping_item": "WEB-SHIP", "tip_item": "WEB-TIP"}
    send(place, wanted, Ledger(), settings=settings)
    order = one_order(place)
    assert Decimal(order["shipping_charge"]) == 0
    assert lines(place, order)[2:] == [
        ("WEB-SHIP", 1, Decimal(4)), ("WEB-TAX", 1, Decimal("4.55")), ("WEB-TIP", 1, Decimal(2)),
    ]  # fmt: skip
    assert Decimal(order["total"]) == Decimal("61.55")


def test_order_without_a_buyer_goes_to_the_guest(place: Place) -> None:
    wanted = fields(list(SKUS), shipping_address={"city": "Austin"})
    for name in ("customer", "billing_address"):
        del wanted[name]
    send(place, wanted, Ledger())
    send(place, {**wanted, "public_id": "S-1002"}, Ledger(), reference="S-1002")
    customers = place.rows("/customers")
    assert [row["public_id"] for row in customers] == ["WEB-GUEST"]
    orders = place.rows("/sales/orders")
    assert {row["customer_id"] for row in orders} == {customers[0]["id"]}
    assert [row["shipping_address_id"] for row in orders] == [None, None]


def test_known_customer_and_address_are_used_again(place: Place) -> None:
    send(place, fields(list(SKUS)), Ledger())
    wanted = fields(list(SKUS), public_id="S-1002")
    wanted["customer"]["email"] = "test.buyer@example.com"
    place.client().update(
        f"/customers/{place.rows('/customers')[0]['id']}",
        {"email": "test.buyer@example.com"},
        what="customer",
    )
    send(place, wanted, Ledger(), reference="S-1002")
    assert len(place.rows("/customers")) == 1
    assert len({row["shipping_address_id"] for row in place.rows("/sales/orders")}) == 1


def test_number_of_another_order_is_not_taken_over(place: Place) -> None:
    send(place, fields(list(SKUS)), Ledger())
    place.seen.clear()
    with pytest.raises(Rejected) as caught:
        send(place, fields(list(SKUS), external_order_id="777"), Ledger(), key="777")
    assert caught.value.field == "public_id"
    assert place.writes() == []


def test_other_currency_is_held(place: Place) -> None:
    with pytest.raises(Rejected) as caught:
        send(place, fields(list(SKUS), currency="EUR"), Ledger())
    assert (caught.value.field, caught.value.said) == ("currency", "EUR")
    assert place.seen == []


def test_refused_spelling_of_the_payment_is_followed_by_the_next(place: Place) -> None:
    ledger = Ledger()
    send(place, fields(list(SKUS)), ledger, settings={"payment_type_name": "Nope,CustomPayment"})
    assert ledger.saved["payment_word"] == "CustomPayment"
    assert_complete(place)


def test_required_custom_field_names_itself(place: Place) -> None:
    field = {"key": "sales_channel", "group_id": "sales.transaction", "required": True}
    client = place.client()
    client.create("/custom_fields", field, what="field")
    problems = CONNECTOR.probe(client).problems
    assert [text for text in problems if "sales_channel" in text]
    with pytest.raises(Rejected) as caught:
        send(place, fields(list(SKUS)), Ledger())
    assert caught.value.field == "custom@sales_channel"


def test_empty_invoice_is_filled(made: Callable[..., Place]) -> None:
    place = made(invoice_copies_lines=False)
    wanted = fields(list(SKUS), tax_total=Decimal(0), total=Decimal("55.00"))
    wanted["payments"][0]["amount"] = Decimal("55.00")
    send(place, wanted, Ledger(), settings={"tax_as": "heartland_computes"})
    invoice = place.rows("/sales/invoices")[0]
    rows = place.rows(f"/sales/invoices/{invoice['id']}/lines")
    assert [(row["item_public_id"], row["qty"]) for row in rows] == [(SKUS[0], 2), (SKUS[1], 1)]


def test_throttled_waits_and_revoked_asks_the_owner(place: Place) -> None:
    ledger = Ledger()
    place.fault("throttle", "POST /api/sales/orders", times=1)
    with pytest.raises(TryLater) as caught:
        send(place, fields(list(SKUS)), ledger)
    assert caught.value.throttled
    place.fault("revoke", "", times=1)
    with pytest.raises(NeedsOwner):
        send(place, fields(list(SKUS)), ledger, attempt=2)
    send(place, fields(list(SKUS)), ledger, attempt=3)
    assert_complete(place)


def test_server_error_on_the_payment_is_resumed(place: Place) -> None:
    ledger = Ledger()
    place.fault("status", "/payments", value=500)
    with pytest.raises(TryLater):
        send(place, fields(list(SKUS)), ledger)
    send(place, fields(list(SKUS)), ledger, attempt=2)
    assert_complete(place)


def test_articles_are_found_by_a_custom_field(place: Place) -> None:
    place.client().create(
        "/items",
        {"public_id": "ITEM-77", "cost": "1.00", "price": "17.50", "description": "Tee",
         "custom": {"store_sku": "OLD-9"}},
        what="The item",
    )  # fmt: skip
    wanted = fields(["OLD-9", "OLD-9"], tax_total=Decimal(0), total=Decimal("55.00"), payments=[])
    field = {"product_match": "custom field", "product_match_field": "store_sku"}
    send(place, wanted, Ledger(), settings=field)
    assert [row[0] for row in lines(place, one_order(place))] == ["ITEM-77", "ITEM-77"]


def test_matching_by_a_custom_field_needs_its_name(place: Place) -> None:
    with pytest.raises(Rejected) as caught:
        send(place, fields(list(SKUS)), Ledger(), settings={"product_match": "custom field"})
    assert caught.value.field == "settings.product_match_field"
    assert place.writes() == []


def test_a_sold_gift_card_is_booked_on_its_stand_in(place: Place) -> None:
    wanted = fields(list(SKUS), payments=[])
    wanted["lines"][1] |= {"sku": "", "product_key": "", "is_gift_card": True}
    with pytest.raises(Rejected) as caught:
        send(place, wanted, Ledger())
    assert "name it as gift_card_item" in caught.value.advice
    assert place.writes() == []
    receipt = send(place, wanted, Ledger(), settings={"gift_card_item": "WEB-DUTY"})
    assert [row[0] for row in lines(place, one_order(place))] == [SKUS[0], "WEB-DUTY", "WEB-TAX"]
    assert len(receipt.touched) == 1, "no goods leave for a gift card"


def test_a_gift_card_is_taken_under_its_own_payment_type(place: Place) -> None:
    kinds = {row["name"]: str(row["id"]) for row in place.rows("/payment_types")}
    wanted = fields(list(SKUS))
    (card,) = wanted["payments"]
    half = Decimal("29.00")
    wanted["payments"] = [
        {**card, "key": "1", "transaction_id": "1", "gateway": "gift_card", "amount": half},
        {**card, "key": "2", "transaction_id": "2", "amount": Decimal("59.55") - half},
    ]
    send(place, wanted, Ledger(), settings={"gift_card_payment_type_id": kinds["Cash"]})
    order = one_order(place)
    rows = place.rows(f"/sales/orders/{order['id']}/payments")
    assert [(str(row["payment_type_id"]), Decimal(row["amount"])) for row in rows] == [
        (kinds["Cash"], half), (kinds["External"], Decimal("30.55")),
    ]  # fmt: skip
    assert (order["status"], Decimal(order["balance"])) == ("closed", 0)


def test_an_order_that_cost_nothing_is_invoiced_without_a_payment(place: Place) -> None:
    wanted = fields(list(SKUS), tax_total=Decimal(0), total=Decimal(0), payments=[], shipping=[])
    for line in wanted["lines"]:
        line["unit_price"] = Decimal("0.00")
    send(place, wanted, Ledger())
    order = one_order(place)
    assert (order["status"], Decimal(order["total"])) == ("closed", 0)
    assert place.rows(f"/sales/orders/{order['id']}/payments") == []


def test_lines_that_do_not_come_to_the_total_are_held_before_anything_is_written(
    place: Place,
) -> None:
    with pytest.raises(Rejected) as caught:
        send(place, fields(list(SKUS), total=Decimal("59.54")), Ledger())
    assert caught.value.said == "lines 59.55, store 59.54, difference 0.01"
    assert "Store: lines 51.00 + shipping 4.00 + tax 4.55" in caught.value.advice
    assert place.writes() == []


def test_two_hundred_lines_arrive(place: Place) -> None:
    wanted = fields(list(SKUS), shipping=[], tax_total=Decimal(0))
    (first, _) = wanted["lines"]
    wanted["lines"] = [
        {**first, "path": f"line_items[{index}]", "qty": 1, "unit_price": Decimal(index) / 100}
        for index in range(1, 201)
    ]
    wanted["total"] = sum((line["unit_price"] for line in wanted["lines"]), Decimal(0))
    wanted["payments"][0]["amount"] = wanted["total"]
    send(place, wanted, Ledger())
    order = one_order(place)
    assert (order["status"], Decimal(order["total"])) == ("closed", Decimal("201.00"))
    assert len(lines(place, order)) == 200
