"""Returns at the till as credit memos of Magento: once, to the cent, and no money twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.testing import Reply
from integrations.connectors.magento import marks, refund_plan, refund_writing
from integrations.connectors.magento.patience import noting
from integrations.connectors.magento.tests.small_order import SmallOrder, item
from integrations.connectors.magento.tests.small_store import SmallStore, client, small_store
from mappings.canonical.record import Entity, Skipped

REFUND, ONLINE = "POST /V1/order/7/refund", "POST /V1/invoice/1/refund"
GIVE_BACK = {"till_return_money": "give_back"}


def line(sku: str, quantity: int, *, restock: bool = False, product: str = "") -> dict[str, Any]:
    return {
        "sku": sku,
        "product_key": product,
        "quantity": quantity,
        "restock": "yes" if restock else "no",
    }


def returned(total: str, *lines: dict[str, Any], key: str = "100500", **fields: Any) -> Outgoing:
    related = fields.pop("related", {})
    return Outgoing(
        delivery_id="d-1",
        entity=Entity.REFUND,
        key=key,
        reference=key,
        fields={
            "number": "R-7",
            "currency": "USD",
            "total": Decimal(total),
            "lines": list(lines),
            **{name: Decimal(value) for name, value in fields.items()},
        },
        related={"order:100": "7", **related},
    )


def send(
    order: SmallOrder,
    outgoing: Outgoing,
    answers: dict[str, Any] | None = None,
    *,
    saved: dict[str, str] | None = None,
    **settings: str,
) -> tuple[Receipt, SmallStore]:
    kept = {} if saved is None else saved
    with small_store({**order.answers(), **(answers or {})}) as store:
        made = refund_writing.write(
            client(store, settings=settings),
            replace(outgoing, progress=dict(kept)),
            kept.__setitem__,
        )
        return made, store


def paid(*items: dict[str, Any], **more: Any) -> SmallOrder:
    order = SmallOrder(*items, **more)
    order.pay()
    return order


def test_a_return_is_recorded_offline_so_that_no_card_is_refunded_twice() -> None:
    order = paid(item(3, "TEE", 2, "10"), item(4, "CAP", 1, "7"), method="stripe_payments")
    order.ship((3, 2), (4, 1))
    receipt, store = send(order, returned("10.00", line("TEE", 1)))
    assert (receipt.id, receipt.outcome, receipt.label) == ("1", Outcome.CREATED, "000000012")
    assert store.sent(REFUND) == [
        {
            "items": [{"order_item_id": 3, "qty": 1}],
            "notify": False,
            "appendComment": False,
            "comment": {
                "comment": "Return R-7 at the till [clarity return 100500]",
                "is_visible_on_front": 0,
            },
            "arguments": {
                "shipping_amount": 0,
                "adjustment_positive": 0,
                "adjustment_negative": 0,
            },
        }
    ]
    assert ONLINE not in store.calls()
    assert marks.is_ours(order.creditmemos[0])


def test_an_answer_that_was_lost_makes_no_second_credit_memo() -> None:
    order, outgoing = paid(item(3, "TEE", 4)), returned("10.00", line("TEE", 1))
    order.lose = 1
    saved: dict[str, str] = {}
    with pytest.raises(TryLater):
        send(order, outgoing, saved=saved)
    receipt, _ = send(order, replace(outgoing, attempt=2), saved=saved)
    assert (receipt.id, len(order.creditmemos)) == ("1", 1)
    # Another return of the same order is another credit memo.
    send(order, returned("10.00", line("TEE", 1), key="100501"))
    assert len(order.creditmemos) == 2


def test_a_write_that_may_be_under_way_still_is_not_begun_again() -> None:
    order, outgoing = paid(item(3, "TEE", 4)), returned("10.00", line("TEE", 1))
    saved: dict[str, str] = {}
    with pytest.raises(TryLater):
        send(order, outgoing, {REFUND: Reply(504)}, saved=saved)
    with pytest.raises(TryLater) as caught:
        send(order, replace(outgoing, attempt=2), saved=saved)
    assert caught.value.of_record
    assert 0 < (caught.value.after or 0) <= 15
    assert order.creditmemos == []
    saved["unsure_until"] = "2026-01-01T00:00:00+00:00"
    send(order, replace(outgoing, attempt=3), saved=saved)
    assert len(order.creditmemos) == 1


def test_the_longer_no_answer_came_the_longer_the_first_try_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    moments = iter([began, began + timedelta(seconds=60)])
    clock = SimpleNamespace(now=lambda zone: next(moments))
    monkeypatch.setattr("integrations.connectors.magento.patience.datetime", clock)

    def silent() -> None:
        raise TryLater(unsure=True)

    saved: dict[str, str] = {}
    with pytest.raises(TryLater):
        noting(saved.__setitem__, silent)
    assert saved == {"unsure_until": "2026-03-02T12:02:00+00:00"}


def test_a_shop_that_was_only_busy_is_asked_again_at_once() -> None:
    order, outgoing = paid(item(3, "TEE", 4)), returned("10.00", line("TEE", 1))
    saved: dict[str, str] = {}
    with pytest.raises(TryLater):
        send(order, outgoing, {REFUND: Reply(503)}, saved=saved)
    send(order, replace(outgoing, attempt=2), saved=saved)
    assert len(order.creditmemos) == 1


def test_shipping_and_adjustments_go_with_it() -> None:
    order = paid(item(3, "TEE", 2))
    outgoing = returned("11.50", line("TEE", 1), shipping_total="3.00", adjustment_total="-1.50")
    _, store = send(order, outgoing)
    assert store.sent(REFUND)[0]["arguments"] == {
        "shipping_amount": Decimal("3.00"),
        "adjustment_positive": 0,
        "adjustment_negative": Decimal("1.50"),
        # It was never shipped: its units are released.
        "extension_attributes": {"return_to_stock_items": [3]},
    }
    assert order.creditmemos[0]["base_grand_total"] == Decimal("11.50")


def test_money_for_no_article_holds_its_place_with_rows_of_no_units() -> None:
    order = paid(item(3, "TEE", 2), item(4, "CAP", 1))
    _, store = send(order, returned("4.00", adjustment_total="4.00"))
    (given,) = store.sent(REFUND)
    assert given["items"] == [
        {"order_item_id": 3, "qty": 0},
        {"order_item_id": 4, "qty": 0},
    ]
    assert given["arguments"]["adjustment_positive"] == Decimal("4.00")


def test_only_units_that_shall_come_back_or_never_left_are_restocked() -> None:
    order = paid(item(3, "TEE", 2), item(4, "CAP", 2), item(5, "HAT", 2))
    order.ship((3, 2), (4, 2))
    # The till calls the cap by a number of its own.
    cap = line("C-1", 1, restock=True, product="9")
    related = {"product:9": "CAP"}
    outgoing = returned("30.00", line("TEE", 1), cap, line("HAT", 1), related=related)
    _, store = send(order, outgoing)
    arguments = store.sent(REFUND)[0]["arguments"]
    assert arguments["extension_attributes"] == {"return_to_stock_items": [4, 5]}


def test_a_configurable_and_a_bundle_go_back_by_the_rows_that_carry_the_money() -> None:
    order = paid(
        item(10, "TEE-RED", 2, "10", product_type="configurable"),
        item(11, "TEE-RED", 2, "0", parent=10),
        item(5, "SET", 1, "20", product_type="bundle"),
        item(6, "BALL", 2, "5", parent=5),
        item(7, "PUMP", 1, "10", parent=5),
    )
    _, store = send(order, returned("25.00", line("TEE-RED", 1), line("BALL", 1), line("PUMP", 1)))
    assert store.sent(REFUND)[0]["items"] == [
        {"order_item_id": 10, "qty": 1},
        {"order_item_id": 6, "qty": 1},
        {"order_item_id": 7, "qty": 1},
    ]


def test_an_article_is_found_by_its_link_where_its_number_differs() -> None:
    order = paid(item(3, "TEE", 1))
    outgoing = returned("10.00", line("0815", 1, product="55"), related={"product:55": "TEE"})
    _, store = send(order, outgoing)
    assert store.sent(REFUND)[0]["items"] == [{"order_item_id": 3, "qty": 1}]


def test_tax_and_discount_are_reckoned_as_magento_does_and_a_coin_is_named() -> None:
    # Three units at 10.00 less 1.00 in all, tax 2.39: one unit comes to 10.00 - 0.33 + 0.80.
    order = paid(
        item(
            3,
            "TEE",
            3,
            base_tax_invoiced=Decimal("2.39"),
            base_discount_invoiced=Decimal("1.00"),
        )
    )
    expected = {**order.answers()}

    def reckoned(asked: Any) -> Any:
        made = expected[REFUND](asked)
        order.creditmemos[-1]["base_grand_total"] = Decimal("10.48")
        return made

    _, store = send(order, returned("10.48", line("TEE", 1)), {REFUND: reckoned})
    (given,) = store.sent(REFUND)
    assert given["arguments"]["adjustment_positive"] == Decimal("0.01")
    assert given["comment"]["comment"].startswith("Return R-7 at the till (rounding +0.01) [")


def test_another_amount_than_magentos_is_held_with_both() -> None:
    order = paid(item(3, "TEE", 1, "10"))
    with pytest.raises(Rejected) as caught:
        send(order, returned("9.00", line("TEE", 1)))
    assert caught.value.said == "till 9.00, Magento 10.00, difference 1.00"
    assert order.creditmemos == []


def test_what_magento_made_of_it_is_looked_at_and_told_once() -> None:
    order, saved = paid(item(3, "TEE", 2)), dict[str, str]()
    outgoing = returned("10.00", line("TEE", 1))

    def otherwise(asked: Any) -> Any:
        made = order.answers()[REFUND](asked)
        order.creditmemos[-1]["base_grand_total"] = Decimal("15.00")
        return made

    with pytest.raises(Rejected) as caught:
        send(order, outgoing, {REFUND: otherwise}, saved=saved)
    assert caught.value.said == "till 10.00, Magento 15.00"
    receipt, store = send(order, replace(outgoing, attempt=2), saved=saved)
    assert (receipt.id, REFUND in store.calls()) == ("1", False)


def test_more_units_than_are_left_are_refused_by_name() -> None:
    order = paid(item(3, "TEE", 2))
    with pytest.raises(Rejected) as caught:
        send(order, returned("30.00", line("TEE", 1), line("TEE", 2)))
    assert (caught.value.field, caught.value.said) == ("lines[1].quantity", "TEE: 2")
    assert order.creditmemos == []


def test_an_order_that_is_not_invoiced_says_so() -> None:
    order = SmallOrder(item(3, "TEE", 1))
    with pytest.raises(Rejected) as caught:
        send(order, returned("10.00", line("TEE", 1)))
    assert "Invoice the order there" in caught.value.advice


def test_more_shipping_than_is_left_is_refused() -> None:
    order = paid(item(3, "TEE", 1))
    with pytest.raises(Rejected) as caught:
        send(order, returned("16.00", line("TEE", 1), shipping_total="6.00"))
    assert caught.value.field == "shipping_total"


@pytest.mark.parametrize(
    ("told", "asked", "total"),
    [("6.00", "10.00", "6.80"), ("3.00", "5.00", "3.40"), ("1.50", "2.50", "1.70")],
)
def test_shipping_is_asked_for_before_its_discount(told: str, asked: str, total: str) -> None:
    # 10.00 less 4.00, and 0.80 of tax: the till was told 6.00 and the tax.
    order = paid(
        item(3, "TEE", 1),
        base_shipping_amount=Decimal("10.00"),
        base_shipping_discount_amount=Decimal("4.00"),
        base_shipping_tax_amount=Decimal("0.80"),
    ).order
    outgoing = returned(total, shipping_total=told)
    wanted = refund_plan.wanted_of(outgoing)
    with small_store() as store:
        prices = refund_plan.prices_of(order, wanted, client(store).account)
    memo = refund_plan.memo_of(order, wanted, {}, prices)
    assert (memo.shipping, memo.rounding) == (Decimal(asked), 0)


def test_a_gift_card_that_paid_counts_as_money_given_back() -> None:
    order = paid(item(3, "TEE", 1), method="free")

    def onto_the_card(asked: Any) -> Any:
        made = order.answers()[REFUND](asked)
        order.order["base_total_refunded"] = 0
        memo = order.creditmemos[-1]
        memo["extension_attributes"] = {"base_gift_cards_amount": memo["base_grand_total"]}
        memo["base_grand_total"] = 0
        return 502, {"message": f"the answer {made} is lost"}

    saved: dict[str, str] = {}
    with pytest.raises(TryLater):
        send(order, returned("10.00", line("TEE", 1)), {REFUND: onto_the_card}, saved=saved)
    saved.clear()
    # No total of the order tells of it, its units do.
    send(order, replace(returned("10.00", line("TEE", 1)), attempt=2), saved=saved)
    assert len(order.creditmemos) == 1


def test_the_till_and_the_order_must_speak_of_one_currency() -> None:
    order = paid(item(3, "TEE", 1), order_currency_code="UGX", base_to_order_rate=2)
    with pytest.raises(Rejected) as caught:
        send(order, returned("10.00", line("TEE", 1)), order_currency="order")
    assert (caught.value.field, caught.value.said) == ("currency", "USD")


def test_an_exchange_without_money_is_left_out() -> None:
    order = paid(item(3, "TEE", 1))
    with pytest.raises(Skipped):
        send(order, returned("0", line("TEE", 1), adjustment_total="-10.00"))
    assert order.creditmemos == []


def test_a_cancelled_order_has_nothing_to_take_back() -> None:
    with pytest.raises(Skipped):
        send(paid(item(3, "TEE", 1), state="canceled"), returned("10.00", line("TEE", 1)))


def test_money_goes_back_online_only_where_the_setting_says_so() -> None:
    order = paid(item(3, "TEE", 1), method="stripe_payments")
    _, store = send(order, returned("10.00", line("TEE", 1)), **GIVE_BACK)
    assert store.sent(ONLINE)[0]["isOnline"] is True
    assert REFUND not in store.calls()
    assert order.order["base_total_online_refunded"] == Decimal("10.00")


def test_an_online_refund_that_moved_no_money_is_told() -> None:
    order = paid(item(3, "TEE", 1), method="stripe_payments")
    offline = {ONLINE: order.answers()[REFUND]}
    with pytest.raises(Rejected, match="gave no money back"):
        send(order, returned("10.00", line("TEE", 1)), offline, **GIVE_BACK)


def test_money_that_came_offline_goes_back_by_hand() -> None:
    order = paid(item(3, "TEE", 1), method="banktransfer")
    _, store = send(order, returned("10.00", line("TEE", 1)), **GIVE_BACK)
    (given,) = store.sent(REFUND)
    assert "Paid by banktransfer: give the money back by hand" in given["comment"]["comment"]


def test_an_order_with_several_invoices_waits_for_a_person() -> None:
    order = paid(item(3, "TEE", 2), method="stripe_payments")
    order.invoices.append({**order.invoices[0], "entity_id": 2})
    with pytest.raises(Rejected, match="2 paid invoices"):
        send(order, returned("10.00", line("TEE", 1)), **GIVE_BACK)
    assert order.creditmemos == []


def test_their_refusal_is_told_in_their_words() -> None:
    order = paid(item(3, "TEE", 1))
    said = "We can't create creditmemo for the order."
    with pytest.raises(Rejected) as caught:
        send(order, returned("10.00", line("TEE", 1)), {REFUND: (400, {"message": said})})
    assert caught.value.said == said
    assert "000000012" in caught.value.message
