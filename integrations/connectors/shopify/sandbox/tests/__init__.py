"""Tests of the Shopify sandbox."""

from __future__ import annotations
