"""What buyers, gateways and the merchant's people do with orders, and gift cards over REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connectors.magento.sandbox.sales import cancelling, control
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria
from integrations.connectors.magento.sandbox.tests.test_sales import placed
from integrations.connectors.magento.sandbox.tests.test_sales_money import order_of, shop_of
from integrations.connectors.magento.sandbox.tests.test_sales_rules import simple

Open = Callable[..., Account]

ACCOUNTS = (
    Path(__file__).parents[6] / "shared" / "data" / "magento" / "accs-giftcardaccounts-swagger.json"
)


def test_the_same_seed_makes_the_same_orders(open_account: Open) -> None:
    def bought() -> list[Any]:
        shop = open_account()
        made = shop.control("POST", "/orders", {"count": 5, "seed": "same"}).json["orders"]
        rows = shop.get("orders", criteria())["items"]
        assert [row["increment_id"] for row in rows] == [order["name"] for order in made]
        assert made[0]["total"] == f"{rows[0]['grand_total']:.2f}"
        return [[item["sku"] for item in row["items"]] for row in rows]

    assert bought() == bought()


def test_no_more_is_sold_than_there_is() -> None:
    shop = shop_of(size=4)
    answer = control.add_orders(shop, {"count": 5000, "paid": True})
    assert answer["refused"] == "everything is sold out"
    for article in catalogue(seed="7", size=4):
        assert shop.stock.salable(article.sku) == 0
        assert shop.stock.on_hand(article.sku) == sum(article.opening_stock)
        assert shop.stock.reserved(article.sku) == -sum(article.opening_stock)
    assert len({order.increment_id for order in shop.sales.orders.values()}) == len(
        answer["orders"]
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"lines_exact": [{"sku": "NO-SUCH"}]}, "no article has the SKU NO-SUCH"),
        ({"kind": "boat"}, "kind must be one of simple, configurable, bundle, virtual, mixed"),
        ({"discount": 5}, "discount must be true, false or a code"),
        ({"gift_card": "NO"}, "no gift card with money on it has the code NO"),
        ({"tax_rate": 8}, "tax_rate must be a fraction such as 0.0825"),
    ],
)
def test_a_wish_that_cannot_be_met_is_named(
    account: Account, wanted: dict[str, Any], said: str
) -> None:
    reply = account.control("POST", "/orders", wanted)
    assert (reply.status, reply.json) == (400, {"error": said})


def test_a_guest_has_no_account_and_a_buyer_who_comes_again_keeps_theirs(account: Account) -> None:
    guest = placed(account, guest=True)
    assert (guest["customer_is_guest"], "customer_id" in guest) == (1, False)
    assert guest["customer_email"] == guest["billing_address"]["email"]
    first, second = placed(account), placed(account)
    assert first["customer_id"] == second["customer_id"]
    shown = account.get(f"customers/{first['customer_id']}")
    assert shown["email"] == first["customer_email"]
    copied = first["billing_address"]
    assert copied["customer_address_id"] == shown["addresses"][0]["id"]
    assert copied["region"] == shown["addresses"][0]["region"]["region"]


def test_a_paid_order_is_cancelled_by_giving_all_back(account: Account) -> None:
    order = simple(account, paid=True)
    account.control("POST", f"/orders/{order['entity_id']}/cancel")
    found = account.get(f"orders/{order['entity_id']}")
    assert (found["state"], found["total_refunded"]) == ("closed", order["grand_total"])
    shipped = simple(account, paid=True)["entity_id"]
    assert account.control("POST", f"/orders/{shipped}/ship").status == 200
    reply = account.control("POST", f"/orders/{shipped}/cancel")
    assert (reply.status, reply.json["error"]) == (
        409,
        "Cannot cancel an order that has shipments",
    )
    assert account.control("POST", "/orders/1/cancel").status == 404


def test_a_person_refunds_lines_shipping_and_an_amount(account: Account) -> None:
    order = simple(account, paid=True)
    path, sku = f"/orders/{order['entity_id']}/refund", order["items"][0]["sku"]
    made = account.control("POST", path, {"lines": [{"sku": sku}], "shipping": "2.00"})
    assert made.json["total"] == "22.00"
    memo = account.get(f"creditmemo/{made.json['id']}")
    assert (memo["subtotal"], memo["shipping_amount"]) == (20, 2)
    reply = account.control("POST", path, {"lines": [{"sku": sku, "quantity": 2}]})
    assert reply.json == {"error": f"the order has no 2 of {sku} left to refund"}
    made = account.control("POST", path, {"lines": [{"sku": sku}], "amount": "19.00"})
    assert account.get(f"creditmemo/{made.json['id']}")["adjustment"] == -1


def test_a_part_is_shipped_by_hand(account: Account) -> None:
    order = simple(account, paid=True)
    path, sku = f"/orders/{order['entity_id']}/ship", order["items"][0]["sku"]
    assert account.control("POST", path, {"lines": [{"sku": sku}]}).status == 200
    assert account.get(f"orders/{order['entity_id']}")["items"][0]["qty_shipped"] == 1
    assert account.control("POST", path).status == 200
    assert account.control("POST", path).status == 409
    assert account.get("shipments", criteria())["total_count"] == 2


def test_a_gateway_authorizes_and_captures_later(account: Account) -> None:
    order = simple(account, payment="authorized")
    path = f"/orders/{order['entity_id']}/transactions"
    assert account.control("POST", path, {"kind": "capture"}).json["amount"] == "45.00"
    found = account.get(f"orders/{order['entity_id']}")
    assert (found["total_paid"], found["total_due"]) == (45, 0)
    assert account.control("POST", path, {"kind": "capture"}).status == 409
    assert account.control("POST", path, {"kind": "wish"}).status == 400


def test_each_change_moves_the_order_in_time() -> None:
    shop = shop_of()
    order = order_of(shop, paid=False)
    steps = (
        lambda: cancelling.hold(shop, order),
        lambda: cancelling.unhold(shop, order),
        lambda: control.pay(shop, {}, order.id),
        lambda: control.ship(shop, {}, order.id),
        lambda: control.refund(shop, {"amount": "1"}, order.id),
    )
    for seconds, step in enumerate(steps, start=1):
        before = order.updated_at
        shop.settings = replace(shop.settings, clock_skew=10.0 * seconds)
        step()
        assert (order.updated_at - before).total_seconds() >= 9
        assert order.updated_at.microsecond == 0


def test_gift_cards_are_those_of_the_cloud_service(open_account: Open) -> None:
    shop = open_account(edition="commerce")
    card = {"code": "GC-1", "balance": 25.5, "status": 1, "is_redeemable": 1}
    made = shop.rest("POST", "V1/giftcardaccounts", {"giftcardAccount": card})
    assert made.status == 200, made.text
    if ACCOUNTS.is_file():
        document = json.loads(ACCOUNTS.read_text())
        answer = document["paths"]["/V1/giftcardaccounts"]["post"]["responses"]["200"]["schema"]
        schema = {**answer, "definitions": document["definitions"]}
        body = {name: value for name, value in json.loads(made.text).items() if value is not None}
        Draft4Validator(schema).validate(body)
    assert shop.rest("POST", "V1/giftcardaccounts", {"giftcardAccount": card}).status == 409
    shop.control("POST", "/gift_cards/use", {"code": "GC-1", "amount": "5.50"})
    assert shop.rest("GET", "V1/giftcardaccounts/code/GC-1").json["balance"] == 20
    number = made.json["account_id"]
    change = {"giftcardAccount": {"balance": 0, "code": "OTHER"}}
    changed = shop.rest("PUT", f"V1/giftcardaccounts/{number}", change).json
    assert (changed["code"], changed["balance"], changed["state"]) == ("GC-1", 0, 1)
    found = shop.rest("GET", "V1/giftcardaccounts", query=criteria(("code", "GC-1", "eq")))
    assert found.json["total_count"] == 1
    over = shop.control("POST", "/gift_cards/use", {"code": "GC-1", "amount": "1"})
    assert over.status == 409


def test_a_card_is_asked_for_through_a_cart_where_there_are_no_accounts(
    open_account: Open,
) -> None:
    shop = open_account(edition="commerce", gift_card_accounts=False)
    shop.control("POST", "/gift_cards", {"code": "GC-2", "amount": "12.50"})
    assert shop.rest("GET", "V1/giftcardaccounts/code/GC-2").status == 404
    cart = shop.rest("POST", "V1/guest-carts").json
    path = f"carts/guest-carts/{cart}/checkGiftCard"
    assert shop.get(f"{path}/GC-2") == Decimal("12.5")
    assert shop.refused("GET", f"{path}/GC-3").status == 404
    plain = open_account()
    cart = plain.rest("POST", "V1/guest-carts").json
    assert plain.rest("GET", f"V1/carts/guest-carts/{cart}/checkGiftCard/GC-2").status == 404
