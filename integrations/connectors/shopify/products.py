"""Products as a source: one record per variant, and the search for variants by SKU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import Account, Notice, Page
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import changed, complete, version
from mappings.canonical.product import Product
from mappings.canonical.record import Entity

READ_AT_ONCE = 100
SKUS_AT_ONCE = 50

# Shopify's name for the only variant of a product without options.
NO_OPTION = "Default Title"

# Their word -> ours: whether the article is sold.
_ON_SALE = {"ACTIVE": True, "UNLISTED": True, "DRAFT": False, "ARCHIVED": False}


@dataclass(frozen=True)
class Variant:
    """Where the stock of a variant is kept. `tracked`: whether Shopify counts it."""

    key: str
    sku: str
    item: str
    tracked: bool


def normalise(payload: Payload, account: Account) -> Product:
    """A variant of a GraphQL answer as ours. Raises Rejected when others bear its SKU as well."""
    _alone(payload)
    family, item = payload.child("product"), payload.child("inventoryItem")
    cost = item.maybe_child("unitCost")
    title, variant = family.text("title"), payload.maybe_text("title") or NO_OPTION
    changes = [payload.instant("updatedAt"), family.instant("updatedAt")]
    return Product(
        key=payload.text("legacyResourceId"),
        updated_at=max(changes),
        sku=payload.maybe_text("sku") or "",
        barcode=payload.maybe_text("barcode") or "",
        title=title if variant == NO_OPTION else f"{title} - {variant}",
        description=family.maybe_text("description") or "",
        price=payload.decimal("price"),
        compare_at_price=payload.maybe_decimal("compareAtPrice"),
        cost=cost.decimal("amount") if cost else None,
        is_active=family.one_of("status", _ON_SALE),
        tracks_stock=item.flag("tracked"),
        family_key=family.text("legacyResourceId"),
        family_title=title,
        options={
            option.text("name"): option.text("value")
            for option in payload.rows("selectedOptions")
            if option.text("value") != NO_OPTION
        },
    )


def _alone(payload: Payload) -> None:
    """Shopify counts those beside this one. Which of them an item is would be a guess."""
    sku = payload.maybe_text("sku") or ""
    others = payload.child("inventoryItem").maybe_decimal("duplicateSkuCount") or 0
    if sku and others:
        raise Rejected(
            f"{others + 1} Shopify variants have the SKU {sku}",
            field="sku",
            said=sku,
            advice="Give each variant a SKU of its own in Shopify, then replay.",
        )


# --- calls ---------------------------------------------------------------------------------------


def changes(client: ShopClient, cursor: str, now: datetime) -> Page:
    """A thin notice for each variant of each product changed since the cursor."""

    def notices(row: Mapping[str, Any]) -> list[Notice]:
        return [
            Notice(
                entity=Entity.PRODUCT,
                key=key,
                topic="products/poll",
                version=version(row["updatedAt"]),
            )
            for key in _variant_keys(client, row)
        ]

    return changed(client, cursor, now, operation="ProductsPage", root="products", notices=notices)


def _variant_keys(client: ShopClient, product: Mapping[str, Any]) -> list[str]:
    variants = product["variants"]
    nodes, page = list(variants["nodes"]), variants["pageInfo"]
    while page["hasNextPage"]:
        variables = {"id": product["id"], "after": page["endCursor"]}
        more = complete(client.run("ProductVariants", variables))["product"]["variants"]
        nodes.extend(more["nodes"])
        page = more["pageInfo"]
    return [str(node["legacyResourceId"]) for node in nodes]


def read(client: ShopClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each variant as it is now, None for one that is gone."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for start in range(0, len(keys), READ_AT_ONCE):
        some = keys[start : start + READ_AT_ONCE]
        ids = [to_gid("ProductVariant", key) for key in some]
        nodes = complete(client.run("VariantsRead", {"ids": ids}))["nodes"]
        found |= {key: node or None for key, node in zip(some, nodes, strict=True)}
    return found


def by_sku(client: ShopClient, skus: Iterable[str]) -> dict[str, list[Variant]]:
    """The variants that bear each SKU exactly; a SKU nobody bears has an empty list.

    Shopify's search splits SKUs into words, so what it finds is compared again, letter by letter.
    """
    wanted = list(dict.fromkeys(skus))
    found: dict[str, list[Variant]] = {sku: [] for sku in wanted}
    for start in range(0, len(wanted), SKUS_AT_ONCE):
        some = wanted[start : start + SKUS_AT_ONCE]
        for row in client.rows("VariantsBySku", "productVariants", {"q": sku_query(some)}):
            variants = found.get(row["sku"] or "") if row["sku"] in some else None
            if variants is not None:
                variants.append(_variant(row))
    return found


def sku_query(skus: Sequence[str]) -> str:
    """Shopify's search for any of these SKUs."""
    return " OR ".join(f"sku:'{_quoted(sku)}'" for sku in skus)


def _variant(row: Mapping[str, Any]) -> Variant:
    item = row["inventoryItem"]
    return Variant(
        key=str(row["legacyResourceId"]),
        sku=str(row["sku"]),
        item=str(item["id"]),
        tracked=bool(item["tracked"]),
    )


def _quoted(sku: str) -> str:
    return sku.replace("\\", "\\\\").replace("'", "\\'")
