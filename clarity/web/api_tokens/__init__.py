"""The page of a tenant's API tokens."""

from __future__ import annotations
