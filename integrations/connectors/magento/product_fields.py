"""What the mapping rules ask of a product, read as what Magento needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit import article_fields
from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.safe_html import clean

# Magento: the column of the SKU.
LONGEST_SKU = 64

Option = tuple[str, str]

# In grams.
_UNITS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
# Magento's word for the unit of a shop -> ours.
SHOP_UNITS = {"lbs": "lb", "kgs": "kg"}


@dataclass(frozen=True)
class Wanted:
    """One article as the point of sale wants it. None and "" mean that it says nothing.

    `weight`: amount and unit ("g", "kg", "oz", "lb"). `family`: key of the family, "" when it
    stands alone. `custom`: values by attribute code; `extension`: extension attributes as they are.
    `is_unsure`: it may have been made a moment ago and not be part of its family yet.
    """

    key: str
    linked_id: str
    sku: str
    name: str
    family_name: str
    html: str
    price: Decimal | None
    compare_at: Decimal | None
    cost: Decimal | None
    weight: tuple[Decimal, str] | None
    images: tuple[str, ...]
    categories: tuple[str, ...]
    is_tracked: bool
    is_active: bool
    family: str
    family_sku: str
    family_skus: tuple[str, ...]
    options: tuple[Option, ...]
    custom: Mapping[str, Any]
    extension: Mapping[str, Any]
    is_unsure: bool

    @property
    def label(self) -> str:
        return self.sku or self.name or self.key

    @property
    def is_member(self) -> bool:
        """Whether it is one choice of a product; without anything to choose by it stands alone."""
        return bool(self.family and self.options)

    @property
    def prices(self) -> tuple[Decimal | None, Decimal | None]:
        """Price and special price: Magento keeps the higher one as the price."""
        if self.price is not None and self.compare_at is not None and self.compare_at > self.price:
            return self.compare_at, self.price
        return self.price, None


def wanted(outgoing: Outgoing) -> Wanted:
    """The fields read as what they must be. Raises Rejected naming the field."""
    fields = outgoing.fields
    family = _text(fields, "family_key")
    made = Wanted(
        key=outgoing.key,
        linked_id=outgoing.linked_id,
        sku=_text(fields, "sku"),
        name=_text(fields, "name"),
        family_name=_text(fields, "family_name") or _text(fields, "name"),
        html=clean(_text(fields, "description")),
        price=article_fields.amount(fields, "price"),
        compare_at=article_fields.amount(fields, "compare_at_price"),
        cost=article_fields.amount(fields, "cost"),
        weight=article_fields.weight(fields, _UNITS, "Weights are carried in"),
        images=article_fields.texts(fields, "images"),
        categories=article_fields.texts(fields, "categories"),
        is_tracked=fields.get("tracks_stock") is not False,
        is_active=fields.get("is_active") is not False,
        family=family,
        family_sku=_text(fields, "family_sku") or _family_sku(family),
        family_skus=article_fields.texts(fields, "family_skus"),
        options=_options(fields),
        custom=_named(fields, "custom_attributes"),
        extension=_named(fields, "extension_attributes"),
        is_unsure=outgoing.attempt > 1 or not outgoing.linked_id,
    )
    _check_sku(made)
    return made


def _check_sku(article: Wanted) -> None:
    article_fields.check_findable(article.sku, article.linked_id)
    if len(article.sku) > LONGEST_SKU:
        raise Rejected(
            f"Magento's SKUs have at most {LONGEST_SKU} letters, this one has {len(article.sku)}",
            field="sku",
            said=article.sku,
            advice="Shorten the item number in the point of sale, then replay.",
        )


def _family_sku(family: str) -> str:
    """A SKU of its own for what holds a family together; the till has none for it."""
    return f"family-{slug(family)}"[:LONGEST_SKU] if family else ""


def slug(text: str) -> str:
    """ "basic-tee" for "Basic Tée!": what an address may hold."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def weight_in(weight: tuple[Decimal, str], unit: str) -> Decimal:
    """The weight in another unit, as precise as Magento keeps it."""
    amount, own = weight
    return (amount * _UNITS[own] / _UNITS[unit]).quantize(Decimal("0.0001"))


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value).strip()


def _options(fields: Mapping[str, Any]) -> tuple[Option, ...]:
    given: Mapping[str, Any] = fields.get("options") or {}
    return tuple((str(name), str(value).strip()) for name, value in given.items() if value)


def _named(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """{"fabric": "Cotton"}; what is empty is left out, so that no blank replaces a value."""
    given = fields.get(name) or {}
    if not isinstance(given, Mapping):
        raise Rejected(
            f"{name} must name an attribute",
            field=name,
            advice=f"Write the target of the rule like {name}.fabric, then replay.",
        )
    return {str(code): value for code, value in given.items() if value not in (None, "", [])}
