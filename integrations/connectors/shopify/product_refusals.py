"""What stands in the way of one article, in words for the person who can change it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.errors import ConnectorError, Rejected, Unsupported
from integrations.connectors.shopify.product_fields import Wanted
from integrations.connectors.shopify.product_look import Matches, ProductThere, VariantThere
from integrations.connectors.shopify.user_errors import field_of, user_errors

_PLACE = re.compile(r"^variants\[(\d+)\]\.?(.*)$")


def several(article: Wanted, count: int) -> Rejected:
    return Rejected(
        f"{count} Shopify variants have the SKU {article.sku}",
        field="sku",
        said=article.sku,
        advice="Give each variant a SKU of its own in Shopify, then replay.",
    )


def nearly(article: Wanted, matches: Matches) -> Rejected:
    """A SKU that differs in capitals or spaces may be the same article, or may not."""
    there = ", ".join(repr(sku) for sku in sorted(matches.near))
    return Rejected(
        f"Shopify has the SKU {there}, the point of sale has {article.sku!r}",
        field="sku",
        said=article.sku,
        advice="They differ in capitals or spaces only. Make them equal, letter by letter, "
        "or give one of them another SKU, then replay.",
    )


def doubled(article: Wanted, other: Wanted) -> Rejected:
    return Rejected(
        f"The articles {other.name} and {article.name} are one Shopify variant",
        field="sku",
        said=article.sku,
        advice="Give one of them another SKU, or link it to its own variant, then replay.",
    )


def deleted(article: Wanted) -> Unsupported:
    return Unsupported(
        f"The product with SKU {article.sku} was deleted in Shopify and is not made again. Make one "
        'with this SKU there, or change the setting "Products deleted in Shopify".'
    )


def left_out(article: Wanted) -> Unsupported:
    return Unsupported(
        f"No Shopify variant has the SKU {article.sku}, and new products are not made"
    )


def inactive(article: Wanted) -> Unsupported:
    return Unsupported(
        f"The article {article.sku} is not active in the point of sale and not in the shop"
    )


def no_price(article: Wanted) -> ConnectorError | None:
    """Shopify would offer it for nothing; None when it has a price."""
    if article.price == 0:
        return Unsupported(
            f"The article {article.name} costs nothing in the point of sale, so no product is made"
        )
    if article.price is not None:
        return None
    return Rejected(
        f"The article {article.name} has no price",
        field="price",
        advice="Give it a price in the point of sale, then replay.",
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
        f"The article {article.name} has the options {mine}, the Shopify product "
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


def free(article: Wanted) -> Unsupported:
    return Unsupported(
        f"The article {article.name} costs nothing in the point of sale, so the shop keeps its price"
    )


def refused(article: Wanted, field: str, said: str) -> Rejected:
    return Rejected(
        f"Shopify refused {field} of the article {article.name}: {said}",
        field=field,
        said=said,
        advice="Correct the value in the point of sale, then replay the record.",
    )
