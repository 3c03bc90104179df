"""Webhook registrations of both flavours: where to, and which events."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import Row

RETAIL_EVENTS = (
    "customer_created",
    "customer_updated",
    "item_created",
    "item_updated",
    "sales_transaction_completed",
    "item_grid_updated",
    "location_updated",
)
UNIFIED_EVENTS = (
    "order.created",
    "order.updated",
    "payment.succeeded",
    "inventory.updated",
    "shipment.created",
)


def create(account: Account, url: Any, events: Any, *, flavour: str) -> Row:
    """A registration. Raises a validation error for an event that is never sent."""
    thing = "Webhook"
    if urlsplit(str(url or "")).scheme not in ("http", "https"):
        raise invalid(thing, url="must be a web address")
    if not isinstance(events, list) or not events:
        raise invalid(thing, events="can't be blank")
    known = RETAIL_EVENTS if flavour == "retail" else UNIFIED_EVENTS
    unknown = [str(event) for event in events if event not in known]
    if unknown:
        raise invalid(thing, events=f"is not included in the list: {', '.join(unknown)}")
    return account.add(account.webhooks, url=str(url), events=list(events), _flavour=flavour)


def of_flavour(account: Account, flavour: str) -> list[Row]:
    return [row for row in account.webhooks.values() if row["_flavour"] == flavour]


def wanting(account: Account, flavour: str, event: str) -> list[Row]:
    return [row for row in of_flavour(account, flavour) if event in row["events"]]
