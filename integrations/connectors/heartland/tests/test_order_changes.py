"""An order that Heartland already has: payments, cancellation, later changes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

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


def test_an_order_changed_after_it_was_sent_is_held(place: Place) -> None:
    receipt = send(place, fields(list(SKUS)), Ledger())
    with pytest.raises(Rejected) as caught:
        send(place, fields(list(SKUS), total=Decimal("43.55")), Ledger(), linked_id=receipt.id)
    assert caught.value.said == "Heartland 59.55, store 43.55, difference 16.00"


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
