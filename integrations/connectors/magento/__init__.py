"""The Magento connector."""

from __future__ import annotations

from integrations.connectors.magento.connector import CONNECTOR

__all__ = ["CONNECTOR"]
