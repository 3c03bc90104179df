"""Customers, their address books, and the countries they live in."""

from __future__ import annotations
