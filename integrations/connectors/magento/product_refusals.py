"""What stands in the way of one article, in words for the person who can change it."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.connector_kit.errors import ConnectorError, Rejected, Unsupported
from integrations.connectors.magento.answers import Refused
from integrations.connectors.magento.product_fields import Wanted
from integrations.connectors.magento.product_look import ProductThere

# A word of their message -> the field of ours it is about.
_FIELDS = (
    ("url key", "name"),
    ("price", "price"),
    ("weight", "weight"),
    ("sku", "sku"),
    ("name", "name"),
    ("image", "images"),
)


def nearly(article: Wanted, near: Iterable[str]) -> Rejected:
    """A SKU that differs in capitals or spaces may be the same article, or may not."""
    there = ", ".join(repr(sku) for sku in sorted(near))
    return Rejected(
        f"Magento has the SKU {there}, the point of sale has {article.sku!r}",
        field="sku",
        said=article.sku,
        advice="They differ in capitals or spaces only. Make them equal, letter by letter, "
        "or give one of them another SKU, then replay.",
    )


def doubled(article: Wanted, other: Wanted) -> Rejected:
    return Rejected(
        f"The articles {other.title} and {article.title} are one Magento product",
        field="sku",
        said=article.sku,
        advice="Give one of them another SKU, or link it to its own product, then replay.",
    )


def composite(article: Wanted, there: ProductThere) -> Rejected:
    return Rejected(
        f"The SKU {there.sku} is a {there.type_id} product in Magento, not an article",
        field="sku",
        said=there.sku,
        advice="Give the article or the product another SKU, then replay.",
    )


def deleted(article: Wanted) -> Unsupported:
    return Unsupported(
        f"The product with SKU {article.sku} was deleted in Magento and is not made again. Make one "
        'with this SKU there, or change the setting "Products deleted in Magento".'
    )


def left_out(article: Wanted) -> Unsupported:
    return Unsupported(
        f"No Magento product has the SKU {article.sku}, and new products are not made"
    )


def inactive(article: Wanted) -> Unsupported:
    return Unsupported(
        f"The article {article.sku} is not active in the point of sale and not in the shop"
    )


def free(article: Wanted) -> Unsupported:
    return Unsupported(
        f"The article {article.title} costs nothing in the point of sale, so the shop keeps its"
        " price"
    )


def no_price(article: Wanted) -> ConnectorError | None:
    """Magento would offer it for nothing; None when it has a price."""
    if article.price == 0:
        return Unsupported(
            f"The article {article.title} costs nothing in the point of sale, so no product is made"
        )
    if article.price is not None:
        return None
    return Rejected(
        f"The article {article.title} has no price",
        field="price",
        advice="Give it a price in the point of sale, then replay.",
    )


def other_options(article: Wanted, parent: ProductThere, codes: Iterable[str]) -> Rejected:
    mine = ", ".join(name for name, _ in article.options) or "none"
    theirs = ", ".join(sorted(codes)) or "none"
    return Rejected(
        f"The article {article.title} has the options {mine}, the Magento product {parent.sku}"
        f" is chosen by {theirs}",
        field="options",
        said=mine,
        advice="Fill the option fields of the item, or name the options alike in the settings of "
        "the point of sale; or add the article to the product by hand. Then replay.",
    )


def same_options(article: Wanted, other: str) -> Rejected:
    values = " / ".join(value for _, value in article.options)
    return Rejected(
        f"{values} of this product is the article {other} already, not {article.sku}",
        field="options",
        said=values,
        advice="Two articles of a family must differ in an option. Correct one of them, then "
        "replay.",
    )


def taken_family_sku(article: Wanted, there: ProductThere) -> Rejected:
    return Rejected(
        f"The SKU {there.sku}, which the family of {article.title} would get, is a"
        f" {there.type_id} product in Magento",
        field="family_sku",
        said=there.sku,
        advice="Fill family_sku by a mapping rule with another SKU, then replay.",
    )


def refused(article: Wanted, error: Refused) -> Rejected:
    """Their refusal of a product, naming the field it seems to be about."""
    lowered = error.words.lower()
    field = next((ours for word, ours in _FIELDS if word in lowered), "product")
    return Rejected(
        f"Magento refused the article {article.title}: {error.words}",
        field=field,
        said=error.words,
        advice="Correct the value in the point of sale or in Magento, then replay the record.",
    )
