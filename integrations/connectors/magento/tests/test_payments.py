"""Payments: invoices bring money, transactions only words, gift cards came with the order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit import numbers
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import money, payments
from integrations.connectors.magento.order_refunds import MEMOS
from integrations.connectors.magento.shape import GIFT_CARDS
from integrations.connectors.magento.tests.small_store import (
    account,
    client,
    found,
    small_store,
)
from mappings.canonical.payment import Payment, PaymentKind
from mappings.canonical.record import Skipped

FIXTURES = Path(__file__).parents[1] / "fixtures"
SHARED = Path(__file__).parents[5] / "shared" / "data" / "magento"
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def body(name: str) -> dict[str, Any]:
    raw = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    assert isinstance(raw, dict)
    return raw


def payment(raw: dict[str, Any]) -> Payment:
    return payments.normalise(Payload(numbers.decode(numbers.encode(raw))), account())


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("captured_card", {"state": 1}, "not paid yet"),
        ("captured_card", {"state": 3}, "cancelled"),
        ("captured_card", {"base_grand_total": 0}, "a payment of nothing"),
        ("authorization", {"txn_type": "capture"}, "its invoice tells"),
        ("authorization", {"txn_type": "refund"}, "carried as a refund"),
        ("authorization", {"txn_type": "order"}, "only begun"),
    ],
)
def test_what_brings_no_money_is_left_out(name: str, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skipped, match=reason):
        payment(body(f"payments__{name}") | change)


def test_a_void_takes_the_promise_back() -> None:
    found = payment(body("payments__authorization") | {"txn_type": "void"})
    assert (found.kind, found.mark, found.key) == (PaymentKind.VOID, "voided", "t9")


def test_what_was_kept_back_took_nothing_off_the_payments() -> None:
    raw = body("payments__captured_card")
    order = body("refunds__part_kept_back_tax_included")["clarity_order"]
    raw |= {payments.ORDER: order, "order_id": 33, "base_grand_total": 60, "grand_total": 60}
    found = payment(raw)
    # 26.96 of goods were taken back, 22.96 of their money went back.
    assert [(one.key, one.amount) for one in found.refunds] == [("201", Decimal("22.96"))]
    raised = json.loads(json.dumps(order))
    raised[MEMOS][0] |= {"base_grand_total": 30, "grand_total": 30}
    found = payment(raw | {payments.ORDER: raised})
    assert [(one.key, one.amount) for one in found.refunds] == [("201", Decimal("26.96"))]
    assert found.refunded == Decimal("30.00")


@pytest.mark.shared
def test_recorded_invoice_pays_the_recorded_order() -> None:
    if not SHARED.exists():
        pytest.skip("the recorded answers are not beside the repository")
    raw = numbers.decode((SHARED / "invoice-of-that-order.json").read_bytes())
    order = numbers.decode((SHARED / "order-mixed-product-types.json").read_bytes())
    found = payments.normalise(Payload({**raw, payments.ORDER: order}), account())
    assert (found.amount, found.gateway, found.order_number) == (
        Decimal(165), "banktransfer", "000000003",
    )  # fmt: skip


# --- reading --------------------------------------------------------------------------------------


def test_read_brings_the_order_and_the_invoices_beside_it() -> None:
    wanted = body("payments__second_part_by_bank_transfer")
    order, rows = wanted.pop(payments.ORDER), wanted.pop(payments.INVOICES)
    answers = {
        "GET /V1/invoices/102": wanted,
        "GET /V1/orders/25": order,
        "GET /V1/invoices": found(*rows),
        "GET /V1/transactions/7": body("payments__authorization")
        | {"order_id": 25, "additional_information": ["4111111111111111"]},
        "GET /V1/invoices/103": (404, {"message": "No such entity."}),
    }
    with small_store(answers) as store:
        read = payments.read(client(store), ["102", "t7", "103", "25:gift_card:7"])
    assert read["103"] is None
    assert [payment(dict(read[key] or {})).received_before for key in ("102", "t7")] == [
        Decimal("56.97"), Decimal(0),
    ]  # fmt: skip
    assert "4111" not in json.dumps(read["t7"], default=str)
    with pytest.raises(Skipped, match="given back when its order was cancelled"):
        payment(dict(read["25:gift_card:7"] or {}))


def test_polls_tell_of_paid_invoices_and_of_promises() -> None:
    paid = body("payments__captured_card")
    said = body("payments__authorization")
    answers = {
        "GET /V1/invoices": found(paid, paid | {"entity_id": 5, "state": 1}),
        "GET /V1/transactions": found(said, said | {"transaction_id": 10, "txn_type": "capture"}),
    }
    with small_store(answers) as store:
        opened = client(store)
        first = payments.changes(opened, "", NOW)
        page = payments.changes(opened, first.cursor, NOW)
    assert [one.key for one in page.notices] == ["101", "t9"]
    assert (first.notices, page.more) == ((), False)
    assert all(one.payload is None for one in page.notices)


def test_a_shop_that_hides_its_transactions_still_tells_its_payments() -> None:
    refused = (
        401,
        {
            "message": "The consumer isn't authorized to access %resources.",
            "parameters": {"resources": "Magento_Sales::transactions_fetch"},
        },
    )
    answers = {
        "GET /V1/invoices": found(body("payments__captured_card")),
        "GET /V1/transactions": refused,
    }
    with small_store(answers) as store:
        opened = client(store)
        page = payments.changes(opened, payments.changes(opened, "", NOW).cursor, NOW)
    assert [one.key for one in page.notices] == ["101"]


# --- the money of a day ---------------------------------------------------------------------------


def test_the_money_of_a_day_is_told_list_by_list() -> None:
    gifted = body("orders__refunded_whole_with_gift_card")
    (memo,) = gifted.pop(MEMOS)
    invoice = body("payments__captured_card") | {"order_id": 30, "base_grand_total": 15.57}
    answers = {
        "GET /V1/modules": ["Magento_Sales", GIFT_CARDS],
        "GET /V1/invoices": found(invoice, invoice | {"entity_id": 102, "state": 1}),
        "GET /V1/creditmemos": found(memo),
        "GET /V1/orders": found(gifted),
    }
    with small_store(answers) as store:
        opened, rows, cursor = client(store), [], ""
        while True:
            page = money.movements(opened, DAY, DAY + timedelta(days=1), cursor)
            rows += page.rows
            cursor = page.cursor
            if not cursor:
                break
        orders = money.orders(opened, ["30", "none"])
        zone = money.zone(opened)
    assert [(one.key, one.method, one.amount) for one in rows] == [
        ("101", "braintree", Decimal("15.57")),
        ("creditmemo:201:braintree", "braintree", Decimal("-15.57")),
        ("creditmemo:201:gift_card", "gift_card", Decimal("-10.00")),
        ("30:gift_card:7", "gift_card", Decimal("10.00")),
    ]
    assert {one.order_key for one in rows} == {"30"}
    (one,) = orders.values()
    assert (one.number, one.total, one.received, one.refunded, one.refunds) == (
        "000000030", 0, Decimal("25.57"), Decimal("25.57"), (Decimal("25.57"),),
    )  # fmt: skip
    assert zone == "America/Chicago"


def test_where_no_gift_cards_are_orders_are_not_searched_for_them() -> None:
    answers = {name: found() for name in ("GET /V1/invoices", "GET /V1/creditmemos")}
    with small_store(answers) as store:
        opened = client(store)
        first = money.movements(opened, DAY, NOW, "")
        second = money.movements(opened, DAY, NOW, first.cursor)
    assert (first.cursor, second.cursor) == ("creditmemos:0", "")
    assert "GET /V1/orders" not in store.calls()
