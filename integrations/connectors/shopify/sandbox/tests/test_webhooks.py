"""Webhooks: signature, topics, repetition, trouble on demand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

from integrations.connectors.shopify.sandbox.tests.conftest import Account, ShopReceiver


def _subscribe(
    account: Account, operations: dict[str, str], topic: str, uri: str, **more: Any
) -> Any:
    variables = {"topic": topic, "sub": {"uri": uri, "format": "JSON", **more}}
    return account.data(operations["WebhookCreate"], variables)["webhookSubscriptionCreate"]


def _listed(account: Account, operations: dict[str, str]) -> list[Any]:
    return list(account.data(operations["WebhookList"])["webhookSubscriptions"]["nodes"])


def test_signature_and_headers(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    _subscribe(account, operations, "ORDERS_CREATE", receiver.url)
    account.order()
    got = receiver.wait(1)[0]
    expected = base64.b64encode(
        hmac.new(account.client_secret.encode(), got.body, hashlib.sha256).digest()
    ).decode()
    assert got.headers["x-shopify-hmac-sha256"] == expected
    assert got.headers["x-shopify-topic"] == "orders/create"
    assert got.headers["x-shopify-shop-domain"] == f"{account.name}.myshopify.com"
    assert got.headers["x-shopify-api-version"] == "2026-10"
    for name in ("webhook-id", "event-id", "triggered-at"):
        assert got.headers[f"x-shopify-{name}"]


def test_an_order_fires_all_its_topics(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    for topic in (
        "ORDERS_CREATE",
        "ORDERS_PAID",
        "INVENTORY_LEVELS_UPDATE",
        "CUSTOMERS_CREATE",
        "PRODUCTS_UPDATE",
    ):
        assert _subscribe(account, operations, topic, receiver.url)["userErrors"] == []
    account.order(paid=True, lines_exact=[{"sku": "TEE-BLK-S", "quantity": 2}])
    receiver.wait(5)
    assert receiver.topics() == [
        "customers/create",
        "inventory_levels/update",
        "orders/create",
        "orders/paid",
        "products/update",
    ]
    level = next(
        entry.json
        for entry in receiver.got
        if entry.headers["x-shopify-topic"] == "inventory_levels/update"
    )
    assert level["available"] == account.stock("TEE-BLK-S")["available"]
    assert set(level) == {
        "inventory_item_id",
        "location_id",
        "available",
        "updated_at",
        "admin_graphql_api_id",
    }


def test_two_subscriptions_share_the_event(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    _subscribe(account, operations, "ORDERS_CREATE", receiver.url)
    _subscribe(account, operations, "ORDERS_CREATE", f"{receiver.url}/two", name="second")
    account.order()
    got = receiver.wait(2)
    assert len({entry.headers["x-shopify-event-id"] for entry in got}) == 1
    assert len({entry.headers["x-shopify-webhook-id"] for entry in got}) == 2
    assert [entry.headers.get("x-shopify-name") for entry in got].count("second") == 1


def test_refused_delivery_is_repeated_with_the_same_body(
    open_account: Callable[..., Account], receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    account = open_account(retry_delay=0.02)
    receiver.answers = [500, 302]
    _subscribe(account, operations, "ORDERS_CREATE", receiver.url)
    account.order()
    got = receiver.wait(3)
    assert len({entry.body for entry in got}) == 1
    assert len({entry.headers["x-shopify-webhook-id"] for entry in got}) == 1
    assert len(_listed(account, operations)) == 1


def test_subscription_goes_after_eight_failed_repetitions(
    open_account: Callable[..., Account], receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    account = open_account(retry_delay=0.002)
    receiver.answers = [503] * 50
    _subscribe(account, operations, "ORDERS_CREATE", receiver.url)
    account.order()
    receiver.wait(9)
    until = time.monotonic() + 5
    while _listed(account, operations) and time.monotonic() < until:
        time.sleep(0.02)
    assert _listed(account, operations) == []
    assert len(receiver.got) == 9


def test_duplicates_and_drops_on_demand(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    _subscribe(account, operations, "ORDERS_CREATE", receiver.url)
    account.control("POST", "/faults", {"kind": "duplicate_webhooks", "match": "orders/create"})
    account.order()
    got = receiver.wait(2)
    assert len({entry.headers["x-shopify-webhook-id"] for entry in got}) == 1
    account.control("POST", "/faults", {"kind": "drop_webhooks"})
    account.order()
    account.order()
    receiver.wait(3)
    time.sleep(0.1)
    assert [entry.json["name"] for entry in receiver.got] == ["#1001", "#1001", "#1003"]
    assert account.control("GET", "/log").json["webhooks"]["dropped"] == 1


def test_shuffled_webhooks_all_arrive(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    _subscribe(account, operations, "ORDERS_CREATE", receiver.url)
    fault = {"kind": "shuffle_webhooks", "value": 0.3, "times": -1}
    account.control("POST", "/faults", fault)
    account.order(count=12)
    names = [entry.json["name"] for entry in receiver.wait(12)]
    assert sorted(names) == [f"#{number}" for number in range(1001, 1013)]
    assert names != sorted(names)


def test_recorded_refusals_of_addresses(
    account: Account, operations: dict[str, str], recorded: Callable[[str], Any]
) -> None:
    cases = recorded("2026-04.webhook-subscription-scheme-allowlist")["cases"]
    for name in ("createFtpSchemeRejected", "createWsSchemeRejected", "createBareHttpsInvalid"):
        case = cases[name]
        uri = case["variables"]["webhookSubscription"]["uri"]
        expected = case["response"]["payload"]["data"]["webhookSubscriptionCreate"]
        assert _subscribe(account, operations, "SHOP_UPDATE", uri) == expected, name
    first = _subscribe(account, operations, "ORDERS_PAID", "https://example.com/a")
    again = _subscribe(account, operations, "ORDERS_PAID", "https://example.com/a")
    assert first["webhookSubscription"]["apiVersion"] == {"handle": "2026-10"}
    assert again["userErrors"] == [
        {
            "field": ["webhookSubscription", "callbackUrl"],
            "message": "Address for this topic has already been taken",
        }
    ]


def test_update_delete_and_included_fields(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    made = _subscribe(account, operations, "ORDERS_CREATE", "https://example.com/hooks")
    identifier = made["webhookSubscription"]["id"]
    values = {"uri": receiver.url, "includeFields": ["id", "updated_at"]}
    done = account.data(operations["WebhookUpdate"], {"id": identifier, "sub": values})
    assert done["webhookSubscriptionUpdate"]["userErrors"] == []
    account.order()
    assert set(receiver.wait(1)[0].json) == {"id", "updated_at"}
    gone = account.data(operations["WebhookDelete"], {"id": identifier})
    assert gone["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"] == identifier
    again = account.data(operations["WebhookDelete"], {"id": identifier})
    assert again["webhookSubscriptionDelete"]["userErrors"] == [
        {"field": ["id"], "message": "Webhook subscription does not exist"}
    ]


def test_shipping_paying_and_cancelling_tell(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    first = account.order(paid=False)[0]["id"]
    second = account.order(paid=True)[0]["id"]
    for topic in ("ORDERS_PAID", "ORDERS_CANCELLED", "ORDERS_FULFILLED", "FULFILLMENTS_CREATE"):
        _subscribe(account, operations, topic, receiver.url)
    account.control("POST", f"/orders/{first}/pay")
    account.control("POST", f"/orders/{first}/cancel")
    variables = {"id": f"gid://shopify/Order/{second}"}
    order = account.data(operations["OrderOne"], variables)["order"]
    group = {"fulfillmentOrderId": order["fulfillmentOrders"]["nodes"][0]["id"]}
    values = {"lineItemsByFulfillmentOrder": [group], "trackingInfo": {"number": "T1"}}
    account.data(operations["FulfillmentCreate"], {"fulfillment": values})
    receiver.wait(4)
    assert receiver.topics() == [
        "fulfillments/create",
        "orders/cancelled",
        "orders/fulfilled",
        "orders/paid",
    ]
    bodies = {entry.headers["x-shopify-topic"]: entry.json for entry in receiver.got}
    assert bodies["fulfillments/create"]["tracking_numbers"] == ["T1"]
    assert bodies["fulfillments/create"]["order_id"] == second
    assert bodies["orders/fulfilled"]["fulfillment_status"] == "fulfilled"
    assert bodies["orders/cancelled"]["cancel_reason"] == "customer"
    assert bodies["orders/cancelled"]["current_total_price"] == "0.00"
    assert bodies["orders/cancelled"]["total_price"] != "0.00"


def test_uninstalling_says_so_and_kills_the_token(
    account: Account, receiver: ShopReceiver, operations: dict[str, str]
) -> None:
    _subscribe(account, operations, "APP_UNINSTALLED", receiver.url)
    account.control("POST", "/uninstall")
    assert receiver.wait(1)[0].json["myshopify_domain"] == f"{account.name}.myshopify.com"
    assert account.graphql("{ shop { name } }").status == 401
