"""Webhook subscriptions (errors as recorded)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLError

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.access import TOPIC_SCOPES
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.resolvers.listing import listed
from integrations.connectors.shopify.sandbox.graph.resolvers.shop_queries import api_version
from integrations.connectors.shopify.sandbox.graph.search import Field
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.registrations import Subscription

# Where an underscore of the enum is not a slash but part of a word.
_WORDS = (
    "inventory_levels",
    "inventory_items",
    "order_transactions",
    "tender_transactions",
    "fulfillment_events",
    "fulfillment_orders",
    "draft_orders",
    "bulk_operations",
    "customer_payment_methods",
)
_FIELDS: dict[str, Field] = {
    "id": Field("number", lambda found: found.id),
    "created_at": Field("instant", lambda found: found.created_at),
    "updated_at": Field("instant", lambda found: found.updated_at),
}
# The uri's error is still named after the field it replaced.
_PATH = ["webhookSubscription", "callbackUrl"]


def topic_name(value: str) -> str:
    """ORDERS_CREATE -> orders/create, INVENTORY_LEVELS_UPDATE -> inventory_levels/update."""
    text = value.lower()
    for word in _WORDS:
        if text.startswith(f"{word}_"):
            return f"{word}/{text[len(word) + 1 :]}"
    return text.replace("_", "/", 1)


def _enum_name(topic: str) -> str:
    return topic.replace("/", "_").upper()


def _view(call: Call) -> Callable[[Subscription], View]:
    version = api_version(call.shop.settings.webhook_version)

    def view(found: Subscription) -> View:
        return {
            "__typename": "WebhookSubscription",
            "id": gid("WebhookSubscription", found.id),
            "legacyResourceId": str(found.id),
            "topic": _enum_name(found.topic),
            "uri": found.uri,
            "callbackUrl": found.uri,
            "format": "JSON",
            "filter": found.filter,
            "includeFields": found.include_fields,
            "metafieldNamespaces": found.metafield_namespaces,
            "name": found.name,
            "apiVersion": version,
            "createdAt": clock.utc(found.created_at),
            "updatedAt": clock.utc(found.updated_at),
            "endpoint": {"__typename": "WebhookHttpEndpoint", "callbackUrl": found.uri},
        }

    return view


def _list(
    call: Call,
    query: str | None = None,
    topics: list[str] | None = None,
    uri: str | None = None,
    **_: Any,
) -> Rows:
    chosen = [
        found
        for found in call.shop.subscriptions.values()
        if (topics is None or _enum_name(found.topic) in topics) and uri in (None, found.uri)
    ]
    return listed(call, "webhookSubscriptions", chosen, _FIELDS, query, view=_view(call))


def _one(call: Call, id: str) -> View | None:  # noqa: A002
    found = call.shop.subscriptions.get(number_in(id, "WebhookSubscription"))
    return _view(call)(found) if found is not None else None


def _address_problem(call: Call, topic: str, uri: str | None, own: int | None) -> View | None:
    if not uri:
        return user_error(_PATH, "Address can't be blank")
    target = urlsplit(uri)
    # Shopify takes https only; a sandbox must also reach its callers on the same machine.
    if target.scheme not in ("http", "https"):
        return user_error(_PATH, f"Address protocol {target.scheme}:// is not supported")
    if not target.hostname:
        return user_error(_PATH, "Address is invalid")
    for found in call.shop.subscriptions.values():
        if found.topic == topic and found.uri == uri and found.id != own:
            return user_error(_PATH, "Address for this topic has already been taken")
    return None


def _create(call: Call, topic: str, webhookSubscription: dict[str, Any]) -> View:
    name = topic_name(topic)
    scope = TOPIC_SCOPES.get(name.split("/")[0])
    if scope is not None and scope not in call.shop.tokens.granted:
        raise GraphQLError(
            f"Access denied for webhookSubscriptionCreate field. Required access: `{scope}` "
            "access scope.",
            extensions={"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."},
        )
    uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl")
    problem = _address_problem(call, name, uri, None)
    if problem is not None or uri is None:
        return {"webhookSubscription": None, "userErrors": [problem]}
    moment = clock.now()
    made = Subscription(call.shop.numbers.next("WebhookSubscription"), name, uri, moment, moment)
    _apply(made, webhookSubscription)
    call.shop.subscriptions[made.id] = made
    return {"webhookSubscription": _view(call)(made), "userErrors": []}


def _apply(found: Subscription, values: dict[str, Any]) -> None:
    if "includeFields" in values:
        found.include_fields = list(values["includeFields"] or [])
    if "metafieldNamespaces" in values:
        found.metafield_namespaces = list(values["metafieldNamespaces"] or [])
    if "filter" in values:
        found.filter = values["filter"]
    if "name" in values:
        found.name = values["name"]


def _update(call: Call, id: str, webhookSubscription: dict[str, Any]) -> View:  # noqa: A002
    found = call.shop.subscriptions.get(number_in(id, "WebhookSubscription"))
    if found is None:
        error = user_error(["id"], "Webhook subscription does not exist")
        return {"webhookSubscription": None, "userErrors": [error]}
    uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or found.uri
    problem = _address_problem(call, found.topic, uri, found.id)
    if problem is not None:
        return {"webhookSubscription": None, "userErrors": [problem]}
    found.uri, found.updated_at = uri, clock.now()
    _apply(found, webhookSubscription)
    return {"webhookSubscription": _view(call)(found), "userErrors": []}


def _delete(call: Call, id: str) -> View:  # noqa: A002
    found = call.shop.subscriptions.pop(number_in(id, "WebhookSubscription"), None)
    if found is None:
        error = user_error(["id"], "Webhook subscription does not exist")
        return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
    return {"deletedWebhookSubscriptionId": id, "userErrors": []}


QUERIES: dict[str, Callable[..., Any]] = {
    "webhookSubscriptions": _list,
    "webhookSubscription": _one,
}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "webhookSubscriptionCreate": _create,
    "webhookSubscriptionUpdate": _update,
    "webhookSubscriptionDelete": _delete,
}
