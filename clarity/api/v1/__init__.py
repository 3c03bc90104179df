"""Version 1: one module a resource, with what it takes, what it answers and its views."""

from __future__ import annotations
