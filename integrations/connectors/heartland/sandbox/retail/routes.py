"""Every path of the retail API."""

from __future__ import annotations

from integrations.connectors.heartland.sandbox.retail import (
    customers,
    gift_cards,
    inventory,
    invoices,
    items,
    orders,
    reference_data,
    system,
    tickets,
    webhooks,
)
from integrations.connectors.heartland.sandbox.wire.answers import Route

ROUTES: list[Route] = [
    *system.ROUTES,
    *reference_data.ROUTES,
    *customers.ROUTES,
    *items.ROUTES,
    *inventory.ROUTES,
    *orders.ROUTES,
    *invoices.ROUTES,
    *tickets.ROUTES,
    *gift_cards.ROUTES,
    *webhooks.ROUTES,
]
