"""What Shopify has of the articles to be written: by link, by SKU, and whole families."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import complete
from integrations.connectors.shopify.product_fields import FAMILY, NAMESPACE, Option
from integrations.connectors.shopify.products import NO_OPTION, READ_AT_ONCE, sku_query

SKUS_AT_ONCE = 50


@dataclass(frozen=True)
class ProductThere:
    """A product as it is. `family`: our mark, "" on a product that was not made by us.

    `before`: the status it had before we archived it, "" when we did not.
    """

    gid: str
    title: str
    status: str
    html: str
    vendor: str
    product_type: str
    tags: tuple[str, ...]
    options: tuple[str, ...]
    family: str
    before: str

    @property
    def is_ours(self) -> bool:
        return bool(self.family)


@dataclass(frozen=True)
class VariantThere:
    """A variant as it is. `item`: the item of the point of sale that our mark names."""

    gid: str
    key: str
    sku: str
    barcode: str
    price: Decimal
    compare_at: Decimal | None
    cost: Decimal | None
    weight: tuple[Decimal, str] | None
    options: tuple[Option, ...]
    item: str
    state: str
    product: ProductThere


@dataclass
class Matches:
    """Variants by SKU: those that bear it letter by letter, and SKUs that only look like it."""

    exact: list[VariantThere] = field(default_factory=list)
    near: set[str] = field(default_factory=set)


def by_id(client: ShopClient, keys: Sequence[str]) -> dict[str, VariantThere]:
    """The variants with these ids; one that was deleted is missing."""
    found: dict[str, VariantThere] = {}
    for start in range(0, len(keys), READ_AT_ONCE // 2):
        some = keys[start : start + READ_AT_ONCE // 2]
        ids = [to_gid("ProductVariant", key) for key in some]
        nodes = complete(client.run("VariantsOwned", {"ids": ids}))["nodes"]
        found |= {key: _variant(node) for key, node in zip(some, nodes, strict=True) if node}
    return found


def by_sku(client: ShopClient, skus: Iterable[str]) -> dict[str, Matches]:
    """What bears each SKU. Shopify's search is loose, so its answer is compared again."""
    asked = list(dict.fromkeys(sku for sku in skus if sku))
    found = {sku: Matches() for sku in asked}
    folded: dict[str, list[str]] = {}
    for sku in asked:
        folded.setdefault(_folded(sku), []).append(sku)
    for start in range(0, len(asked), SKUS_AT_ONCE):
        query = sku_query(asked[start : start + SKUS_AT_ONCE])
        for row in client.rows("VariantsWithSku", "productVariants", {"q": query}):
            for sku in folded.get(_folded(row["sku"] or ""), ()):
                if row["sku"] == sku:
                    found[sku].exact.append(_variant(row))
                else:
                    found[sku].near.add(row["sku"])
    return found


def _folded(sku: str) -> str:
    return "".join(sku.split()).casefold()


def family(client: ShopClient, mark: str) -> str:
    """Global id of the product we made for a family, "" when there is none."""
    custom = {"namespace": NAMESPACE, "key": FAMILY, "value": mark}
    answer = client.run("FamilyFind", {"identifier": {"customId": custom}})
    found = complete(answer)["productByIdentifier"]
    return str(found["id"]) if found else ""


def whole(client: ShopClient, gid: str) -> tuple[ProductThere, list[VariantThere]] | None:
    """A product with all its variants, None when it is gone."""
    variants: list[VariantThere] = []
    after: str | None = None
    while True:
        node = complete(client.run("FamilyRead", {"id": gid, "after": after}))["product"]
        if node is None:
            return None
        variants += [_variant(row) for row in node["variants"]["nodes"]]
        page = node["variants"]["pageInfo"]
        if not page["hasNextPage"]:
            return _product(node), variants
        after = page["endCursor"]


def _product(node: Mapping[str, Any]) -> ProductThere:
    return ProductThere(
        gid=str(node["id"]),
        title=str(node["title"]),
        status=str(node["status"]),
        html=str(node["descriptionHtml"] or ""),
        vendor=str(node["vendor"] or ""),
        product_type=str(node["productType"] or ""),
        tags=tuple(node["tags"]),
        options=tuple(str(option["name"]) for option in node["options"]),
        family=_value(node["family"]),
        before=_value(node["before"]),
    )


def _variant(node: Mapping[str, Any]) -> VariantThere:
    item = node["inventoryItem"]
    weight = (item["measurement"] or {}).get("weight")
    return VariantThere(
        gid=str(node["id"]),
        key=str(node["legacyResourceId"]),
        sku=str(node["sku"] or ""),
        barcode=str(node["barcode"] or ""),
        price=Decimal(str(node["price"])),
        compare_at=_amount(node["compareAtPrice"]),
        cost=_amount((item["unitCost"] or {}).get("amount")),
        weight=(Decimal(str(weight["value"])), str(weight["unit"])) if weight else None,
        options=tuple(
            (str(option["name"]), str(option["value"]))
            for option in node["selectedOptions"]
            if option["value"] != NO_OPTION
        ),
        item=_value(node["item"]),
        state=_value(node["state"]),
        product=_product(node["product"]),
    )


def _value(metafield: Mapping[str, Any] | None) -> str:
    return str(metafield["value"]) if metafield else ""


def _amount(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
