"""What the mapping rules ask of a product, as Shopify's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit import article_fields
from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.safe_html import clean

# Names our marks bear in Shopify: on a variant the item it belongs to, on a product we made the
# family it holds. The family's is of type `id`, which Shopify keeps unique and finds at once.
NAMESPACE, ITEM, STATE, FAMILY, BEFORE = (
    "clarity",
    "item_id",
    "item_state",
    "family",
    "status_before",
)
INACTIVE = "inactive"
TEXT = "single_line_text_field"

MOST_OPTIONS = 3

# Our unit -> theirs.
_UNITS = {"g": "GRAMS", "kg": "KILOGRAMS", "oz": "OUNCES", "lb": "POUNDS"}

Option = tuple[str, str]


@dataclass(frozen=True)
class Wanted:
    """One article as the point of sale wants it. None and "" mean that it says nothing.

    `weight`: amount and Shopify's unit. `family`: key of the family, "" when it stands alone.
    `own_fields`, `family_fields`: metafields that mapping rules fill, of the variant and of the
    product.
    """

    key: str
    linked_id: str
    sku: str
    barcode: str
    title: str
    html: str
    vendor: str
    product_type: str
    tags: tuple[str, ...]
    images: tuple[str, ...]
    price: Decimal | None
    compare_at: Decimal | None
    cost: Decimal | None
    weight: tuple[Decimal, str] | None
    is_tracked: bool
    is_active: bool
    family: str
    family_skus: tuple[str, ...]
    options: tuple[Option, ...]
    own_fields: tuple[Mapping[str, str], ...]
    family_fields: tuple[Mapping[str, str], ...]

    @property
    def mark(self) -> str:
        """What the product that holds it is found by."""
        return f"family:{self.family}" if self.family else f"item:{self.key}"

    @property
    def label(self) -> str:
        return self.sku or self.title or self.key


def wanted(outgoing: Outgoing) -> Wanted:
    """The fields read as what they must be. Raises Rejected naming the field."""
    fields = outgoing.fields
    weighed = article_fields.weight(fields, _UNITS, "Shopify weighs in")
    made = Wanted(
        key=outgoing.key,
        linked_id=outgoing.linked_id,
        sku=_text(fields, "sku"),
        barcode=_text(fields, "barcode"),
        title=_text(fields, "title"),
        html=clean(_text(fields, "description")),
        vendor=_text(fields, "vendor"),
        product_type=_text(fields, "product_type"),
        tags=article_fields.texts(fields, "tags"),
        images=article_fields.texts(fields, "images"),
        price=article_fields.amount(fields, "price"),
        compare_at=article_fields.amount(fields, "compare_at_price"),
        cost=article_fields.amount(fields, "cost"),
        weight=(weighed[0], _UNITS[weighed[1]]) if weighed else None,
        is_tracked=fields.get("tracks_stock") is not False,
        is_active=fields.get("is_active") is not False,
        family=_text(fields, "family_key"),
        family_skus=article_fields.texts(fields, "family_skus"),
        options=_options(fields),
        own_fields=_metafields(fields.get("variant_metafields"), "variant_metafields"),
        family_fields=_metafields(fields.get("metafields"), "metafields"),
    )
    article_fields.check_findable(made.sku, made.linked_id)
    return made


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value)


def _options(fields: Mapping[str, Any]) -> tuple[Option, ...]:
    given: Mapping[str, Any] = fields.get("options") or {}
    found = tuple((str(name), str(value)) for name, value in given.items() if value)
    if len(found) > MOST_OPTIONS:
        raise Rejected(
            f"Shopify products have at most {MOST_OPTIONS} options, this article has {len(found)}",
            field="options",
            said=", ".join(name for name, _ in found),
            advice="Name fewer option fields in the settings of the point of sale, then replay.",
        )
    return found


def _metafields(given: Any, field: str) -> tuple[Mapping[str, str], ...]:
    """{"custom": {"fabric": "Cotton"}} as Shopify's rows."""
    made = []
    for space, keys in (given or {}).items():
        if not isinstance(keys, Mapping):
            raise Rejected(
                f"{field}.{space} must have two parts, a namespace and a key",
                field=f"{field}.{space}",
                advice="Write the target of the rule like metafields.custom.fabric, then replay.",
            )
        made += [metafield(key, value, space=space) for key, value in keys.items() if value]
    return tuple(made)


def metafield(
    key: str, value: object, *, space: str = NAMESPACE, kind: str = TEXT
) -> dict[str, str]:
    return {"namespace": space, "key": key, "type": kind, "value": str(value)}


# --- inputs --------------------------------------------------------------------------------------


def variant_input(article: Wanted, options: Sequence[Option] | None = None) -> dict[str, Any]:
    """Everything we know of an article, for a variant that is made or filled for the first time."""
    item: dict[str, Any] = {"sku": article.sku, "tracked": article.is_tracked}
    if article.cost is not None:
        item["cost"] = str(article.cost)
    if article.weight:
        item["measurement"] = weight_input(article.weight)
    made: dict[str, Any] = {
        "inventoryItem": item,
        "price": str(article.price),
        "metafields": [metafield(ITEM, article.key), *article.own_fields],
    }
    if article.barcode:
        made["barcode"] = article.barcode
    if article.compare_at is not None:
        made["compareAtPrice"] = str(article.compare_at)
    if options is not None:
        made["optionValues"] = [{"optionName": name, "name": value} for name, value in options]
    return made


def weight_input(weight: tuple[Decimal, str]) -> dict[str, Any]:
    return {"weight": {"value": weight[0], "unit": weight[1]}}


def product_input(family: Sequence[Wanted], *, status: str) -> dict[str, Any]:
    """A new product for these siblings; of them the first gives the texts."""
    first = family[0]
    made: dict[str, Any] = {
        "title": first.title or first.sku,
        "status": status,
        "metafields": [metafield(FAMILY, first.mark, kind="id"), *first.family_fields],
    }
    texts = {"descriptionHtml": first.html, "vendor": first.vendor}
    texts["productType"] = first.product_type
    made |= {name: value for name, value in texts.items() if value}
    tags = list(dict.fromkeys(tag for article in family for tag in article.tags))
    if tags:
        made["tags"] = tags
    if first.options:
        made["productOptions"] = [
            {"name": name, "position": place, "values": [{"name": value}]}
            for place, (name, value) in enumerate(first.options, start=1)
        ]
    return made


def media_input(family: Sequence[Wanted]) -> list[dict[str, str]]:
    """Each image once, whichever sibling shows it first."""
    shown = {url: article for article in reversed(family) for url in article.images}
    urls = dict.fromkeys(url for article in family for url in article.images)
    return [
        {
            "originalSource": url,
            "mediaContentType": "IMAGE",
            "alt": shown[url].title[:512],
        }
        for url in urls
    ]
