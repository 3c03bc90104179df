"""Orders: the traps of real bodies, both shapes alike, and reading them page by page."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit.errors import NeedsOwner, Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify import orders
from integrations.connectors.shopify.orders import normalise
from integrations.connectors.shopify.tests.small_shop import account, client, small_shop
from mappings.canonical.order import (
    Fulfilment,
    Order,
    OrderState,
    PaymentState,
    TakenOff,
    check_order,
)
from mappings.canonical.record import Skipped

FIXTURES = Path(__file__).parents[1] / "fixtures"
SHARED = Path(__file__).parents[5] / "shared" / "data" / "shopify"
NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


def body(name: str) -> dict[str, Any]:
    found = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"), parse_float=Decimal)
    assert isinstance(found, dict)
    return found


def order(raw: dict[str, Any], **settings: str) -> Order:
    return normalise(Payload(raw), account(settings=settings))


@pytest.mark.parametrize(
    "name",
    ["orders__paid_with_discount", "orders__partly_refunded", "orders__guest_tip_duty_gift_card"],
)
def test_both_shapes_give_the_same_record(name: str) -> None:
    from_webhook, from_graphql = order(body(name)), order(body(f"{name}_graphql"))
    check_order(from_webhook)
    assert from_webhook == from_graphql
    # Letter by letter too, because content is compared by its hash.
    assert from_webhook.model_dump_json() == from_graphql.model_dump_json()


def test_discounts_come_from_the_allocations() -> None:
    found = order(body("orders__paid_with_discount"))
    assert [(line.sku, line.quantity, line.discount) for line in found.lines] == [
        ("TEE-BLK-M", 3, Decimal("6.70")),
        ("HOOD-GRY-L", 1, Decimal("0")),
    ]
    assert (found.total, found.tax_total) == (Decimal("127.47"), Decimal("9.72"))
    assert found.version == "2026-10-03T14:15:02.000000+00:00"
    assert [(p.key, p.gateway, p.amount) for p in found.payments] == [
        ("5500000000000000001:paid", "shopify_payments", Decimal("127.47"))
    ]


def test_refund_leaves_the_rest_with_its_exact_discount_and_tax() -> None:
    found = order(body("orders__partly_refunded"))
    check_order(found)
    (line,) = found.lines
    assert (line.quantity, line.discount, line.tax) == (2, Decimal("0.67"), Decimal("1.59"))
    assert found.total == Decimal("25.92")
    # What stayed of the payment; the refund itself is a record of its own.
    assert [(paid.amount, paid.is_sum) for paid in found.payments] == [(Decimal("25.92"), True)]
    assert found.refunds == (TakenOff(key="1", amount=Decimal("21.28")),)


def test_the_currency_the_buyer_saw_is_kept_beside_the_shops() -> None:
    found = order(body("orders__multi_currency_tax_included"))
    check_order(found)
    assert (str(found.presentment), found.currency, found.total) == (
        "43.79 EUR", "USD", Decimal("47.60"),
    )  # fmt: skip
    assert [line.tax for line in found.lines] == [Decimal("6.46"), Decimal("1.14")]
    assert (found.added_tax, found.tax_total) == (Decimal(0), Decimal("7.60"))


def test_an_exchange_is_what_is_left_and_what_came_new() -> None:
    found = order(body("orders__exchange"))
    check_order(found)
    assert [(line.sku, line.quantity) for line in found.lines] == [
        ("TEE-BLK-M", 1), ("TEE-BLK-L", 1),
    ]  # fmt: skip
    assert found.fulfilment is Fulfilment.PARTIAL
    assert [refund.amount for refund in found.refunds] == [Decimal("15.00")]


def test_an_order_that_cost_nothing_needs_no_second_reading() -> None:
    raw = body("orders__zero_total")
    assert orders.is_whole(raw)
    found = order(raw)
    check_order(found)
    assert (found.total, found.payments, found.lines_total) == (0, (), 0)


def test_what_went_back_is_taken_off_the_payment_it_came_from() -> None:
    found = order(body("orders__gift_card_tender_and_refund"))
    assert [(paid.key, paid.gateway, paid.amount) for paid in found.payments] == [
        ("7001", "gift_card", Decimal("10.00")),
        ("7004", "shopify_payments", Decimal("18.00")),
        ("7005", "shopify_payments", Decimal("12.00")),
    ]
    assert found.paid_total == found.total


def test_a_draft_waits_until_it_is_paid() -> None:
    raw = body("orders__paid_with_discount") | {"source_name": "shopify_draft_order"}
    order(raw)
    raw["financial_status"] = "pending"
    with pytest.raises(Skipped, match="not paid yet"):
        order(raw)
    assert order(raw, draft_orders="always").payment is PaymentState.PENDING
    assert order({**raw, "source_name": "web"}).payment is PaymentState.PENDING


def test_a_word_for_shipping_that_nobody_knows_stops_the_order() -> None:
    raw = body("orders__paid_with_discount") | {"fulfillment_status": "teleported"}
    with pytest.raises(Rejected, match="teleported"):
        order(raw)


def test_quantity_edited_without_a_refund_takes_its_share() -> None:
    raw = body("orders__partly_refunded")
    raw["refunds"] = []
    (line,) = order(raw).lines
    assert (line.quantity, line.discount, line.tax) == (2, Decimal("0.67"), Decimal("1.59"))


def test_tip_is_counted_once() -> None:
    found = order(body("orders__guest_tip_duty_gift_card"))
    check_order(found)
    assert (found.tip_total, found.duty_total) == (Decimal("3.00"), Decimal("2.10"))
    assert [(line.title, line.is_gift_card, line.sku) for line in found.lines] == [
        ("Gift Card", True, ""),
        ("Enamel Mug - Black - S", False, ""),
    ]
    assert (found.customer, found.billing, found.shipping) == (None, None, None)
    assert (found.state, found.taxes_included) == (OrderState.CLOSED, True)


def test_line_that_merely_resembles_a_tip_stays() -> None:
    raw = body("orders__guest_tip_duty_gift_card_graphql")
    raw["lineItems"]["nodes"][2]["originalUnitPriceSet"]["shopMoney"]["amount"] = "4.0"
    assert len(order(raw).lines) == 3


def test_cancelled_order_has_nothing_left() -> None:
    found = order(body("orders__cancelled"))
    check_order(found)
    assert (found.state, found.payment) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    assert (found.lines, found.total, found.payments) == ((), Decimal("0.00"), ())


def test_several_gateways_are_told_apart_by_transactions() -> None:
    found = order(body("orders__two_gateways_graphql"))
    assert [(p.gateway, p.amount, p.transaction_id) for p in found.payments] == [
        ("gift_card", Decimal("50.00"), "8800011"),
        ("shopify_payments", Decimal("79.00"), "8800013"),
    ]
    assert found.paid_total == found.total


def test_several_gateways_without_transactions_are_not_guessed() -> None:
    raw = body("orders__paid_with_discount") | {"payment_gateway_names": ["a", "b"]}
    with pytest.raises(Rejected) as caught:
        order(raw)
    assert caught.value.field == "payment_gateway_names"


def test_partly_paid_order_carries_what_came() -> None:
    raw = body("orders__paid_with_discount")
    raw |= {"financial_status": "partially_paid", "total_outstanding": "100.00"}
    (payment,) = order(raw).payments
    assert payment.amount == Decimal("27.47")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", PaymentState.PENDING),
        ("authorized", PaymentState.AUTHORISED),
        ("partially_paid", PaymentState.PARTIALLY_PAID),
        ("paid", PaymentState.PAID),
        ("partially_refunded", PaymentState.PARTIALLY_REFUNDED),
        ("refunded", PaymentState.REFUNDED),
        ("voided", PaymentState.VOIDED),
    ],
)
def test_every_payment_state_is_known(word: str, state: PaymentState) -> None:
    found = order(body("orders__paid_with_discount") | {"financial_status": word})
    assert found.payment is state
    graphql = body("orders__paid_with_discount_graphql")
    assert order(graphql | {"displayFinancialStatus": word.upper()}).payment is state


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"financial_status": "expired"}, "financial_status"),
        ({"financial_status": None}, "financial_status"),
        ({"currency": None}, "currency"),
        ({"updated_at": None}, "updated_at"),
        ({"id": None}, "id"),
        ({"line_items": [{"id": 1, "price": "1.00"}]}, "line_items[0].quantity"),
        ({"line_items": [{"id": 1, "quantity": 1}]}, "line_items[0].price"),
    ],
)
def test_missing_and_unknown_values_are_named(change: dict, field: str) -> None:
    with pytest.raises(Rejected) as caught:
        order(body("orders__paid_with_discount") | change)
    assert caught.value.field == field


def test_test_order_is_left_out_unless_wanted() -> None:
    raw = body("orders__paid_with_discount") | {"test": True}
    with pytest.raises(Skipped, match="test order"):
        order(raw)
    assert order(raw, skip_test_orders="no").is_test


def test_amounts_are_those_of_the_shop_not_of_the_buyer() -> None:
    raw = body("orders__paid_with_discount")
    raw["line_items"][0]["price_set"]["presentment_money"] = {
        "amount": "17.00",
        "currency_code": "EUR",
    }
    assert order(raw).lines[0].unit_price == Decimal("19.00")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "total", "discount", "customer"),
    [
        ("orders_create.recorded-1.json", "304.00", "15.00", "8658316394796"),
        ("orders_create.recorded-2.json", "304.00", "5.00", ""),
    ],
)
def test_recorded_bodies_add_up(file: str, total: str, discount: str, customer: str) -> None:
    if not SHARED.exists():
        pytest.skip("the recorded bodies are not beside the repository")
    found = order(json.loads((SHARED / file).read_text("utf-8"), parse_float=Decimal))
    check_order(found)
    assert (found.total, found.currency) == (Decimal(total), "HKD")
    assert sum(line.discount for line in found.lines) == Decimal(discount)
    assert found.paid_total == Decimal(total)
    assert (found.customer.key if found.customer else "") == customer


@pytest.mark.shared
def test_documentation_sample_is_a_test_order_that_adds_up() -> None:
    file = SHARED / "orders_create.docs-2026-07.json"
    if not file.exists():
        pytest.skip("the documentation sample is not beside the repository")
    raw = json.loads(file.read_text("utf-8"), parse_float=Decimal)
    with pytest.raises(Skipped):
        order(raw)
    found = order(raw, skip_test_orders="no")
    check_order(found)
    assert (found.total, found.shipping_total) == (Decimal("414.95"), Decimal("0.00"))
    assert found.state is OrderState.CANCELLED


# --- reading and polling -------------------------------------------------------------------------


def _paged(raw: dict[str, Any], more: bool) -> dict[str, Any]:
    made = copy.deepcopy(raw)
    made["lineItems"]["pageInfo"] = {"hasNextPage": more, "endCursor": "lines-1"}
    return made


def _json(raw: Any) -> Any:
    return json.loads(json.dumps(raw, default=str))


def test_read_follows_the_lines_of_a_long_order() -> None:
    raw = _json(body("orders__paid_with_discount_graphql"))
    first, second = raw["lineItems"]["nodes"]
    head = _paged(raw, True)
    head["lineItems"]["nodes"] = [first]
    tail = {"nodes": [second], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    with small_shop(OrderOne={"order": head}, OrderLines={"order": {"lineItems": tail}}) as shop:
        found = orders.read(client(shop), ["5500000000000000001"])
    assert shop.sent("OrderOne") == [{"id": "gid://shopify/Order/5500000000000000001"}]
    payload = found["5500000000000000001"]
    assert payload is not None
    assert order(dict(payload)) == order(body("orders__paid_with_discount"))


def test_order_that_is_gone_is_none() -> None:
    answer = {"data": {"order": None}}
    with small_shop(OrderOne=answer) as shop:
        assert orders.read(client(shop), ["9"]) == {"9": None}


def test_hidden_field_stops_a_read() -> None:
    answer = {
        "data": {"order": {"customer": None}},
        "errors": [
            {
                "message": "Access denied",
                "path": ["order", "customer"],
                "extensions": {
                    "code": "ACCESS_DENIED",
                    "requiredAccess": "`read_customers` access scope.",
                },
            }
        ],
    }
    with small_shop(OrderOne=answer) as shop, pytest.raises(NeedsOwner, match="read_customers"):
        orders.read(client(shop), ["9"])


def test_first_poll_starts_a_little_before_now_since_their_clock_may_be_behind() -> None:
    with small_shop() as shop:
        page = orders.changes(client(shop), "", NOW)
    assert (page.notices, page.more, shop.calls) == ((), False, [])
    assert json.loads(page.cursor) == {"from": "2026-10-05T11:55:00Z"}


def test_poll_walks_by_time_and_looks_back_once_it_is_through() -> None:
    raw = _json(body("orders__paid_with_discount_graphql"))
    rows = [
        {**raw, "legacyResourceId": str(n), "updatedAt": f"2026-10-05T11:0{n}:00Z"}
        for n in range(4)
    ]

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        since = given["q"].split("'")[1]
        left = [row for row in rows if row["updatedAt"] >= since]
        page = {"hasNextPage": len(left) > 2, "endCursor": "c"}
        return {"orders": {"nodes": left[:2], "pageInfo": page}}

    with small_shop(OrdersPage=answer) as shop:
        opened = client(shop)
        cursor, keys = json.dumps({"from": "2026-10-05T11:00:00Z"}), []
        for _ in range(10):
            page = orders.changes(opened, cursor, NOW)
            keys += [notice.key for notice in page.notices]
            cursor = page.cursor
            if not page.more:
                break
    assert list(dict.fromkeys(keys)) == ["0", "1", "2", "3"]
    assert len(shop.calls) == 3
    assert shop.sent("OrdersPage")[0]["q"] == "updated_at:>='2026-10-05T11:00:00Z' status:any"
    assert json.loads(cursor) == {"from": "2026-10-05T11:55:00Z"}


def test_page_of_one_second_is_followed_by_cursor() -> None:
    raw = _json(body("orders__paid_with_discount_graphql"))
    same = {**raw, "updatedAt": "2026-10-05T11:00:00Z"}

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        more = given["after"] is None
        return {"orders": {"nodes": [same], "pageInfo": {"hasNextPage": more, "endCursor": "c1"}}}

    with small_shop(OrdersPage=answer) as shop:
        opened = client(shop)
        first = orders.changes(opened, json.dumps({"from": "2026-10-05T11:00:00Z"}), NOW)
        second = orders.changes(opened, first.cursor, NOW + timedelta(minutes=9))
    assert (first.more, second.more) == (True, False)
    assert shop.sent("OrdersPage")[1]["after"] == "c1"
    # The next run looks back from the start of this one, not from its end.
    assert json.loads(second.cursor) == {"from": "2026-10-05T11:55:00Z"}


def test_costly_page_is_halved_and_remembered() -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        if given["first"] > 6:
            error = {"message": "too much", "extensions": {"code": "MAX_COST_EXCEEDED"}}
            return {"errors": [error]}
        return {"orders": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}

    with small_shop(OrdersPage=answer) as shop:
        opened = client(shop)
        for _ in range(2):
            orders.changes(opened, json.dumps({"from": "2026-10-05T11:00:00Z"}), NOW)
    assert [sent["first"] for sent in shop.sent("OrdersPage")] == [25, 12, 6, 6]
