"""Heartland Retail, and the unified /v1 service in front of it."""

from __future__ import annotations

from integrations.connectors.heartland.connector import CONNECTOR

__all__ = ["CONNECTOR"]
