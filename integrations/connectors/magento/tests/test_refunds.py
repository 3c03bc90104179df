"""Credit memos out of the shop: what they gave back for what, and which units are back in stock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit import numbers
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import refunds
from integrations.connectors.magento.order_refunds import MEMOS
from integrations.connectors.magento.tests.small_store import (
    account,
    client,
    found,
    small_store,
)
from mappings.canonical.record import Skipped
from mappings.canonical.refund import Refund, check_refund

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
PARTIAL = "partial_with_shipping"


def body(case: str) -> dict[str, Any]:
    raw = json.loads((FIXTURES / f"refunds__{case}.json").read_text("utf-8"))
    assert isinstance(raw, dict)
    return raw


def refund(raw: dict[str, Any], **settings: str) -> Refund:
    payload = Payload(numbers.decode(numbers.encode(raw)))
    made = refunds.normalise(payload, account(settings=settings))
    check_refund(made)
    return made


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": 1}, "has not given the money back yet"),
        ({"state": 3}, "was cancelled"),
        ({"comments": [{"comment": "Return 7 [clarity return 88]"}]}, "our own record"),
    ],
)
def test_credit_memos_that_are_left_out(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Skipped, match=reason):
        refund(body(PARTIAL) | change)


@pytest.mark.parametrize(
    ("wish", "restocked"),
    [("unshipped", [(1, True), (1, False)]), ("yes", [(2, True)]), ("no", [(2, False)])],
)
def test_what_goes_back_into_stock_is_what_never_left_or_as_wished(
    wish: str, restocked: list[tuple[int, bool]]
) -> None:
    found = refund(body(PARTIAL), restock_refunds=wish)
    assert [(line.quantity, line.restock) for line in found.lines] == restocked
    assert (found.lines_total, found.total) == (Decimal("34.20"), Decimal("42.02"))


def test_an_earlier_credit_memo_has_used_up_the_units_that_never_left() -> None:
    raw = body(PARTIAL)
    earlier = json.loads(json.dumps(raw[refunds.ORDER][MEMOS][0]))
    earlier["entity_id"] = 150
    earlier["items"][0]["qty"] = 1
    raw[refunds.ORDER][MEMOS].insert(0, earlier)
    found = refund(raw, restock_refunds="unshipped")
    assert [(line.quantity, line.restock) for line in found.lines] == [(2, False)]
    assert found.number == "000000026-R2"


def test_all_of_it_as_store_credit_went_back_as_store_credit() -> None:
    raw = body("part_kept_back_tax_included")
    raw[refunds.ORDER]["extension_attributes"] |= {
        "base_customer_balance_total_refunded": 22.96,
        "customer_balance_total_refunded": 22.96,
    }
    assert [one.gateway for one in refund(raw).tenders] == ["customerbalance"]


def test_fees_are_what_remains_of_a_credit_memo_on_an_order_with_fees() -> None:
    raw = body("part_kept_back_tax_included")
    fee = {"custom_fee_code": "cod", "custom_fee_amount": 2, "base_custom_fee_amount": 2}
    raw[refunds.ORDER]["extension_attributes"]["custom_fees"] = [fee]
    raw["base_grand_total"] = raw[refunds.ORDER][MEMOS][0]["base_grand_total"] = 24.96
    found = refund(raw)
    assert (found.shipping_total, found.adjustment_total) == (Decimal("2.00"), Decimal("-4.00"))


def test_read_brings_the_order_and_its_other_credit_memos() -> None:
    wanted = body("amount_only_second")
    order = wanted.pop(refunds.ORDER)
    memos = order.pop(MEMOS)
    answers = {
        "GET /V1/creditmemo/202": wanted,
        "GET /V1/creditmemo/203": (404, {"message": "No such entity."}),
        "GET /V1/orders/26": order,
        # A list may leave out what gift cards gave back.
        "GET /V1/creditmemos": found(
            *({k: v for k, v in memo.items() if k != "extension_attributes"} for memo in memos)
        ),
    }
    with small_store(answers) as store:
        read = refunds.read(client(store), ["202", "203"])
    assert read["203"] is None
    assert refund(dict(read["202"] or {})) == refund(body("amount_only_second"))


def test_polls_name_credit_memos_to_be_read() -> None:
    with small_store({"GET /V1/creditmemos": found(body(PARTIAL))}) as store:
        opened = client(store)
        page = refunds.changes(opened, refunds.changes(opened, "", NOW).cursor, NOW)
    assert [(one.key, one.payload) for one in page.notices] == [("201", None)]
