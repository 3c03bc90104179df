"""What a tenant pays: the sums, the ledger and a year of it."""

from __future__ import annotations
