"""The sums of billing: days, cents, taxes. Plain Python: no Django, no clock, no network."""

from __future__ import annotations
