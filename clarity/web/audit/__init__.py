"""What was done at a tenant, by whom."""

from __future__ import annotations
