"""Returns at the till as refunds of the shop, against the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from integrations.connector_kit.base import Account, Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.sandbox.testing import done, serving
from integrations.connectors.shopify import refund_mark
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.connector import CONNECTOR
from mappings.canonical.record import Entity, Skipped

TEE, CAP = "TEE-BLK-S", "CAP-GRY-L"
_NAMES = count(1)


@dataclass
class Shop:
    """A sandbox account with one paid order: 3 TEE at 19.00 and 1 CAP at 16.00, tax 8 %."""

    url: str
    made: dict[str, Any]
    order: dict[str, Any]

    def client(self, **settings: str) -> ShopClient:
        return ShopClient(
            Account(
                id="1",
                base_url=self.made["base_url"],
                flavour="admin",
                settings={**self.made["settings"], **settings},
                credentials=self.made["credentials"],
                private_network=True,
            )
        )

    def refunds(self) -> list[dict[str, Any]]:
        variables = {"id": f"gid://shopify/Order/{self.order['id']}"}
        order = self.client().run("RefundOrder", variables).data["order"]
        return [dict(row) for row in order["refunds"]]

    def one(self) -> dict[str, Any]:
        (row,) = self.refunds()
        gid = f"gid://shopify/Refund/{row['legacyResourceId']}"
        return dict(self.client().run("RefundOne", {"id": gid}).data["refund"])


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("shopify") as address:
        yield address


@pytest.fixture
def shop(public: str) -> Shop:
    name = f"refunds-{next(_NAMES)}"
    made = done("POST", f"{public}/_sandbox/accounts", {"name": name, "size": 8})
    cart = [{"sku": TEE, "quantity": 3}, {"sku": CAP, "quantity": 1}]
    body = {"count": 1, "paid": True, "discount": False, "lines_exact": cart}
    url = f"{public}/_sandbox/accounts/{name}"
    return Shop(url, made, done("POST", f"{url}/orders", body)["orders"][0])


def line(sku: str, quantity: int, restock: str = "NO_RESTOCK") -> dict[str, Any]:
    return {"sku": sku, "product_key": "", "quantity": quantity, "restock_type": restock}


def send(
    shop: Shop,
    lines: list[dict[str, Any]],
    total: str,
    *,
    saved: dict[str, str] | None = None,
    settings: dict[str, str] | None = None,
    **more: Any,
) -> Receipt:
    write = CONNECTOR.entities[Entity.REFUND].write
    assert write is not None
    progress = {} if saved is None else saved
    fields = {"number": "R-7", "currency": "USD", "total": Decimal(total), "lines": lines, **more}
    out = Outgoing(
        delivery_id="d-1",
        entity=Entity.REFUND,
        key="100500",
        reference="100500",
        fields=fields,
        related={"order:100321": str(shop.order["id"])},
        progress=dict(progress),
    )
    return write(shop.client(**(settings or {})), out, progress.__setitem__)


def test_a_return_is_recorded_once_and_moves_no_money(shop: Shop) -> None:
    first = send(shop, [line(TEE, 1)], "20.52")
    assert (first.outcome, first.label) == (Outcome.CREATED, "#1001")
    assert send(shop, [line(TEE, 1)], "20.52").id == first.id
    made = shop.one()
    assert (made["note"], made["transactions"]["nodes"]) == (
        "Return R-7 at the till [clarity return 100500]",
        [],
    )
    assert refund_mark.marked(made["note"]) == "100500"


def test_money_goes_back_to_the_payments_where_the_setting_says_so(shop: Shop) -> None:
    give = {"till_return_money": "give_back"}
    send(
        shop,
        [line(TEE, 1, "RETURN"), line(CAP, 1)],
        "40.80",
        settings=give,
        shipping_total=Decimal("1.00"),
        adjustment_total=Decimal("2.00"),
    )
    made = shop.one()
    (back,) = made["transactions"]["nodes"]
    assert back["amountSet"]["shopMoney"]["amount"] == "40.8"
    rows = [(row["quantity"], row["restockType"]) for row in made["refundLineItems"]["nodes"]]
    # The TEE was never shipped, which Shopify has another word for.
    assert rows == [(1, "CANCEL"), (1, "NO_RESTOCK")]
    with pytest.raises(Rejected, match="more than is left of the payments"):
        send_other(shop, [], "900.00", give)


def send_other(
    shop: Shop, lines: list[dict[str, Any]], total: str, settings: dict[str, str]
) -> Receipt:
    write = CONNECTOR.entities[Entity.REFUND].write
    assert write is not None
    out = Outgoing(
        delivery_id="d-2",
        entity=Entity.REFUND,
        key="100501",
        reference="100501",
        fields={"total": Decimal(total), "lines": lines, "adjustment_total": Decimal(total)},
        related={"order:100321": str(shop.order["id"])},
    )
    return write(shop.client(**settings), out, {}.__setitem__)


def test_an_answer_that_was_lost_makes_no_second_refund(shop: Shop) -> None:
    done("POST", f"{shop.url}/faults", {"kind": "lost_answer", "match": "RefundCreate"})
    saved: dict[str, str] = {}
    with pytest.raises(TryLater):
        send(shop, [line(TEE, 1)], "20.52", saved=saved)
    send(shop, [line(TEE, 1)], "20.52", saved=saved)
    assert len(shop.refunds()) == 1


def test_more_units_than_are_left_are_refused_by_name(shop: Shop) -> None:
    with pytest.raises(Rejected) as caught:
        send(shop, [line(TEE, 2), line(TEE, 2)], "82.08")
    assert (caught.value.field, caught.value.said) == ("lines[1].quantity", f"{TEE}: 2")
    assert shop.refunds() == []


def test_another_amount_than_the_shops_is_held_with_both(shop: Shop) -> None:
    with pytest.raises(Rejected) as caught:
        send(shop, [line(TEE, 1)], "20.00")
    assert caught.value.said == "till 20.00, Shopify 20.52, difference 0.52"
    assert shop.refunds() == []


def test_money_given_at_the_till_for_no_article_leaves_nothing_to_enter(shop: Shop) -> None:
    with pytest.raises(Skipped):
        send(shop, [], "5.00", adjustment_total=Decimal("5.00"))
    assert shop.refunds() == []
