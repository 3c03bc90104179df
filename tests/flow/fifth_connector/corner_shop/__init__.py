"""The Corner Shop connector: the smallest one that is whole."""

from __future__ import annotations

from integrations.connectors.corner_shop.connector import CONNECTOR

__all__ = ["CONNECTOR"]
