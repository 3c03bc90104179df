"""The one place where the two APIs part: which functions serve an account."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from integrations.connector_kit.audit import Article, Shelf
from integrations.connector_kit.base import (
    Account,
    Choice,
    Client,
    EntityPort,
    Extent,
    Notice,
    Outgoing,
    Page,
    Places,
    Probe,
    Receipt,
    Result,
    Save,
    Subscription,
    Survey,
    WebhookRequest,
)
from integrations.connector_kit.errors import Unsupported
from integrations.connector_kit.money import MoneyPort, Movements, OrderMoney
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.places import moment
from integrations.connectors.heartland import (
    account,
    article_links,
    audit,
    backfill,
    customers,
    gift_cards,
    inventory,
    money,
    order_status,
    orders,
    payments,
    polling,
    products,
    refunds,
    returns,
    shipments,
    survey,
    unified_v1,
    webhooks,
)
from integrations.connectors.heartland.auth import UNIFIED
from integrations.connectors.heartland.client import client_of
from mappings.canonical.record import Entity, Record

RETAIL_PORTS: Mapping[Entity, EntityPort] = {
    Entity.ORDER: EntityPort(
        normalise=order_status.normalise,
        changes=order_status.changes,
        read=order_status.read,
        write=orders.write,
        rehearse=orders.rehearse,
        reference=orders.reference,
    ),
    Entity.REFUND: EntityPort(
        normalise=returns.normalise,
        changes=returns.changes,
        read=returns.read,
        write=refunds.write,
        reference=refunds.reference,
    ),
    Entity.GIFT_CARD: EntityPort(
        normalise=gift_cards.normalise,
        changes=gift_cards.changes,
        read=gift_cards.read,
        write=gift_cards.write,
    ),
    Entity.CUSTOMER: EntityPort(
        normalise=customers.normalise,
        changes=customers.changes,
        read=customers.read,
        write=customers.write,
        reference=customers.reference,
        pages=backfill.customer_pages,
        count=backfill.count_customers,
        calls_per_write=customers.CALLS_PER_WRITE,
    ),
    Entity.PRODUCT: EntityPort(
        normalise=products.normalise,
        changes=products.changes,
        read=products.read,
        pages=backfill.product_pages,
        count=backfill.count_products,
        shelf=audit.shelf,
        search=audit.search,
        write_many=article_links.write_many,
        batch_size=article_links.BATCH_SIZE,
        calls_per_write=article_links.CALLS_PER_WRITE,
    ),
    Entity.INVENTORY: EntityPort(
        normalise=inventory.normalise,
        changes=inventory.changes,
        read=inventory.read,
        survey=survey.survey,
        pages=backfill.stock_pages,
        count=backfill.count_stock,
    ),
    Entity.PAYMENT: EntityPort(write=payments.write),
    Entity.SHIPMENT: EntityPort(
        normalise=shipments.normalise, changes=shipments.changes, read=shipments.read
    ),
}


def _movements(client: Client, start: datetime, end: datetime, cursor: str) -> Movements:
    """The money of a day, from either API."""
    unified = client_of(client).account.flavour == UNIFIED
    return (unified_v1.movements if unified else money.movements)(client, start, end, cursor)


def _orders(client: Client, keys: Sequence[str]) -> Mapping[str, OrderMoney]:
    unified = client_of(client).account.flavour == UNIFIED
    return (unified_v1.order_money if unified else money.orders)(client, keys)


MONEY = MoneyPort(movements=_movements, orders=_orders)

_NO_BACKFILL = "This Heartland cannot list all its records for a backfill"


def port(entity: Entity) -> EntityPort:
    """What either API can do with the entity, chosen by the account at the moment of the call."""

    def normalise(payload: Payload, owner: Account) -> Record:
        function = _port(entity, owner).normalise
        if function is None:
            raise Unsupported(f"{entity} is not read from this Heartland.")
        return function(payload, owner)

    def changes(client: Client, cursor: str, now: datetime) -> Page:
        function = _port(entity, client_of(client).account).changes
        return function(client, cursor, now) if function else Page((), cursor)

    def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
        function = _port(entity, client_of(client).account).read
        if function is None:
            raise Unsupported(f"{entity} cannot be read again from this Heartland.")
        return function(client, keys)

    def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
        function = _port(entity, client_of(client).account).write
        if function is None:
            raise Unsupported(f"{entity} cannot be written to this Heartland.")
        return function(client, outgoing, save)

    def reference(record: Record, owner: Account) -> str:
        function = _port(entity, owner).reference
        return function(record, owner) if function else record.key

    shape = RETAIL_PORTS[entity]
    return EntityPort(
        normalise=normalise if shape.normalise else None,
        changes=changes if shape.changes else None,
        read=read if shape.read else None,
        write=write if shape.write else None,
        write_many=partial(_write_many, entity) if shape.write_many else None,
        batch_size=shape.batch_size,
        reference=reference if shape.reference else None,
        rehearse=partial(_rehearse, entity) if shape.rehearse else None,
        survey=_survey if shape.survey else None,
        pages=partial(_pages, entity) if shape.pages else None,
        shelf=partial(_shelf, entity) if shape.shelf else None,
        search=partial(_search, entity) if shape.search else None,
        count=partial(_count, entity) if shape.count else None,
        calls_per_write=shape.calls_per_write,
        places=Places(_reached, partial(_cursor_at, entity)) if shape.changes else None,
    )


def _reached(cursor: str) -> datetime | None:
    return moment(cursor, "from", "since", "at")


def _cursor_at(entity: Entity, when: datetime, flavour: str) -> str:
    """The stock ledger of the retail API goes by ids, which name no time."""
    if flavour == UNIFIED:
        return unified_v1.cursor_at(when)
    return "" if entity is Entity.INVENTORY else polling.cursor_at(when)


def _rehearse(entity: Entity, client: Client, outgoing: Outgoing) -> None:
    function = _port(entity, client_of(client).account).rehearse
    if function is not None:
        function(client, outgoing)


def _write_many(entity: Entity, client: Client, batch: Sequence[Outgoing]) -> Sequence[Result]:
    function = _port(entity, client_of(client).account).write_many
    if function is None:
        raise Unsupported(f"{entity} cannot be written to this Heartland.")
    return function(client, batch)


def _pages(entity: Entity, client: Client, cursor: str) -> Page:
    function = _port(entity, client_of(client).account).pages
    if function is None:
        raise Unsupported(f"{_NO_BACKFILL} ({entity}).")
    return function(client, cursor)


def _shelf(entity: Entity, client: Client, cursor: str) -> Shelf:
    function = _port(entity, client_of(client).account).shelf
    if function is None:
        raise Unsupported("This Heartland cannot list its articles with what they lack.")
    return function(client, cursor)


def _search(entity: Entity, client: Client, text: str) -> Sequence[Article]:
    function = _port(entity, client_of(client).account).search
    if function is None:
        raise Unsupported("This Heartland cannot be searched for articles.")
    return function(client, text)


def _count(entity: Entity, client: Client) -> Extent:
    function = _port(entity, client_of(client).account).count
    if function is None:
        raise Unsupported(f"{_NO_BACKFILL} ({entity}).")
    return function(client)


def _survey(client: Client, cursor: str) -> Survey:
    """Only stock is counted."""
    function = _port(Entity.INVENTORY, client_of(client).account).survey
    if function is None:
        raise Unsupported("Stock cannot be counted in this Heartland.")
    return function(client, cursor)


def _port(entity: Entity, owner: Account) -> EntityPort:
    return (unified_v1.PORTS if owner.flavour == UNIFIED else RETAIL_PORTS)[entity]


def probe(client: Client) -> Probe:
    """Tests the connection. Raises NeedsOwner when the token is refused."""
    owner = client_of(client).account
    return unified_v1.probe(client) if owner.flavour == UNIFIED else account.probe(client)


def choices(client: Client, name: str) -> Sequence[Choice]:
    """Possible values of a setting. The unified API lists none: it has no locations endpoint."""
    owner = client_of(client).account
    return [] if owner.flavour == UNIFIED else account.choices(client, name)


def subscribe(client: Client, callback_url: str, entities: Collection[Entity]) -> None:
    """Registers the webhooks of the account's API."""
    owner = client_of(client).account
    chosen = unified_v1.subscribe if owner.flavour == UNIFIED else webhooks.subscribe
    chosen(client, callback_url, entities)


def subscriptions(client: Client, callback_url: str) -> Sequence[Subscription]:
    """The webhooks of the account."""
    unified = client_of(client).account.flavour == UNIFIED
    return (unified_v1.subscriptions if unified else webhooks.subscriptions)(client, callback_url)


def unsubscribe(client: Client, callback_url: str) -> int:
    """Takes our webhooks away."""
    unified = client_of(client).account.flavour == UNIFIED
    return (unified_v1.unsubscribe if unified else webhooks.unsubscribe)(client, callback_url)


def verify(request: WebhookRequest, owner: Account) -> None:
    """Raises NotTheirs unless the webhook comes from the connected account."""
    chosen = unified_v1.verify if owner.flavour == UNIFIED else webhooks.verify
    chosen(request, owner)


def notices(request: WebhookRequest) -> Sequence[Notice]:
    """What a verified webhook says. Only addresses of Heartland Retail name the event."""
    chosen = webhooks.notices if "event" in request.query else unified_v1.notices
    return chosen(request)
