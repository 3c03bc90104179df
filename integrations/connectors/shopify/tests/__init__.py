"""Tests of the Shopify connector."""

from __future__ import annotations
