"""What stands in the way of one article, in words for the person who can change it."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.connector_kit.article_refusals import ArticleRefusals
from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento.answers import Refused
from integrations.connectors.magento.product_fields import Wanted
from integrations.connectors.magento.product_look import ProductThere

_OF_ALL = ArticleRefusals("Magento", "product")
nearly, doubled, deleted = _OF_ALL.nearly, _OF_ALL.doubled, _OF_ALL.deleted
left_out, inactive = _OF_ALL.left_out, _OF_ALL.inactive
free, no_price = _OF_ALL.free, _OF_ALL.no_price

# A word of their message -> the field of ours it is about.
_FIELDS = (
    ("url key", "name"),
    ("price", "price"),
    ("weight", "weight"),
    ("sku", "sku"),
    ("name", "name"),
    ("image", "images"),
)


def composite(article: Wanted, there: ProductThere) -> Rejected:
    return Rejected(
        f"The SKU {there.sku} is a {there.type_id} product in Magento, not an article",
        field="sku",
        said=there.sku,
        advice="Give the article or the product another SKU, then replay.",
    )


def other_options(article: Wanted, parent: ProductThere, codes: Iterable[str]) -> Rejected:
    mine = ", ".join(name for name, _ in article.options) or "none"
    theirs = ", ".join(sorted(codes)) or "none"
    return Rejected(
        f"The article {article.label} has the options {mine}, the Magento product {parent.sku}"
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
        f"The SKU {there.sku}, which the family of {article.label} would get, is a"
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
        f"Magento refused the article {article.label}: {error.words}",
        field=field,
        said=error.words,
        advice="Correct the value in the point of sale or in Magento, then replay the record.",
    )
