"""The unified /v1 API: PascalCase, cursors, idempotency keys, signed webhooks."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.connector_kit.base import EntityPort
from integrations.connectors.heartland.unified_v1 import (
    article_links,
    customers,
    inventory,
    order_status,
    orders,
    payments,
    products,
    refunds,
    shipments,
)
from integrations.connectors.heartland.unified_v1.account import probe
from integrations.connectors.heartland.unified_v1.money import movements
from integrations.connectors.heartland.unified_v1.money import orders as order_money
from integrations.connectors.heartland.unified_v1.polling import cursor_at
from integrations.connectors.heartland.unified_v1.webhooks import (
    notices,
    subscribe,
    subscriptions,
    unsubscribe,
    verify,
)
from mappings.canonical.record import Entity

__all__ = [
    "PORTS",
    "cursor_at",
    "movements",
    "notices",
    "order_money",
    "probe",
    "subscribe",
    "subscriptions",
    "unsubscribe",
    "verify",
]

PORTS: Mapping[Entity, EntityPort] = {
    Entity.ORDER: EntityPort(
        normalise=order_status.normalise,
        changes=order_status.changes,
        read=order_status.read,
        write=orders.write,
        reference=orders.reference,
    ),
    Entity.REFUND: EntityPort(write=refunds.write, reference=refunds.reference),
    # The unified API has no endpoint for gift cards.
    Entity.GIFT_CARD: EntityPort(),
    Entity.CUSTOMER: EntityPort(
        normalise=customers.normalise,
        changes=customers.changes,
        read=customers.read,
        write=customers.write,
        reference=customers.reference,
    ),
    Entity.PRODUCT: EntityPort(
        normalise=products.normalise,
        changes=products.changes,
        read=products.read,
        write_many=article_links.write_many,
    ),
    Entity.INVENTORY: EntityPort(
        normalise=inventory.normalise,
        changes=inventory.changes,
        read=inventory.read,
        survey=inventory.survey,
    ),
    Entity.PAYMENT: EntityPort(write=payments.write),
    Entity.SHIPMENT: EntityPort(
        normalise=shipments.normalise, changes=shipments.changes, read=shipments.read
    ),
}
