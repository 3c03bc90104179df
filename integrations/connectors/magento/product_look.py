"""What Magento has of the articles to be written, and of the products that hold families together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from integrations.connectors.magento.answers import NotFound
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.inventory_items import by_sku
from integrations.connectors.magento.rounding import maybe_rounded

# Of a larger family so many are looked for in the shop.
_SIBLINGS_SOUGHT = 100
# Products of one name that may hold a family together; more is no search but a guess.
_CANDIDATES = 10


@dataclass(frozen=True)
class ProductThere:
    """A product as it is, its global values. `children`: ids of the articles it holds together."""

    id: int
    sku: str
    name: str
    type_id: str
    status: int
    visibility: int
    price: Decimal | None
    weight: Decimal | None
    custom: Mapping[str, Any]
    websites: tuple[int, ...] = ()
    options: tuple[Row, ...] = field(default=(), repr=False)
    children: tuple[int, ...] = ()
    has_images: bool = False

    @property
    def special_price(self) -> Decimal | None:
        return maybe_rounded(self.custom.get("special_price"))


@dataclass
class Found:
    """Products by SKU: the one that bears it letter by letter, and SKUs that only look like it."""

    exact: ProductThere | None = None
    near: set[str] = field(default_factory=set)


def find(client: StoreClient, skus: Sequence[str]) -> dict[str, Found]:
    """What bears each SKU."""
    rows = by_sku(client, [sku for sku in skus if sku], "")
    return {
        sku: Found(product_of(match.exact) if match.exact else None, match.near)
        for sku, match in rows.items()
    }


def whole(client: StoreClient, sku: str) -> ProductThere | None:
    """A product with its options and children, which lists may leave out; None when it is gone."""
    if not client.fits_path(sku):
        return find(client, [sku])[sku].exact
    try:
        return product_of(client.get(f"products/{client.sku_path(sku)}", store="all", about="sku"))
    except NotFound:
        return None


def parent_of(
    client: StoreClient, *, own_sku: str, name: str, siblings: Sequence[str]
) -> ProductThere | None:
    """What holds a family together: what we made for it, or what holds its siblings already.

    Magento does not tell whose child an article is, so among the products of that name the one is
    looked for that has a sibling for a child.
    """
    ours = whole(client, own_sku) if find(client, [own_sku])[own_sku].exact else None
    if ours is not None:
        return ours
    there = find(client, siblings[:_SIBLINGS_SOUGHT])
    ids = {one.exact.id for one in there.values() if one.exact is not None}
    if not ids or not name:
        return None
    criteria = Criteria(
        [where("type_id", "configurable"), where("name", name)],
        sort=(("entity_id", "ASC"),),
        size=_CANDIDATES,
    )
    for row in client.search("products", criteria, store="all").items:
        found = whole(client, str(row["sku"]))
        if found is not None and ids.intersection(found.children):
            return found
    return None


def product_of(row: Row) -> ProductThere:
    """A product of an answer."""
    extension = row.get("extension_attributes")
    extension = extension if isinstance(extension, Mapping) else {}
    return ProductThere(
        id=int(row["id"]),
        sku=str(row["sku"]),
        name=str(row.get("name") or ""),
        type_id=str(row.get("type_id") or "simple"),
        status=int(row.get("status") or 1),
        visibility=int(row.get("visibility") or 1),
        price=maybe_rounded(row.get("price")),
        weight=maybe_rounded(row.get("weight")),
        custom=custom_of(row),
        websites=tuple(int(number) for number in extension.get("website_ids") or ()),
        options=tuple(extension.get("configurable_product_options") or ()),
        children=tuple(int(number) for number in extension.get("configurable_product_links") or ()),
        has_images=bool(row.get("media_gallery_entries")),
    )


def custom_of(row: Row) -> dict[str, Any]:
    """The custom attributes by code; an empty list stands for none."""
    return {
        str(one["attribute_code"]): one.get("value")
        for one in row.get("custom_attributes") or ()
        if isinstance(one, Mapping) and "attribute_code" in one
    }
