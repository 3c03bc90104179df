"""What must change of a variant or a product that is there, and nothing that belongs to the shop.

A blank never replaces a value. What a merchant wrote in Shopify stays, unless the settings say that
the point of sale rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connectors.shopify.product_fields import (
    BEFORE,
    INACTIVE,
    ITEM,
    STATE,
    Wanted,
    metafield,
    weight_input,
)
from integrations.connectors.shopify.product_look import ProductThere, VariantThere
from integrations.connectors.shopify.product_settings import Policy

ARCHIVED = "ARCHIVED"


def of_variant(article: Wanted, there: VariantThere, policy: Policy) -> dict[str, Any]:
    """ProductVariantsBulkInput without its id; {} when all is as it should be."""
    item: dict[str, Any] = {}
    made: dict[str, Any] = {}
    if not policy.keeps_prices:
        made, item = _prices(article, there), _item(article, there)
    # A variant that a person linked may bear another SKU on purpose; one of ours may not.
    if there.product.is_ours and article.sku and article.sku != there.sku:
        item["sku"] = article.sku
    if item:
        made["inventoryItem"] = item
    marks = _marks(article, there, policy)
    if marks or article.own_fields:
        made["metafields"] = [*marks, *article.own_fields]
    return made


def _prices(article: Wanted, there: VariantThere) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if article.price is not None and article.price != there.price:
        made["price"] = str(article.price)
    if article.barcode and article.barcode != there.barcode:
        made["barcode"] = article.barcode
    if article.compare_at is not None:
        if article.compare_at != there.compare_at:
            made["compareAtPrice"] = str(article.compare_at)
    elif _is_over(article, there):
        made["compareAtPrice"] = None
    return made


def _is_over(article: Wanted, there: VariantThere) -> bool:
    """Whether the price before must go: the offer is over, and it was ours or shows none."""
    if there.compare_at is None:
        return False
    price = there.price if article.price is None else article.price
    return there.product.is_ours or there.compare_at <= price


def _item(article: Wanted, there: VariantThere) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if article.cost is not None and article.cost != there.cost:
        made["cost"] = str(article.cost)
    if article.weight and not _same_weight(article.weight, there.weight):
        made["measurement"] = weight_input(article.weight)
    return made


def _same_weight(wanted: tuple[Decimal, str], there: tuple[Decimal, str] | None) -> bool:
    """Shopify keeps weights as floats, so 0.4 may come back with a tail."""
    return there is not None and wanted[1] == there[1] and abs(wanted[0] - there[0]) < _NOTHING


_NOTHING = Decimal("0.0001")


def _marks(article: Wanted, there: VariantThere, policy: Policy) -> list[dict[str, str]]:
    made = [] if there.item == article.key else [metafield(ITEM, article.key)]
    state = "active" if article.is_active else INACTIVE
    if policy.archives and state != (there.state or "active"):
        made.append(metafield(STATE, state))
    return made


def of_product(article: Wanted, there: ProductThere, policy: Policy) -> dict[str, Any]:
    """ProductUpdateInput without its id, as far as texts and mapped metafields go."""
    made: dict[str, Any] = {}
    if not policy.keeps_texts:
        texts = (
            ("title", article.title, there.title),
            ("descriptionHtml", article.html, there.html),
            ("vendor", article.vendor, there.vendor),
            ("productType", article.product_type, there.product_type),
        )
        made |= {name: new for name, new, old in texts if new and new != old}
        if new := [tag for tag in article.tags if tag not in there.tags]:
            made["tags"] = [*there.tags, *new]
    if article.family_fields:
        made["metafields"] = list(article.family_fields)
    return made


def of_status(
    there: ProductThere, variants: Sequence[VariantThere], active: Mapping[str, bool]
) -> dict[str, Any]:
    """Archives a product whose variants are all inactive, and brings back one we archived.

    `active`: by variant, what the point of sale has just said; the marks tell of the others. A
    variant that the point of sale never spoke of keeps its product on sale.
    """
    states = [active.get(one.key, not (one.item and one.state == INACTIVE)) for one in variants]
    if not any(states) and there.status != ARCHIVED:
        return {"status": ARCHIVED, "metafields": [metafield(BEFORE, there.status)]}
    if any(states) and there.status == ARCHIVED and there.before in ("ACTIVE", "DRAFT", "UNLISTED"):
        return {"status": there.before}
    return {}
