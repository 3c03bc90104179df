"""Every path of unified_v1."""

from __future__ import annotations

from integrations.connectors.heartland.sandbox.unified import (
    customers,
    orders,
    payments,
    stock,
    webhooks,
)
from integrations.connectors.heartland.sandbox.wire.answers import Route

ROUTES: list[Route] = [
    *orders.ROUTES,
    *customers.ROUTES,
    *stock.ROUTES,
    *payments.ROUTES,
    *webhooks.ROUTES,
]
