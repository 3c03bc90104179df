"""Products, their attributes and variants."""

from __future__ import annotations
