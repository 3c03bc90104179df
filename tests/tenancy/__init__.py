"""Tenants never meet: every table, every scope, and the database they live in."""

from __future__ import annotations
