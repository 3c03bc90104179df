"""Orders: which of them are sent, articles counted once, what is kept of them, and reading them."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit import numbers
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import order_shape, orders
from integrations.connectors.magento.order_lines import SKUS
from integrations.connectors.magento.order_money import shares, spread
from integrations.connectors.magento.order_refunds import MEMOS
from integrations.connectors.magento.tests.small_store import (
    VIEWS,
    WEBSITES,
    account,
    client,
    found,
    small_store,
)
from mappings.canonical.order import Fulfilment, Order, OrderState, PaymentState, check_order
from mappings.canonical.record import InvalidRecord, Skipped

FIXTURES = Path(__file__).parents[1] / "fixtures"
SHARED = Path(__file__).parents[5] / "shared" / "data" / "magento"
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


def body(case: str) -> dict[str, Any]:
    raw = numbers.decode((FIXTURES / f"orders__{case}.json").read_bytes())
    assert isinstance(raw, dict)
    return raw


def recorded(file: str) -> Any:
    path = SHARED / file
    if not path.exists():
        pytest.skip("the recorded answers are not beside the repository")
    return numbers.decode(path.read_bytes())


def order(raw: dict[str, Any], **settings: str) -> Order:
    made = orders.normalise(Payload(raw), account(settings=settings))
    check_order(made)
    return made


# --- which orders are sent ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("pending_payment", "has not finished the payment"),
        ("payment_review", "under review"),
        ("holded", "on hold"),
        ("new", "not paid yet .banktransfer."),
    ],
)
def test_an_order_that_waits_is_left_out_with_the_reason(state: str, reason: str) -> None:
    with pytest.raises(Skipped, match=reason):
        order(body("partly_invoiced") | {"state": state})


@pytest.mark.parametrize(
    ("state", "ours"),
    [
        ("processing", OrderState.OPEN),
        ("complete", OrderState.CLOSED),
        ("closed", OrderState.CLOSED),
        ("canceled", OrderState.CANCELLED),
    ],
)
def test_every_other_state_is_known(state: str, ours: OrderState) -> None:
    assert order(body("partly_invoiced") | {"state": state}).state is ours


def test_a_state_nobody_knows_is_named() -> None:
    with pytest.raises(Rejected, match="'teleported'") as caught:
        order(body("partly_invoiced") | {"state": "teleported"})
    assert caught.value.field == "state"


def test_orders_to_be_paid_offline_are_sent_at_once_where_that_is_wished() -> None:
    raw = body("partly_invoiced") | {"state": "new", "total_paid": 0, "base_total_paid": 0}
    found = order(raw, offline_orders="at_once")
    assert (found.payment, found.payments) == (PaymentState.PENDING, ())
    raw["payment"] = {"method": "cash_in_store"}
    with pytest.raises(Skipped, match="not paid yet .cash_in_store."):
        order(raw, offline_orders="at_once")
    assert order(raw, offline_orders="at_once", offline_methods="cash_in_store, invoice_me")


def test_an_order_on_hold_is_sent_where_that_is_wished() -> None:
    assert order(body("partly_invoiced") | {"state": "holded"}, orders_on_hold="send")


def test_an_authorised_order_says_so() -> None:
    raw = body("two_currencies") | {"total_paid": 0, "base_total_paid": 0}
    raw["payment"] = {"method": "braintree", "base_amount_authorized": Decimal("69.95")}
    assert order(raw).payment is PaymentState.AUTHORISED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": None}, "state"),
        ({"entity_id": None}, "entity_id"),
        ({"updated_at": None}, "updated_at"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"base_currency_code": None}, "base_currency_code"),
        ({"base_grand_total": None}, "base_grand_total"),
        ({"items": [{"item_id": 1, "base_row_total": 1}]}, "items[0].qty_ordered"),
        ({"items": [{"item_id": 1, "parent_item_id": 9}]}, "items[0].parent_item_id"),
    ],
)
def test_missing_and_unknown_values_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as caught:
        order(body("two_currencies") | change)
    assert caught.value.field == field


def test_half_a_unit_is_not_rounded() -> None:
    raw = body("virtual_complete")
    raw["items"][0] |= {"qty_ordered": Decimal("2.5"), "is_qty_decimal": 1}
    with pytest.raises(Rejected, match="2.5 for EBOOK") as caught:
        order(raw)
    assert caught.value.field == "items[0].qty_ordered"


# --- money ----------------------------------------------------------------------------------------


def test_either_currency_can_be_booked() -> None:
    raw = body("two_currencies")
    base, chosen = order(raw), order(raw, order_currency="order")
    assert (base.total, base.currency, str(base.presentment)) == (
        Decimal("69.95"), "USD", "62.96 EUR",
    )  # fmt: skip
    assert (chosen.total, chosen.currency, chosen.presentment) == (Decimal("62.96"), "EUR", None)


def test_noise_of_json_numbers_is_no_money() -> None:
    raw = body("virtual_complete")
    raw["items"][0]["base_row_total"] = Decimal("17.999999999999996")
    assert order(raw).lines[0].net == Decimal("18.00")


def test_a_discount_that_stands_on_the_order_alone_is_shared_out() -> None:
    raw = body("mixed_product_types")
    raw |= {"base_discount_amount": -10, "base_grand_total": 155, "base_total_paid": 155}
    found = order(raw)
    assert sum(line.discount for line in found.lines) == Decimal("10.00")
    assert found.total == Decimal("155.00")


def test_an_amount_nobody_names_holds_the_order_with_its_sum() -> None:
    raw = body("virtual_complete") | {"base_grand_total": Decimal("20.00")}
    with pytest.raises(InvalidRecord, match="lines 18.00 .* the order says 20.00 USD"):
        order(raw)


def test_an_order_that_was_refunded_needs_its_credit_memos() -> None:
    raw = body("partly_refunded")
    del raw[MEMOS]
    with pytest.raises(Rejected, match="its credit memos did not come with it"):
        order(raw)


def test_rounded_pieces_add_up() -> None:
    cent = Decimal("0.01")
    thirds = [Decimal("0.3333")] * 3
    assert shares(thirds, cent) == [Decimal("0.33"), Decimal("0.34"), Decimal("0.33")]
    assert spread(Decimal("0.05"), [Decimal(1), Decimal(2)], cent) == [
        Decimal("0.02"), Decimal("0.03"),
    ]  # fmt: skip
    assert spread(Decimal(1), [Decimal(0), Decimal(0)], cent) == [Decimal(1), Decimal(0)]


# --- articles -------------------------------------------------------------------------------------


def test_articles_in_two_rows_count_once() -> None:
    found = order(body("mixed_product_types"))
    assert [(line.key, line.sku, line.unit_price) for line in found.lines] == [
        ("3", "WS12-M-Orange", Decimal("22.00")),
        ("4", "240-LV08", Decimal("18.00")),
        ("6", "24-WG082-blue", Decimal("27.00")),
        ("7", "24-WG084", Decimal("5.00")),
        ("8", "24-WG086", Decimal("17.00")),
        ("9", "24-WG088", Decimal("19.00")),
        ("10", "MH01-S-Gray", Decimal("52.00")),
    ]


def test_a_bundle_given_away_is_its_parts() -> None:
    raw = body("mixed_product_types")
    for row in raw["items"]:
        if row.get("parent_item_id") == 5 or row["item_id"] == 5:
            row["base_row_total"] = 0
    raw |= {"base_grand_total": 97}
    assert [line.key for line in order(raw).lines] == ["3", "4", "6", "7", "8", "9", "10"]


def test_goods_leave_by_the_parent_or_by_the_parts() -> None:
    raw = body("mixed_product_types")
    for row in raw["items"]:
        row["qty_shipped"] = row["qty_ordered"] if row["item_id"] in (3, 10) else 0
    assert order(raw).fulfilment is Fulfilment.PARTIAL
    by_parts = copy.deepcopy(raw)
    for row in by_parts["items"]:
        if row["item_id"] in (6, 7, 8, 9):
            row["qty_shipped"] = 1
    assert order(by_parts).fulfilment is Fulfilment.WHOLE


# --- what is kept ---------------------------------------------------------------------------------


def test_no_card_data_is_kept() -> None:
    raw = body("tax_included_with_discount")
    raw["payment"] |= {
        "cc_number_enc": "0:3:c2VjcmV0",
        "cc_cid_status": "123",
        "cc_debug_request_body": "4111111111111111",
        "cc_exp_month": "12",
        "additional_information": ["4111111111111111", "visa"],
        "extension_attributes": {"vault_payment_token": {"gateway_token": "tok-1"}},
    }
    raw["extension_attributes"]["payment_additional_info"] = [{"key": "cc", "value": "4111"}]
    kept = order_shape.kept(raw)
    assert set(kept["payment"]) == {"method", "cc_type", "cc_last4", "last_trans_id"}
    text = json.dumps(kept, default=str)
    assert not [word for word in ("4111111", "c2VjcmV0", "tok-1", "cc_exp") if word in text]
    assert order(kept) == order(raw)
    assert order_shape.kept(kept) == kept


def test_no_gift_card_number_is_kept() -> None:
    kept = order_shape.kept(body("gift_card_credit_points_and_fees"))
    assert "CARD-EXAMPLE" not in json.dumps(kept, default=str)
    assert len(order(kept).payments) == 4


@pytest.mark.shared
def test_recorded_order_adds_up_and_loses_nothing_but_copies() -> None:
    raw = recorded("order-mixed-product-types.json")
    with pytest.raises(Skipped, match="not paid yet .banktransfer."):
        order(raw)
    found = order(raw, offline_orders="at_once")
    assert (found.number, found.total, found.shipping_total) == (
        "000000003", Decimal(165), Decimal(5),
    )  # fmt: skip
    assert found.placed_at == datetime(2017, 8, 21, 22, 22, 19, tzinfo=UTC)
    assert found.payment is PaymentState.PENDING
    assert orders.is_whole(raw)
    kept = order_shape.kept(raw)
    assert len(json.dumps(kept, default=str)) < len(json.dumps(raw, default=str)) / 2
    assert order(kept, offline_orders="at_once") == found


@pytest.mark.shared
def test_a_model_dump_is_read_by_the_same_words() -> None:
    """Third-party modules send these. Only their ids are used, but nothing in them may trip us."""
    raw = recorded("creditmemo-model-dump-multicurrency.json")["order"]
    memo = {**recorded("creditmemo-model-dump-multicurrency.json")["creditmemo"], "entity_id": "9"}
    memo["items"] = [{"order_item_id": "5", "qty": "1.0000", "base_row_total": "29.0000"}]
    found = order({**raw, MEMOS: [memo]})
    assert (found.currency, str(found.presentment), found.total) == ("USD", "68 UGX", 0)
    assert found.shipping is not None
    assert found.shipping.lines == ("123 Oak Ave",)
    assert [one.amount for one in found.refunds] == [Decimal(34)]


# --- reading --------------------------------------------------------------------------------------


def test_read_brings_the_credit_memos_of_a_refunded_order() -> None:
    raw = json.loads(json.dumps(body("partly_refunded"), default=float))
    memos = raw.pop(MEMOS)
    answers = {
        "GET /V1/orders/26": raw,
        "GET /V1/orders/27": (404, {"message": "The entity that was requested doesn't exist."}),
        "GET /V1/creditmemos": found(*memos),
    }
    with small_store(answers) as store:
        read = orders.read(client(store), ["26", "27", "not-a-number"])
    assert (read["27"], read["not-a-number"]) == (None, None)
    assert read["26"] is not None
    assert order(dict(read["26"])) == order(body("partly_refunded"))
    assert [call for call in store.calls() if "creditmemos" in call] == ["GET /V1/creditmemos"]


def test_read_looks_up_skus_that_options_made_longer() -> None:
    raw = json.loads(json.dumps(body("guest_fixed_bundle_and_options"), default=float))
    skus = raw.pop(SKUS)
    ((number, sku),) = skus.items()
    answers = {
        "GET /V1/orders/23": raw,
        "GET /V1/products": found({"id": int(number), "sku": sku}),
    }
    with small_store(answers) as store:
        read = orders.read(client(store), ["23"])["23"]
    assert read is not None
    assert read[SKUS] == skus
    assert not orders.is_whole(raw)


def test_without_the_right_to_see_products_the_longer_sku_stands() -> None:
    raw = json.loads(json.dumps(body("guest_fixed_bundle_and_options"), default=float))
    del raw[SKUS]
    words = "The consumer isn't authorized to access %resources."
    refused = {"message": words, "parameters": {"resources": "Magento_Catalog::products"}}
    with small_store({"GET /V1/orders/23": raw, "GET /V1/products": (401, refused)}) as store:
        read = orders.read(client(store), ["23"])["23"]
    assert read is not None
    assert [line.sku for line in order(dict(read)).lines] == ["KIT-1", "MUG-ENGRAVED"]


def test_a_poll_brings_whole_orders_and_names_those_to_be_read() -> None:
    plain = json.loads(json.dumps(body("two_currencies"), default=float))
    refunded = json.loads(json.dumps(body("partly_refunded"), default=float))
    refunded.pop(MEMOS)
    bare = plain | {"entity_id": 40, "extension_attributes": []}
    with small_store({"GET /V1/orders": found(plain, refunded, bare)}) as store:
        opened = client(store)
        first = orders.changes(opened, "", NOW)
        page = orders.changes(opened, first.cursor, NOW)
    assert first.notices == ()
    assert [(one.key, one.payload is None) for one in page.notices] == [
        ("22", False), ("26", True), ("40", True),
    ]  # fmt: skip
    assert page.notices[0].version == "2026-03-02T15:04:05Z"


def test_orders_of_another_website_are_left_out_unless_wanted() -> None:
    raw = json.loads(json.dumps(body("two_currencies"), default=float)) | {"store_id": 2}
    answers = {
        "GET /V1/orders/22": raw,
        "GET /V1/store/storeViews": [*VIEWS, {"id": 2, "code": "uk_en", "website_id": 2}],
        "GET /V1/store/websites": [*WEBSITES, {"id": 2, "code": "uk"}],
    }
    with small_store(answers) as store:
        here = orders.read(client(store), ["22"])["22"]
        there = orders.read(client(store, settings={"website": "uk"}), ["22"])["22"]
    assert here is not None
    assert there is not None
    with pytest.raises(Skipped, match="an order of the website uk"):
        order(dict(here))
    assert order(dict(here), orders_of="all") == order(dict(there))


def test_an_order_of_a_website_that_was_made_meanwhile_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("integrations.connectors.magento.client._LOOK_AGAIN", 0)
    raw = json.loads(json.dumps(body("two_currencies"), default=float)) | {"store_id": 2}
    with small_store({"GET /V1/orders/22": raw}) as store:
        opened = client(store)
        assert [row["code"] for row in opened.shape.websites] == ["admin", "base"]
        store.answers["GET /V1/store/storeViews"] = [
            *VIEWS, {"id": 2, "code": "uk_en", "website_id": 2},
        ]  # fmt: skip
        store.answers["GET /V1/store/websites"] = [*WEBSITES, {"id": 2, "code": "uk"}]
        there = orders.read(opened, ["22"])["22"]
    with pytest.raises(Skipped, match="an order of the website uk"):
        order(dict(there or {}))


def test_newest_come_first_and_bring_their_ids_alone() -> None:
    rows = [{"entity_id": 9}, {"entity_id": 7}]
    with small_store({"GET /V1/orders": found(*rows)}) as store:
        assert orders.newest(client(store), 2) == ["9", "7"]
    (asked,) = store.asked
    assert "DESC" in str(asked.query)
