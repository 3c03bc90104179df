"""Webhooks in: is it theirs, and what does it say; webhooks out: keep the subscriptions right.

Shopify: Verify webhook deliveries; Ignore duplicate webhooks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.connector_kit.base import Account, Notice, Subscription, WebhookRequest
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Unsupported
from integrations.connector_kit.numbers import decode
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.orders import is_whole
from integrations.connectors.shopify.polling import version
from integrations.connectors.shopify.user_errors import refuse, user_errors
from mappings.canonical.record import Entity

Body = Mapping[str, Any]
_Said = tuple[Entity, str, str, Body | None]
"""Entity, key, version and, when the body says all we need, the body."""


def verify(request: WebhookRequest, account: Account) -> None:
    """Raises NotTheirs unless the body is signed with the app's secret for this shop.

    After a change of the secret Shopify may sign with the old one for an hour, so both are taken.
    """
    given = request.headers.get("x-shopify-hmac-sha256", "").encode()
    secrets = [account.credentials.get(name, "") for name in _SECRETS]
    # Every secret is tried, whatever the first one gave, so that time tells nothing.
    matches = [hmac.compare_digest(given, _signature(secret, request.body)) for secret in secrets]
    if not any(match and secret for match, secret in zip(matches, secrets, strict=True)):
        raise NotTheirs("The webhook is not signed with the app's secret.")
    # The signature covers the body only; without this a body could be sent on to another shop.
    expected = account.setting("shop_domain").lower()
    named = request.headers.get("x-shopify-shop-domain", "").lower()
    if expected and named != expected:
        raise NotTheirs("The webhook comes from another shop.")


_SECRETS = ("client_secret", "previous_client_secret")


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def notices(request: WebhookRequest) -> list[Notice]:
    """What a webhook says changed.

    Raises NotTheirs when the body is no JSON object, Unsupported for a topic this connector does
    not carry, NeedsOwner when the app was uninstalled.
    """
    topic = request.headers.get("x-shopify-topic", "")
    body = _body(request.body)
    if topic == "app/uninstalled":
        raise NeedsOwner(
            "The app was uninstalled in Shopify; connect the shop again.",
            at=_instant(request.headers.get("x-shopify-triggered-at", "")),
        )
    if topic not in _READERS:
        raise Unsupported(f"Shopify topic {topic!r} is not carried.")
    try:
        said = _READERS[topic](body)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        # ArithmeticError: a time of change beyond the calendar.
        raise NotTheirs(f"The body is not that of {topic}.", status=400) from None
    event = request.headers.get("x-shopify-event-id", "")
    return [
        Notice(
            entity=entity,
            key=key,
            topic=topic,
            # One event on a product speaks of several records; each needs a name of its own.
            event=f"{event}:{key}" if event and len(said) > 1 else event,
            delivery=request.headers.get("x-shopify-webhook-id", ""),
            version=changed,
            occurred_at=_instant(request.headers.get("x-shopify-triggered-at", "")),
            payload=payload,
        )
        for entity, key, changed, payload in said
    ]


def _body(raw: bytes) -> Body:
    try:
        found = decode(raw)
    except ValueError:
        raise NotTheirs("The body is not JSON.", status=400) from None
    if not isinstance(found, dict):
        raise NotTheirs("The body is not a JSON object.", status=400)
    return found


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (OverflowError, ValueError):
        # A header we do not depend on; its form is not promised.
        return None


def _version(body: Body) -> str:
    return version(body["updated_at"]) if body.get("updated_at") else ""


def _order(body: Body) -> list[_Said]:
    payload = body if is_whole(body) else None
    return [(Entity.ORDER, str(body["id"]), _version(body), payload)]


def _refund(body: Body) -> list[_Said]:
    # Thin: the body names neither the order as people know it nor how its shipping was refunded.
    # The order is told of too, so that a refund never overtakes the order it speaks of.
    return [
        (Entity.ORDER, str(body["order_id"]), "", None),
        (Entity.REFUND, str(body["id"]), "", None),
    ]


def _customer(body: Body) -> list[_Said]:
    # Thin: the body has no tags.
    return [(Entity.CUSTOMER, str(body["id"]), _version(body), None)]


def _product(body: Body) -> list[_Said]:
    # Thin: the body has neither cost nor tracking, and full variants only up to the hundredth.
    listed = body.get("variant_gids") or body.get("variants") or ()
    keys = dict.fromkeys(row["admin_graphql_api_id"].rpartition("/")[2] for row in listed)
    return [(Entity.PRODUCT, key, _version(body), None) for key in keys]


def _payment(body: Body) -> list[_Said]:
    # Thin: what the order had received before is told by its other transactions.
    return [(Entity.PAYMENT, str(body["id"]), "", None)]


def _level(body: Body) -> list[_Said]:
    # Thin: the body has `available` alone, and of one location.
    item = to_gid("InventoryItem", str(body["inventory_item_id"]))
    return [(Entity.INVENTORY, item, _version(body), None)]


_READERS: Mapping[str, Callable[[Body], list[_Said]]] = {
    "orders/create": _order,
    "orders/updated": _order,
    "orders/paid": _order,
    "orders/cancelled": _order,
    "order_transactions/create": _payment,
    "refunds/create": _refund,
    "customers/create": _customer,
    "customers/update": _customer,
    "products/create": _product,
    "products/update": _product,
    "inventory_levels/update": _level,
}

TOPICS = (*_READERS, "app/uninstalled")
_ENTITY = {
    "orders": Entity.ORDER,
    "order_transactions": Entity.PAYMENT,
    "refunds": Entity.REFUND,
    "customers": Entity.CUSTOMER,
    "products": Entity.PRODUCT,
    "inventory_levels": Entity.INVENTORY,
}


def subscribe(client: ShopClient, callback_url: str, entities: Collection[Entity]) -> None:
    """Creates what is missing and corrects what points elsewhere; may be called again.

    Only topics of these entities, and the end of the app: the rest would be answered and left out.
    """
    there: dict[str, list[Mapping[str, Any]]] = {}
    for row in client.rows("WebhookList", "webhookSubscriptions"):
        there.setdefault(row["topic"], []).append(row)
    for topic in TOPICS:
        if _ENTITY.get(topic.partition("/")[0]) not in {None, *entities}:
            continue
        name = topic.upper().replace("/", "_")
        rows = there.get(name, [])
        if any(row["uri"] == callback_url for row in rows):
            continue
        given = {"uri": callback_url}
        if rows:
            answer = client.run("WebhookUpdate", {"id": rows[0]["id"], "sub": given})
            refuse(answer.data["webhookSubscriptionUpdate"], f"webhook {topic}")
            continue
        variables = {"topic": name, "sub": {**given, "format": "JSON"}}
        payload = client.run("WebhookCreate", variables).data["webhookSubscriptionCreate"]
        if not _taken(payload):
            refuse(payload, f"webhook {topic}")


def _taken(payload: Mapping[str, Any]) -> bool:
    """Whether the subscription exists after all: made by another caller a moment ago."""
    return any("already been taken" in str(row.get("message")) for row in user_errors(payload))


_NAMED = {topic.upper().replace("/", "_"): topic for topic in TOPICS}


def subscriptions(client: ShopClient, callback_url: str) -> list[Subscription]:
    """Every webhook that was registered over the API; those of the app's own file are not told."""
    return [
        Subscription(
            topic=_NAMED.get(row["topic"], str(row["topic"]).lower()),
            address=str(row["uri"]),
            is_ours=row["uri"] == callback_url,
        )
        for row in client.rows("WebhookList", "webhookSubscriptions")
    ]


def unsubscribe(client: ShopClient, callback_url: str) -> int:
    """Takes away every webhook that leads to this address; answers how many."""
    ours = [
        row
        for row in client.rows("WebhookList", "webhookSubscriptions")
        if row["uri"] == callback_url
    ]
    for row in ours:
        client.run("WebhookDelete", {"id": row["id"]})
    return len(ours)
