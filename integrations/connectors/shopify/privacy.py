"""Shopify's compulsory privacy webhooks, which are set in the app and come to one address.

Shopify: Privacy law compliance. They are signed like every other webhook.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import WebhookRequest
from integrations.connector_kit.errors import NotTheirs, Unsupported
from integrations.connector_kit.numbers import decode
from integrations.connector_kit.privacy import Person, PrivacyAsk, PrivacyNotice, PrivacyPort

_ASKS = {
    "customers/data_request": PrivacyAsk.PERSON_DATA,
    "customers/redact": PrivacyAsk.ERASE_PERSON,
    "shop/redact": PrivacyAsk.ERASE_ACCOUNT,
}
TOPICS = tuple(_ASKS)


def account(request: WebhookRequest) -> str:
    """The shop as the header names it."""
    shop = request.headers.get("x-shopify-shop-domain", "").strip().lower()
    if not shop:
        raise NotTheirs("The webhook names no shop.")
    return shop


def read(request: WebhookRequest) -> PrivacyNotice:
    """What is asked. The shop in the body must be the one of the header, which is not signed."""
    topic = request.headers.get("x-shopify-topic", "")
    if topic not in _ASKS:
        raise Unsupported(f"Shopify topic {topic!r} is no privacy request.")
    body = _body(request.body)
    if str(body.get("shop_domain", "")).lower() != account(request):
        raise NotTheirs("The webhook comes from another shop.")
    event = request.headers.get("x-shopify-event-id", "")
    return PrivacyNotice(
        ask=_ASKS[topic],
        # A repeated delivery has the same body; the event id is not promised.
        name=event[:191] or hashlib.sha256(request.body).hexdigest(),
        person=_person(body),
    )


def _person(body: Mapping[str, Any]) -> Person:
    given = body.get("customer")
    customer: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    orders = body.get("orders_to_redact") or body.get("orders_requested") or ()
    return Person(
        customers=_ids([customer.get("id")]),
        orders=_ids(orders),
        email=str(customer.get("email") or "").strip(),
        phone=str(customer.get("phone") or "").strip(),
    )


def _ids(values: object) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        return ()
    return tuple(str(value) for value in values if isinstance(value, int | str) and value)


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        found = decode(raw)
    except ValueError:
        raise NotTheirs("The body is not JSON.", status=400) from None
    if not isinstance(found, dict):
        raise NotTheirs("The body is not a JSON object.", status=400)
    return found


def _app(_client_id: str, secret: str) -> Mapping[str, str]:
    return {"client_secret": secret}


PORT = PrivacyPort(setting="shop_domain", account=account, read=read, app=_app)
