"""What a sellable article is: one SKU, not a family of them."""

from __future__ import annotations

from pydantic import Field

from mappings.canonical.money import Amount
from mappings.canonical.record import Entity, Record


class Product(Record):
    """One article with one SKU."""

    sku: str = ""
    barcode: str = ""
    title: str = ""
    description: str = ""
    price: Amount | None = None
    cost: Amount | None = None
    is_active: bool = True
    tracks_stock: bool = True
    family_key: str = Field("", description="Id of the grid or product that groups the variants")
    options: dict[str, str] = Field(default_factory=dict, description='{"Size": "M"}')
    custom: dict[str, str] = Field(default_factory=dict)

    @property
    def entity(self) -> Entity:
        return Entity.PRODUCT
