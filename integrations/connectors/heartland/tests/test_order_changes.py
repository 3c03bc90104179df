"""An order that Heartland already has: payments, cancellation, later changes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Receipt
from integrations.connector_kit.errors import Rejected, TryLater, Unsupported
from integrations.connectors.heartland.tests.small_heartland import SKUS, Ledger, Place, fields
from integrations.connectors.heartland.tests.test_order_saga import (
    assert_complete,
    one_order,
    send,
)


def test_second_delivery_of_a_linked_order_is_unchanged(place: Place) -> None:
    first = send(place, fields(list(SKUS)), Ledger())
    place.seen.clear()
    again = send(place, fields(list(SKUS)), Ledger(), linked_id=first.id)
    assert again == Receipt(first.id, Outcome.UNCHANGED, label="S-1001")
    assert place.writes() == []


def test_merchant_fulfils_leaves_the_order_open(place: Place) -> None:
    send(place, fields(list(SKUS)), Ledger(), settings={"who_fulfils": "merchant_fulfils"})
    assert one_order(place)["status"] == "open"
    assert place.rows("/sales/invoices") == []


def test_unpaid_order_waits_open_and_the_payment_completes_it(place: Place) -> None:
    paid = fields(list(SKUS))
    receipt = send(place, {**paid, "payments": []}, Ledger())
    assert one_order(place)["status"] == "open"
    assert place.rows("/sales/invoices") == []
    later = send(place, paid, Ledger(), linked_id=receipt.id)
    assert later.outcome is Outcome.UPDATED
    assert_complete(place)


def test_a_payment_under_another_name_is_not_taken_twice(place: Place) -> None:
    receipt = send(place, fields(list(SKUS)), Ledger())
    renamed = fields(list(SKUS))
    renamed["payments"][0]["key"] = "5550001:paid"
    assert send(place, renamed, Ledger(), linked_id=receipt.id).outcome is Outcome.UNCHANGED
    assert_complete(place)


def test_each_of_several_payments_is_recorded_once(place: Place) -> None:
    wanted = fields(list(SKUS))
    card = {"gateway": "cards", "description": "Card"}
    amounts = (("p1", "20.00"), ("p2", "20.00"), ("p3", "19.55"))
    wanted["payments"] = [{**card, "key": key, "amount": Decimal(text)} for key, text in amounts]
    ledger = Ledger()
    path = "POST /api/sales/orders"
    for attempt in (1, 2, 3):
        if attempt > 1:
            path = f"POST /api/sales/orders/{ledger.saved['order_id']}/payments"
        place.fault("lost_answer", path)
        with pytest.raises(TryLater):
            send(place, wanted, ledger, attempt=attempt)
        if attempt == 1:
            # The order is there; its number brings the next attempt back to it.
            ledger.saved["order_id"] = str(one_order(place)["id"])
    place.fault("lost_answer", path)
    with pytest.raises(TryLater):
        send(place, wanted, ledger, attempt=4)
    send(place, wanted, ledger, attempt=5)
    order = one_order(place)
    rows = place.rows(f"/sales/orders/{order['id']}/payments")
    assert [Decimal(row["amount"]) for row in rows] == [
        Decimal("20.00"), Decimal("20.00"), Decimal("19.55"),
    ]  # fmt: skip
    assert order["status"] == "closed"


def edited(**changes: Any) -> dict[str, Any]:
    """One tee less and two caps more than `fields`, nothing paid: 17.50 + 48.00 + 4.00 + 4.55."""
    wanted = fields(list(SKUS), total=Decimal("74.05"), payments=[], **changes)
    wanted["lines"][0]["qty"], wanted["lines"][1]["qty"] = 1, 3
    return wanted


def test_an_edited_order_whose_goods_left_is_held_with_what_to_change(place: Place) -> None:
    receipt = send(place, fields(list(SKUS)), Ledger())
    place.seen.clear()
    with pytest.raises(Rejected) as caught:
        send(place, edited(), Ledger(), linked_id=receipt.id)
    assert caught.value.said == "Heartland 59.55, store 74.05, difference -14.50"
    assert (
        "Remove 2 x TEE-BLK-S, remove 1 x CAP-GRY-L, add 1 x TEE-BLK-S at 17.50,"
        " add 3 x CAP-GRY-L at 16.00, then replay." in caught.value.advice
    )
    assert place.writes() == []


@pytest.mark.parametrize("editable", [True, False])
def test_an_edited_open_order_is_edited_there_or_held_unchanged(
    made: Callable[..., Place], editable: bool
) -> None:
    place = made(open_orders_editable=editable)
    receipt = send(place, fields(list(SKUS), payments=[]), Ledger())
    if not editable:
        with pytest.raises(Rejected) as caught:
            send(place, edited(), Ledger(), linked_id=receipt.id)
        assert caught.value.said == "Heartland 59.55, store 74.05, difference -14.50"
        assert Decimal(one_order(place)["total"]) == Decimal("59.55")
        return
    result = send(place, edited(), Ledger(), linked_id=receipt.id)
    assert result.outcome is Outcome.UPDATED
    order = one_order(place)
    assert Decimal(order["total"]) == Decimal("74.05")
    rows = place.rows(f"/sales/orders/{order['id']}/lines")
    assert sorted((row["item_public_id"], int(row["qty"])) for row in rows) == [
        ("CAP-GRY-L", 3), ("TEE-BLK-S", 1), ("WEB-TAX", 1),
    ]  # fmt: skip
    again = send(place, edited(), Ledger(), linked_id=receipt.id)
    assert again.outcome is Outcome.UNCHANGED


def test_an_edit_that_lost_an_answer_is_finished_and_doubles_nothing(
    made: Callable[..., Place],
) -> None:
    place = made(open_orders_editable=True)
    receipt = send(place, fields(list(SKUS), payments=[]), Ledger())
    place.fault("lost_answer", f"POST /api/sales/orders/{receipt.id}/lines")
    with pytest.raises(TryLater):
        send(place, edited(), Ledger(), linked_id=receipt.id)
    send(place, edited(), Ledger(), linked_id=receipt.id, attempt=2)
    assert Decimal(one_order(place)["total"]) == Decimal("74.05")
    assert len(place.rows(f"/sales/orders/{receipt.id}/lines")) == 3


# The order came without the first one, and the second one was made since.
_REFUNDS = (("8801", "3.00"), ("8802", "17.50"))


def test_a_refund_is_no_change_of_the_order(place: Place) -> None:
    receipt = send(place, fields(list(SKUS)), Ledger())
    place.seen.clear()
    left = fields(list(SKUS), total=Decimal("42.05"), payments=[])
    left["lines"][0]["qty"] = 1
    before, since = ({"key": key, "amount": Decimal(taken)} for key, taken in _REFUNDS)
    left["refunds"] = [before, since]
    related = {"refund:8801": "net-8801"}
    kept = send(place, left, Ledger(), linked_id=receipt.id, related=related)
    assert kept.outcome is Outcome.UNCHANGED
    left["refunds"] = [{**since, "amount": Decimal("17.49")}]
    with pytest.raises(Rejected, match="Heartland comes to 59.55"):
        send(place, left, Ledger(), linked_id=receipt.id)
    assert place.writes() == []


def test_the_rest_of_a_partial_payment_is_added_to_what_is_there(place: Place) -> None:
    part = fields(list(SKUS))
    paid = {**part["payments"][0], "key": "5550001:paid", "transaction_id": "", "is_sum": True}
    part["payments"] = [{**paid, "amount": Decimal("20.00")}]
    receipt = send(place, part, Ledger())
    whole = {**part, "payments": [paid]}
    assert send(place, whole, Ledger(), linked_id=receipt.id).outcome is Outcome.UPDATED
    assert (one_order(place)["status"], Decimal(one_order(place)["balance"])) == ("closed", 0)
    rows = place.rows(f"/sales/orders/{receipt.id}/payments")
    assert [Decimal(row["amount"]) for row in rows] == [Decimal("20.00"), Decimal("39.55")]
    # Read again with its transactions it says the same in other words.
    single = {**paid, "is_sum": False}
    listed = [
        {**single, "key": "7001", "transaction_id": "7001", "amount": Decimal("20.00")},
        {**single, "key": "7002", "transaction_id": "7002", "amount": Decimal("39.55")},
    ]
    again = send(place, {**part, "payments": listed}, Ledger(), linked_id=receipt.id)
    assert again.outcome is Outcome.UNCHANGED


def test_a_sum_and_then_single_payments_are_not_taken_twice(place: Place) -> None:
    part = fields(list(SKUS))
    paid = {**part["payments"][0], "transaction_id": ""}
    part["payments"] = [{**paid, "key": "x:paid", "is_sum": True, "amount": Decimal("20.00")}]
    receipt = send(place, part, Ledger())
    listed = [
        {**paid, "key": "7001", "transaction_id": "7001", "amount": Decimal("20.00")},
        {**paid, "key": "7002", "transaction_id": "7002", "amount": Decimal("39.55"),
         "gateway": "gift_card"},
    ]  # fmt: skip
    send(place, {**part, "payments": listed}, Ledger(), linked_id=receipt.id)
    rows = place.rows(f"/sales/orders/{receipt.id}/payments")
    assert [Decimal(row["amount"]) for row in rows] == [Decimal("20.00"), Decimal("39.55")]
    assert (one_order(place)["status"], Decimal(one_order(place)["balance"])) == ("closed", 0)


@pytest.mark.parametrize("left", ["whole", "partial", "returned", "none"])
def test_goods_that_left_the_store_are_not_put_back_by_a_cancellation(
    place: Place, left: str
) -> None:
    receipt = send(place, fields(list(SKUS)), Ledger())
    gone = fields(list(SKUS), state="cancelled", left_before_cancelled=left)
    if left in ("returned", "none"):
        assert send(place, gone, Ledger(), linked_id=receipt.id).outcome is Outcome.UPDATED
        assert one_order(place)["status"] == "void"
        return
    with pytest.raises(Rejected, match="after goods of it were shipped"):
        send(place, gone, Ledger(), linked_id=receipt.id)
    assert one_order(place)["status"] == "closed"


@pytest.mark.parametrize("word", ["void", "cancelled", "canceled"])
def test_cancelled_with_the_word_this_heartland_takes(
    made: Callable[..., Place], word: str
) -> None:
    place = made(cancel_word=word)
    settings = {"tax_as": "heartland_computes"}
    wanted = fields(list(SKUS), tax_total=Decimal(0), total=Decimal("55.00"))
    wanted["payments"][0]["amount"] = Decimal("55.00")
    receipt = send(place, wanted, Ledger(), settings=settings)
    ledger = Ledger()
    gone = {**wanted, "state": "cancelled"}
    result = send(place, gone, ledger, linked_id=receipt.id, settings=settings)
    assert (result.outcome, len(result.touched)) == (Outcome.UPDATED, 2)
    assert one_order(place)["status"] == word
    assert ledger.saved["cancel_word"] == word
    again = send(place, gone, ledger, linked_id=receipt.id, settings=settings)
    assert again.outcome is Outcome.UNCHANGED


def test_goods_shipped_by_hand_are_not_voided(place: Place) -> None:
    merchant = {"who_fulfils": "merchant_fulfils"}
    receipt = send(place, fields(list(SKUS)), Ledger(), settings=merchant)
    send(place, fields(list(SKUS)), Ledger(), linked_id=receipt.id)  # invoices as auto_invoice does
    with pytest.raises(Rejected, match="goods left"):
        send(
            place, fields(list(SKUS), state="cancelled"), Ledger(), linked_id=receipt.id,
            settings=merchant,
        )  # fmt: skip
    assert one_order(place)["status"] == "closed"


def test_cancelled_before_it_came_is_left_out(place: Place) -> None:
    with pytest.raises(Unsupported):
        send(place, fields(list(SKUS), state="cancelled"), Ledger())
    assert place.writes() == []
