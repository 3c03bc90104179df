"""The Heartland Retail API (reference sections 2 and 3)."""

from __future__ import annotations
