"""What goes first when an account permits only so much."""

from __future__ import annotations

from django.db import models

from mappings.canonical.record import Entity


class Rank(models.IntegerChoices):
    """Lower goes first. Overselling hurts most, so stock leads; an initial load takes what is left."""

    STOCK = 0, "Stock"
    ORDER = 1, "Order"
    OTHER = 2, "Other"
    BACKFILL = 5, "Backfill"


def rank_of(entity: str) -> Rank:
    """Of a record that has just changed."""
    if entity == Entity.INVENTORY:
        return Rank.STOCK
    return Rank.ORDER if entity == Entity.ORDER else Rank.OTHER
