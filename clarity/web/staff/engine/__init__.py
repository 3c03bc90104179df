"""Pairs, connections, mapping rules, lookup tables, cursors and chores, as our own people see them."""

from __future__ import annotations
