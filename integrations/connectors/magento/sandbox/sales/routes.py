"""All calls about sales."""

from __future__ import annotations

from integrations.connectors.magento.sandbox.sales import (
    card_calls,
    document_calls,
    order_calls,
)

ROUTES = (*order_calls.ROUTES, *document_calls.ROUTES, *card_calls.ROUTES)
