"""What stands in the way of one article, in words for the person who can change it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.article_refusals import ArticleRefusals
from integrations.connector_kit.errors import Rejected
from integrations.connectors.shopify.product_fields import Wanted
from integrations.connectors.shopify.product_look import ProductThere, VariantThere
from integrations.connectors.shopify.user_errors import field_of, user_errors

_OF_ALL = ArticleRefusals("Shopify", "variant")
nearly, doubled, deleted = _OF_ALL.nearly, _OF_ALL.doubled, _OF_ALL.deleted
left_out, inactive = _OF_ALL.left_out, _OF_ALL.inactive
free, no_price = _OF_ALL.free, _OF_ALL.no_price

_PLACE = re.compile(r"^variants\[(\d+)\]\.?(.*)$")


def several(article: Wanted, count: int) -> Rejected:
    return Rejected(
        f"{count} Shopify variants have the SKU {article.sku}",
        field="sku",
        said=article.sku,
        advice="Give each variant a SKU of its own in Shopify, then replay.",
    )


def scattered(article: Wanted, products: Sequence[ProductThere]) -> Rejected:
    names = ", ".join(sorted(f"{product.title!r}" for product in products))
    return Rejected(
        f"The siblings of {article.sku} belong to {len(products)} Shopify products: {names}",
        field="family_key",
        said=article.family,
        advice=f"Add a variant with the SKU {article.sku} to the right product, then replay.",
    )


def other_options(article: Wanted, product: ProductThere, names: Sequence[str]) -> Rejected:
    mine = ", ".join(name for name, _ in article.options) or "none"
    return Rejected(
        f"The article {article.label} has the options {mine}, the Shopify product "
        f"{product.title!r} has {', '.join(names) or 'none'}",
        field="options",
        said=mine,
        advice="Fill the option fields of the item, or name the options alike in the settings of "
        f"the point of sale; or add a variant with the SKU {article.sku} by hand. Then replay.",
    )


def same_options(article: Wanted, there: VariantThere | Wanted) -> Rejected:
    values = " / ".join(value for _, value in article.options) or "a single variant"
    return Rejected(
        f"{values} of this product has the SKU {there.sku or '(none)'} already, not {article.sku}",
        field="options",
        said=values,
        advice="Two articles of a family must differ in an option. Correct one of them, or give "
        "the Shopify variant the right SKU, then replay.",
    )


def too_many(article: Wanted, product: ProductThere, most: int) -> Rejected:
    return Rejected(
        f"The Shopify product {product.title!r} has {most} variants already, which is the most",
        field="family_key",
        said=article.family,
        advice="Split the family in the point of sale, then replay.",
    )


def by_place(payload: Mapping[str, Any] | None, articles: Sequence[Wanted]) -> dict[int, Rejected]:
    """What was refused of each variant of a bulk call; what names no variant is said of them all."""
    found: dict[int, Rejected] = {}
    for error in user_errors(payload):
        place = _PLACE.match(field_of(error, ""))
        index = int(place.group(1)) if place else -1
        spoken = [index] if 0 <= index < len(articles) else range(len(articles))
        field = (place.group(2) if place else field_of(error, "")) or "variant"
        for one in spoken:
            found.setdefault(one, refused(articles[one], field, str(error.get("message"))))
    return found


def refused(article: Wanted, field: str, said: str) -> Rejected:
    return Rejected(
        f"Shopify refused {field} of the article {article.label}: {said}",
        field=field,
        said=said,
        advice="Correct the value in the point of sale, then replay the record.",
    )
