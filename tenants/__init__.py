"""Tenants, their people, and the wall between tenants. Imports none of our other packages."""

from __future__ import annotations
