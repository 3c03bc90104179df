"""What a shipment is: goods of one order that left the house."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from mappings.canonical.record import Entity, Key, Part, Record, Relation


class Parcel(Part):
    """Tracking of one parcel."""

    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""


class ShippedLine(Part):
    sku: str
    quantity: int = Field(gt=0)
    product_key: str = Field("", description="Id of the article in the source system")


class Shipment(Record):
    """Goods that were handed over for one order."""

    order_key: Key = Field(description="Id of the order in the source system")
    order_number: str = ""
    shipped_at: AwareDatetime | None = None
    location: str = Field("", description="Location id in the source system")
    lines: tuple[ShippedLine, ...]
    parcels: tuple[Parcel, ...] = ()

    @property
    def entity(self) -> Entity:
        return Entity.SHIPMENT

    def relations(self) -> tuple[Relation, ...]:
        return (Relation(entity=Entity.ORDER, key=self.order_key, reference=self.order_number),)

    def wanted(self) -> tuple[Relation, ...]:
        """Articles, whose links on the other side are used when known."""
        keys = dict.fromkeys(line.product_key for line in self.lines if line.product_key)
        return tuple(Relation(entity=Entity.PRODUCT, key=key) for key in keys)
