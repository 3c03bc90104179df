"""How far a web order is in the point of sale: what goes back to the store."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from mappings.canonical.money import Amount
from mappings.canonical.record import Entity, Record


class Progress(StrEnum):
    """`PENDING`: entered, and not complete yet. `OPEN`: waits for its goods."""

    PENDING = "pending"
    OPEN = "open"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class Paid(StrEnum):
    """What of the order is paid in the point of sale."""

    NONE = "pending"
    PART = "partially_paid"
    ALL = "paid"


class OrderStatus(Record):
    """An order of the store as the point of sale has it. `number` is its number there."""

    progress: Progress = Field(description="How far the order is there")
    paid: Paid = Field(description="What of it is recorded as paid there")
    total: Amount = Field(Decimal(0), description="What it comes to there")
    cancelled: bool = Field(False, description="Whether it was cancelled there")

    @property
    def entity(self) -> Entity:
        return Entity.ORDER


def paid_of(received: Decimal, total: Decimal) -> Paid:
    """In one word; an order that costs nothing is paid."""
    if received >= total:
        return Paid.ALL
    return Paid.PART if received > 0 else Paid.NONE
