"""The Shopify connector."""

from __future__ import annotations

from integrations.connectors.shopify.connector import CONNECTOR

__all__ = ["CONNECTOR"]
