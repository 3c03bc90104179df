"""What the stock of an article is."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from mappings.canonical.record import Entity, Part, Record, Relation


class Level(Part):
    """Units of one article at one location of the source system."""

    location: str = Field(description="Location id in the source system")
    on_hand: Decimal
    committed: Decimal = Decimal(0)
    available: Decimal = Field(description="on hand less what is promised to open orders")


class Stock(Record):
    """Current stock of one article over all its locations."""

    sku: str
    tracks_stock: bool = True
    levels: tuple[Level, ...] = ()

    @property
    def entity(self) -> Entity:
        return Entity.INVENTORY

    def wanted(self) -> tuple[Relation, ...]:
        return (Relation(entity=Entity.PRODUCT, key=self.key),)
