"""What a sellable article is: one SKU, not a family of them.

A family (a grid, a style) is no record of its own: its members name it by `family_key`, and a system
that sells families puts the members together again. So stock, orders and links keep one meaning of
"article" everywhere, and one member that is wrong is held alone.
"""

from __future__ import annotations

from pydantic import Field

from mappings.canonical.money import Amount
from mappings.canonical.record import Entity, Record


class Product(Record):
    """One article with one SKU."""

    sku: str = Field(
        "", description='The one name both systems know it by, for example "TEE-BLK-M"'
    )
    barcode: str = ""
    title: str = Field("", description='Its own name: "Basic Tee - Black - M"')
    description: str = Field("", description="What a buyer reads, as HTML")
    price: Amount | None = None
    compare_at_price: Amount | None = Field(
        None, description="The price before it was lowered; None when it was not"
    )
    cost: Amount | None = None
    weight: Amount | None = None
    weight_unit: str = Field("", description='Unit of the weight: "g", "kg", "oz" or "lb"')
    vendor: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    images: tuple[str, ...] = Field((), description="Addresses (URLs), the main image first")
    is_active: bool = True
    tracks_stock: bool = True
    family_key: str = Field(
        "", description="Id of the grid, group or product that holds the variants; empty when alone"
    )
    family_title: str = Field("", description='Name of the family: "Basic Tee"')
    family_skus: tuple[str, ...] = Field(
        (), description="SKUs of the whole family, as far as the source names them"
    )
    options: dict[str, str] = Field(
        default_factory=dict, description='What tells it from its siblings: {"Size": "M"}, in order'
    )
    custom: dict[str, str] = Field(default_factory=dict, description="Custom fields by key")

    @property
    def entity(self) -> Entity:
        return Entity.PRODUCT
