"""Whether a webhook is theirs, what it says, and the subscriptions it comes from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.connector_kit.base import WebhookRequest
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Rejected, Unsupported
from integrations.connectors.shopify.connector import CONNECTOR
from integrations.connectors.shopify.tests.small_shop import account, client, small_shop
from integrations.connectors.shopify.webhooks import TOPICS, notices, subscribe, verify
from mappings.canonical.record import Entity

SHARED = Path(__file__).parents[5] / "shared" / "data" / "shopify"
BODY = b'{"id": 5500000000000000001, "updated_at": "2026-10-03T09:15:02-05:00"}'


def request(topic: str, body: bytes | dict = BODY, secret: str = "new-secret", **more: str):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest())
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": signature.decode(),
        "x-shopify-shop-domain": "example.myshopify.com",
        "x-shopify-event-id": "event-1",
        "x-shopify-webhook-id": "delivery-1",
        "x-shopify-triggered-at": "2026-10-03T14:15:03.123Z",
    }
    return WebhookRequest(headers={**headers, **more}, query={}, body=raw)


def shop(**settings: str):
    secrets = {"client_secret": "new-secret", "previous_client_secret": "old-secret"}
    return account(credentials=secrets, settings=settings)


@pytest.mark.parametrize("secret", ["new-secret", "old-secret"])
def test_both_secrets_are_accepted(secret: str) -> None:
    verify(request("orders/create", secret=secret), shop())


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "ä", "é" * 44])
def test_bad_signature_is_refused(signature: str) -> None:
    asked = request("orders/create", **{"x-shopify-hmac-sha256": signature})
    with pytest.raises(NotTheirs) as caught:
        verify(asked, shop())
    assert caught.value.status == 401


def test_changed_body_is_refused() -> None:
    asked = request("orders/create")
    with pytest.raises(NotTheirs):
        verify(WebhookRequest(asked.headers, {}, asked.body + b" "), shop())


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(NotTheirs):
        verify(request("orders/create", secret=""), account(credentials={"client_secret": ""}))


def test_another_shop_is_refused_when_the_domain_is_set() -> None:
    verify(request("orders/create"), shop(shop_domain="Example.myshopify.com"))
    with pytest.raises(NotTheirs, match="another shop"):
        verify(request("orders/create"), shop(shop_domain="other.myshopify.com"))


def test_order_notice_carries_the_body_and_both_ids() -> None:
    (notice,) = notices(request("orders/create"))
    assert (notice.entity, notice.key) == (Entity.ORDER, "5500000000000000001")
    assert (notice.topic, notice.event, notice.delivery) == (
        "orders/create",
        "event-1",
        "delivery-1",
    )
    assert notice.version == "2026-10-03T14:15:02.000000+00:00"
    assert notice.occurred_at is not None
    assert notice.occurred_at.isoformat() == "2026-10-03T14:15:03.123000+00:00"
    assert notice.payload == {
        "id": 5500000000000000001,
        "updated_at": "2026-10-03T09:15:02-05:00",
    }


def test_numbers_keep_every_digit() -> None:
    body = b'{"id": 820982911946154508, "refunds": [{"total_tax": 0.1000000000000000055}]}'
    (notice,) = notices(request("orders/updated", body))
    assert notice.payload is not None
    assert notice.key == "820982911946154508"
    assert notice.payload["refunds"][0]["total_tax"] == Decimal("0.1000000000000000055")


@pytest.mark.parametrize("gateways", [[], ["gift_card", "shopify_payments"]])
def test_paid_order_without_exactly_one_gateway_is_read_again(gateways: list[str]) -> None:
    body = {"id": 1, "financial_status": "paid", "payment_gateway_names": gateways}
    (notice,) = notices(request("orders/paid", body))
    assert notice.payload is None


def test_product_notice_names_every_variant() -> None:
    gid = "gid://shopify/ProductVariant/"
    body = {
        "id": 1,
        "updated_at": "2026-10-03T09:15:02Z",
        "variants": [{"id": 11, "admin_graphql_api_id": f"{gid}11"}],
        "variant_gids": [
            {"admin_graphql_api_id": f"{gid}11"},
            {"admin_graphql_api_id": f"{gid}12"},
        ],
    }
    found = notices(request("products/update", body))
    assert [(n.key, n.event, n.payload) for n in found] == [
        ("11", "event-1:11", None),
        ("12", "event-1:12", None),
    ]


def test_stock_notice_names_the_inventory_item() -> None:
    body = {"inventory_item_id": 51, "location_id": 61, "available": 3, "updated_at": None}
    (notice,) = notices(request("inventory_levels/update", body))
    assert (notice.entity, notice.key) == (Entity.INVENTORY, "gid://shopify/InventoryItem/51")
    assert (notice.payload, notice.version) == (None, "")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"NaN"])
def test_body_that_is_no_object_is_not_theirs(body: bytes) -> None:
    with pytest.raises(NotTheirs) as caught:
        notices(request("orders/create", body))
    assert caught.value.status == 400


@pytest.mark.parametrize("topic", sorted(set(TOPICS) - {"app/uninstalled"}))
def test_body_without_its_key_is_not_theirs(topic: str) -> None:
    body = b'{"variants": [{}], "updated_at": "yesterday"}'
    with pytest.raises(NotTheirs) as caught:
        notices(request(topic, body))
    assert caught.value.status == 400


@pytest.mark.parametrize("topic", ["", "themes/update", "customers/redact"])
def test_other_topic_is_unsupported(topic: str) -> None:
    with pytest.raises(Unsupported):
        notices(request(topic))


def test_uninstalled_app_needs_the_owner() -> None:
    with pytest.raises(NeedsOwner, match="uninstalled"):
        notices(request("app/uninstalled"))


def test_manifest_lists_the_topics_that_are_read() -> None:
    assert tuple(CONNECTOR.manifest.topics) == TOPICS


@pytest.mark.shared
@pytest.mark.parametrize(
    ("topic", "file", "keys"),
    [
        ("orders/create", "orders_create.recorded-1.json", ["6200360403244"]),
        ("orders/create", "orders_create.docs-2026-07.json", ["820982911946154508"]),
        ("customers/update", "customers_update.docs-2026-07.json", ["706405506930370084"]),
        (
            "products/update",
            "products_update.docs-2026-07.json",
            ["757650484644203962", "642667041472713922"],
        ),
    ],
)
def test_real_bodies_are_read(topic: str, file: str, keys: list[str]) -> None:
    if not SHARED.exists():
        pytest.skip("the recorded bodies are not beside the repository")
    body = (SHARED / file).read_bytes()
    assert [notice.key for notice in notices(request(topic, body))] == keys


HERE = "https://connect.example.com/hooks/shopify/1/"


def _listed(**uris: str) -> dict:
    nodes = [{"id": f"gid://{t}", "topic": t, "uri": uri} for t, uri in uris.items()]
    return {"webhookSubscriptions": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}}


def _done(root: str, message: str = "") -> dict:
    errors = [{"field": ["webhookSubscription"], "message": message}] if message else []
    return {root: {"webhookSubscription": None if message else {"id": "x"}, "userErrors": errors}}


def test_subscribe_creates_what_is_missing_and_corrects_what_differs() -> None:
    with small_shop(
        WebhookList=_listed(
            ORDERS_CREATE=HERE, ORDERS_PAID="https://old.example.com/", THEMES_UPDATE="https://x/"
        ),
        WebhookCreate=_done("webhookSubscriptionCreate"),
        WebhookUpdate=_done("webhookSubscriptionUpdate"),
    ) as small:
        subscribe(client(small), HERE, set(Entity))
    assert small.sent("WebhookUpdate") == [{"id": "gid://ORDERS_PAID", "sub": {"uri": HERE}}]
    assert [sent["topic"] for sent in small.sent("WebhookCreate")] == [
        "ORDERS_UPDATED",
        "ORDERS_CANCELLED",
        "ORDER_TRANSACTIONS_CREATE",
        "REFUNDS_CREATE",
        "CUSTOMERS_CREATE",
        "CUSTOMERS_UPDATE",
        "PRODUCTS_CREATE",
        "PRODUCTS_UPDATE",
        "INVENTORY_LEVELS_UPDATE",
        "APP_UNINSTALLED",
    ]
    assert small.sent("WebhookCreate")[0]["sub"] == {"uri": HERE, "format": "JSON"}


def test_subscribe_again_changes_nothing() -> None:
    all_there = {topic.upper().replace("/", "_"): HERE for topic in TOPICS}
    with small_shop(WebhookList=_listed(**all_there)) as small:
        subscribe(client(small), HERE, set(Entity))
    assert small.operations() == ["WebhookList"]


def test_subscription_made_meanwhile_is_fine_and_a_bad_address_is_not() -> None:
    taken = "Address for this topic has already been taken"
    with small_shop(
        WebhookList=_listed(), WebhookCreate=_done("webhookSubscriptionCreate", taken)
    ) as small:
        subscribe(client(small), HERE, set(Entity))
        assert len(small.sent("WebhookCreate")) == len(TOPICS)
        small.answers["WebhookCreate"] = _done("webhookSubscriptionCreate", "Address is invalid")
        with pytest.raises(Rejected, match="Address is invalid"):
            subscribe(client(small), HERE, set(Entity))
