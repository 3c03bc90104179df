"""Calls by which a client subscribes to events: of the async events module, and of Adobe's."""

from __future__ import annotations

from typing import Any

from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity, required
from integrations.connectors.magento.sandbox.events.names import ASYNC_NAMES
from integrations.connectors.magento.sandbox.events.office import ASYNC, IO, Subscription
from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop

_MANAGE = "MageOS_AsyncEvents::manage"
_ADOBE = "Magento_AdobeCommerceEventsClient::event_subscriptions"
_COLUMNS = {
    "subscription_id": lambda row: row.id,
    "event_name": lambda row: row.event_name,
    "recipient_url": lambda row: row.recipient_url,
    "status": lambda row: int(row.is_on),
    "subscribed_at": lambda row: row.subscribed_at,
}


def _needs(shop: Shop, module: str) -> None:
    """A shop without the module does not know the path. Raises Refusal."""
    if shop.settings.events != module:
        raise Refusal("Request does not match any route.", status=404)


def _body(row: Subscription) -> dict[str, Any]:
    """The token is kept hashed and never shown."""
    return {
        "subscription_id": row.id,
        "event_name": row.event_name,
        "recipient_url": row.recipient_url,
        "status": row.is_on,
        "subscribed_at": row.subscribed_at,
        "metadata": row.metadata,
    }


def _subscribe(shop: Shop, call: Call) -> dict[str, Any]:
    _needs(shop, ASYNC)
    sent = call.part("asyncEvent")
    for name in ("event_name", "recipient_url", "verification_token"):
        if not sent.get(name):
            raise required(name)
    if sent["event_name"] not in ASYNC_NAMES:
        raise Refusal("No event with the name %1 is configured.", parameters=[sent["event_name"]])
    made = Subscription(
        id=shop.next_id("async_event"),
        event_name=str(sent["event_name"]),
        recipient_url=str(sent["recipient_url"]),
        verification_token=str(sent["verification_token"]),
        subscribed_at=shop.now(),
        metadata=str(sent.get("metadata") or "http"),
    )
    shop.events.subscriptions[made.id] = made
    return _body(made)


def _change(shop: Shop, call: Call) -> dict[str, Any]:
    """The address and whether it is on; the token stays."""
    _needs(shop, ASYNC)
    sent = call.part("asyncEvent")
    found = shop.events.subscriptions.get(call.number("id"))
    if found is None:
        raise no_such_entity("subscription_id", call.params["id"])
    if sent.get("status") is not None:
        found.is_on = bool(sent["status"])
    if sent.get("recipient_url"):
        found.recipient_url = str(sent["recipient_url"])
    return _body(found)


def _list(shop: Shop, call: Call) -> dict[str, Any]:
    _needs(shop, ASYNC)
    return listing(call, shop.events.subscriptions.values(), _COLUMNS, _body)


def _ask(shop: Shop, call: Call) -> None:
    _needs(shop, IO)
    sent = call.part("event")
    name = str(sent.get("name") or "")
    if not name or not sent.get("fields"):
        raise required("name" if not name else "fields")
    values = call.values()
    if name in shop.events.wanted and not values.get("force"):
        raise Refusal(f'Event "{name}" is already subscribed.')
    shop.events.wanted[name] = {
        "parent": "",
        "rules": [],
        "destination": "default",
        "priority": False,
        "hipaa_audit_required": False,
        "provider_id": "default",
        **sent,
    }


def _asked(shop: Shop, _call: Call) -> list[dict[str, Any]]:
    _needs(shop, IO)
    return list(shop.events.wanted.values())


def _end(shop: Shop, call: Call) -> None:
    _needs(shop, IO)
    if shop.events.wanted.pop(call.params["name"], None) is None:
        raise Refusal(f'Event "{call.params["name"]}" is not subscribed.')


ROUTES = (
    Route("POST", "async_event", _subscribe, _MANAGE),
    Route("PUT", "async_event/{id}", _change, _MANAGE),
    Route("GET", "async_events", _list, _MANAGE),
    Route("POST", "eventing/eventSubscribe", _ask, _ADOBE),
    Route("GET", "eventing/getEventSubscriptions", _asked, _ADOBE),
    Route("POST", "eventing/eventUnsubscribe/{name}", _end, _ADOBE),
)
