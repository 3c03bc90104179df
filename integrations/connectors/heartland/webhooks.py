"""Webhooks of Heartland Retail: the bare resource, no envelope, no event name, no signature.

So each event gets an address of its own, with a secret in it, and a delivery is only a hint: the
record is read again before anything is done with it.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

from integrations.connector_kit.base import Account, Client, Notice, Subscription, WebhookRequest
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Unsupported
from integrations.connector_kit.numbers import decode
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.polling import version
from mappings.canonical.record import Entity

EVENTS = {
    "customer_created": Entity.CUSTOMER,
    "customer_updated": Entity.CUSTOMER,
    "item_created": Entity.PRODUCT,
    "item_updated": Entity.PRODUCT,
    "sales_transaction_completed": Entity.REFUND,
}


def verify(request: WebhookRequest, account: Account) -> None:
    """Raises NotTheirs unless the address carries the secret of this connection."""
    secret = account.credentials.get("webhook_secret", "")
    given = request.query.get("secret", "")
    if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
        raise NotTheirs("The webhook address does not carry the secret of this connection.")
    body_of(request)


def notices(request: WebhookRequest) -> Sequence[Notice]:
    """A thin notice naming the record, none of a sale. Raises Unsupported for other events."""
    event = request.query.get("event", "")
    entity = EVENTS.get(event)
    if entity is None:
        raise Unsupported(f"Heartland event {event or '(none)'} is not carried.")
    body = body_of(request)
    if entity is Entity.REFUND and str(body.get("type")).lower() != "return":
        # A sale: its stock is read from the ledger. Nothing is wrong with the call.
        return ()
    key = str(body.get("id") or "")
    if not key:
        raise NotTheirs("The webhook names no record.", status=400)
    return (Notice(entity=entity, key=key, topic=event, version=version(body)),)


def body_of(request: WebhookRequest) -> Row:
    """The body as an object. Raises NotTheirs when it is none."""
    try:
        body = decode(request.body)
    except ValueError:
        raise NotTheirs("The webhook body is not JSON.", status=400) from None
    if not isinstance(body, Mapping):
        raise NotTheirs("The webhook body is not an object.", status=400)
    return body


def subscribe(client: Client, callback_url: str, entities: Collection[Entity]) -> None:
    """Registers one address for each event of these entities, and removes all others of ours."""
    heartland = client_of(client)
    secret = heartland.account.credentials.get("webhook_secret", "")
    if not secret:
        raise NeedsOwner("No webhook secret is stored for Heartland; enter one, then reconnect.")
    wanted = {
        _address(callback_url, event, secret): event
        for event, entity in EVENTS.items()
        if entity in entities
    }
    there = list(heartland.every("/webhooks"))
    for url, event in wanted.items():
        if not any(_is(row, url, event) for row in there):
            heartland.create("/webhooks", {"url": url, "events": [event]}, what="The webhook")
    _remove_older(heartland, there, wanted, callback_url)


def _remove_older(
    client: HeartlandClient, there: Sequence[Row], wanted: Mapping[str, str], callback_url: str
) -> None:
    """Addresses of this connection with an old secret, or doubled by a lost answer."""
    kept: set[str] = set()
    for row in there:
        url = str(row.get("url") or "")
        if url.partition("?")[0] != callback_url.partition("?")[0]:
            continue
        if url in wanted and url not in kept and _is(row, url, wanted[url]):
            kept.add(url)
            continue
        client.delete(f"/webhooks/{row['id']}", what="The webhook")


def subscriptions(client: Client, callback_url: str) -> Sequence[Subscription]:
    """Every webhook of the account; the secret in an address of ours is left out."""
    found = []
    for row in client_of(client).every("/webhooks"):
        bare = str(row.get("url") or "").partition("?")[0]
        topic = ", ".join(str(event) for event in row.get("events") or ())
        found.append(Subscription(topic, bare, is_ours=bare == callback_url.partition("?")[0]))
    return found


def unsubscribe(client: Client, callback_url: str) -> int:
    """Takes away every webhook that leads to this address; answers how many."""
    heartland = client_of(client)
    ours = [
        row
        for row in heartland.every("/webhooks")
        if str(row.get("url") or "").partition("?")[0] == callback_url.partition("?")[0]
    ]
    for row in ours:
        heartland.delete(f"/webhooks/{row['id']}", what="The webhook")
    return len(ours)


def _is(row: Row, url: str, event: str) -> bool:
    return row.get("url") == url and list(row.get("events") or ()) == [event]


def _address(callback_url: str, event: str, secret: str) -> str:
    joint = "&" if "?" in callback_url else "?"
    return callback_url + joint + urlencode({"event": event, "secret": secret})
