"""Events out: which way the shop tells of changes, and keeping its subscriptions right.

Mage-OS: /V1/async_event can be added to and switched, never deleted, and a secret cannot be changed.
Adobe: /V1/eventing names the events; where they are sent to is set in Adobe's own console.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from urllib.parse import parse_qs, quote, urlsplit

from integrations.connector_kit.base import Subscription
from integrations.connector_kit.errors import NeedsOwner
from integrations.connectors.magento import events
from integrations.connectors.magento.answers import NoRoute, Refused
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.criteria import Criteria
from integrations.connectors.magento.shape import ASYNC_EVENTS, IO_EVENTS, NO_PUSH
from integrations.connectors.magento.webhooks import EVENT
from mappings.canonical.record import Entity

# Beside the event in the address: which secret the subscription was made with.
_MADE_WITH = "made"
_LISTED = Criteria(sort=(("subscription_id", "ASC"),))


def way(client: StoreClient) -> str:
    """How the shop tells of changes: a word of shape.py, as the setting wants it."""
    chosen = client.account.setting("push", "auto")
    if chosen == "auto":
        return client.shape.push
    return NO_PUSH if chosen == "poll" else chosen


def subscribe(client: StoreClient, callback_url: str, entities: Collection[Entity]) -> None:
    """Subscribes to what tells of these entities and ends what does not; may be called again.

    Where the shop cannot be told over its API, the merchant sets it up (help.md). Raises NeedsOwner
    naming what stands in the way.
    """
    chosen = way(client)
    if chosen == ASYNC_EVENTS:
        _subscribe_async(client, callback_url, entities)
    else:
        _switch_off(client, _ours(client, callback_url))
    if chosen == IO_EVENTS:
        _subscribe_io(client, entities)


def subscriptions(client: StoreClient, callback_url: str) -> list[Subscription]:
    """Those of the async events module; of Adobe's no address is told."""
    return [
        Subscription(
            topic=str(row.get("event_name") or ""),
            address=_shown(str(row.get("recipient_url") or "")),
            is_ours=_leads_to(row, callback_url),
        )
        for row in _listed(client)
        if row.get("status")
    ]


def unsubscribe(client: StoreClient, callback_url: str) -> int:
    """Switches off every subscription that leads to this address; answers how many."""
    ours = [row for row in _ours(client, callback_url) if row.get("status")]
    _switch_off(client, ours)
    return len(ours)


# --- Mage-OS async events ----------------------------------------------------------------------


def _subscribe_async(client: StoreClient, callback_url: str, entities: Collection[Entity]) -> None:
    secret = client.account.credentials.get("webhook_secret", "")
    if not secret:
        raise NeedsOwner(
            "No webhook secret is stored for Magento; connect again, then one is made."
        )
    wanted = {
        f"{callback_url}?{EVENT}={quote(name)}&{_MADE_WITH}={_mark(secret)}": name
        for name in events.wanted(events.ASYNC_EVENTS, entities)
    }
    there = {str(row.get("recipient_url")): row for row in _ours(client, callback_url)}
    _switch_off(client, [row for url, row in there.items() if url not in wanted])
    for url, name in wanted.items():
        row = there.get(url)
        if row is None:
            given = {
                "event_name": name,
                "recipient_url": url,
                "verification_token": secret,
                "metadata": "http",
            }
            client.send("POST", "async_event", body={"asyncEvent": given}, secret=True)
        elif not row.get("status"):
            _switch(client, row, on=True)


def _ours(client: StoreClient, callback_url: str) -> list[Row]:
    """One of each address: a lost answer may have left two of one."""
    rows = [row for row in _listed(client) if _leads_to(row, callback_url)]
    kept: dict[str, Row] = {}
    for row in rows:
        other = kept.setdefault(str(row.get("recipient_url")), row)
        if other is not row and row.get("status"):
            _switch(client, row, on=False)
    return list(kept.values())


def _listed(client: StoreClient) -> list[Row]:
    try:
        return list(client.everything("async_events", _LISTED))
    except NoRoute:
        return []


def _leads_to(row: Row, callback_url: str) -> bool:
    return str(row.get("recipient_url") or "").partition("?")[0] == callback_url


def _switch_off(client: StoreClient, rows: Collection[Row]) -> None:
    for row in rows:
        if row.get("status"):
            _switch(client, row, on=False)


def _switch(client: StoreClient, row: Row, *, on: bool) -> None:
    name = row["subscription_id"]
    body = {"asyncEvent": {"subscription_id": name, "status": on}}
    client.put(f"async_event/{name}", body)


def _mark(secret: str) -> str:
    """Tells two secrets apart without telling either."""
    return hashlib.sha256(f"clarity:{secret}".encode()).hexdigest()[:10]


def _shown(address: str) -> str:
    """The address without the mark."""
    event = parse_qs(urlsplit(address).query).get(EVENT, [""])[0]
    plain = address.partition("?")[0]
    return f"{plain}?{EVENT}={event}" if event else plain


# --- Adobe I/O Events --------------------------------------------------------------------------


def _subscribe_io(client: StoreClient, entities: Collection[Entity]) -> None:
    """Magento 2.4.7 and newer; before, the merchant names the events on the shop's server."""
    wanted: Mapping[str, tuple[str, ...]] = events.wanted(events.IO_EVENTS, entities)
    for name, fields in wanted.items():
        given = {"name": name, "fields": [{"name": field} for field in fields]}
        try:
            client.post("eventing/eventSubscribe", {"event": given, "force": False})
        except NoRoute:
            raise NeedsOwner(
                "This Magento cannot be subscribed to over its API. On its server, run for each"
                f" event: bin/magento events:subscribe {name} "
                + " ".join(f"--fields={field}" for field in fields)
            ) from None
        except Refused as error:
            if "already" not in error.words.lower():
                raise
