"""The two PostgreSQL roles every query runs as. Neither owns a table nor logs in."""

from __future__ import annotations

# Sees the rows of the tenant in `clarity.tenant`, and nothing else.
APP = "clarity_app"
# Sees every tenant; taken on for one transaction by `scope.door` alone.
STAFF = "clarity_staff"
