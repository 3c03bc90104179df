"""What is sent of an article: everything of a new one, and of one that is there what must change.

A blank never replaces a value. What a merchant wrote in Magento stays, unless the settings say that
the point of sale rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.connectors.magento import attributes
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.inventory_legacy import of_new as stock_of_new
from integrations.connectors.magento.product_fields import SHOP_UNITS, Wanted, slug, weight_in
from integrations.connectors.magento.product_look import ProductThere
from integrations.connectors.magento.product_settings import DISABLED, Policy
from integrations.connectors.magento.rounding import maybe_rounded

NOT_VISIBLE, CATALOG_AND_SEARCH = 1, 4

# A special price that begins on this day is ours, so it ends with the offer of the point of sale.
# One that a merchant entered begins some other day, and stays.
OUR_DAY = "2000-01-01 00:00:00"
_FROM, _PRICE = "special_from_date", "special_price"


def of_new(
    client: StoreClient, article: Wanted, policy: Policy, *, website: int | None
) -> dict[str, Any]:
    """The product of an article that the shop lacks. Raises Rejected."""
    price, special = article.prices
    custom = _held(client, article)
    custom |= _chosen(client, article) if article.is_member else {}
    custom["url_key"] = slug(f"{article.name or article.sku} {article.sku}")
    if article.html:
        custom["description"] = article.html
    if article.cost is not None:
        custom["cost"] = _money(article.cost)
    if special is not None:
        custom |= {_PRICE: _money(special), _FROM: OUR_DAY}
    made: dict[str, Any] = {
        "sku": article.sku,
        "name": article.name or article.sku,
        "attribute_set_id": attributes.set_id(client, policy.attribute_set),
        "price": price,
        "status": policy.new_status,
        "visibility": NOT_VISIBLE if article.is_member else CATALOG_AND_SEARCH,
        "type_id": "simple",
        "custom_attributes": rows(custom),
        "extension_attributes": {
            **_place(article, website),
            # Of a tracked one the till tells the stock, in a moment.
            **({} if article.is_tracked else {"stock_item": stock_of_new(is_tracked=False)}),
            **article.extension,
        },
    }
    weight = _weight(client, article)
    return made if weight is None else {**made, "weight": weight}


def of_family(
    client: StoreClient, article: Wanted, policy: Policy, *, website: int | None
) -> dict[str, Any]:
    """The product that holds a family together, still without its articles. Raises Rejected."""
    name = article.family_name or article.name or article.family_sku
    chosen = {attributes.by_option(client, option).code for option, _ in article.options}
    custom = {code: held for code, held in _held(client, article).items() if code not in chosen}
    custom["url_key"] = slug(f"{name} {article.family_sku}")
    if article.html:
        custom["description"] = article.html
    return {
        "sku": article.family_sku,
        "name": name,
        "attribute_set_id": attributes.set_id(client, policy.attribute_set),
        "status": policy.new_status,
        "visibility": CATALOG_AND_SEARCH,
        "type_id": "configurable",
        "custom_attributes": rows(custom),
        "extension_attributes": {
            **_place(article, website),
            # Without it the product would be sold out whatever its articles have.
            "stock_item": stock_of_new(is_tracked=True),
        },
    }


def of_article(
    client: StoreClient, article: Wanted, there: ProductThere, policy: Policy
) -> dict[str, Any]:
    """What must change, {} when all is as it should be. Raises Rejected."""
    made: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    if not policy.keeps_texts:
        if article.name and article.name != there.name:
            made["name"] = article.name
        if article.html:
            custom["description"] = article.html
    if not policy.keeps_prices:
        made |= _prices(article, there)
        custom |= _special(article, there)
        if article.cost is not None and article.cost != maybe_rounded(there.custom.get("cost")):
            custom["cost"] = _money(article.cost)
        weight = _weight(client, article)
        if weight is not None and weight != there.weight:
            made["weight"] = weight
    custom |= _held(client, article)
    if policy.disables and not article.is_active and there.status != DISABLED:
        made["status"] = DISABLED
    changed = {
        code: value
        for code, value in custom.items()
        if attributes.plain(value) != attributes.plain(there.custom.get(code) or "")
    }
    if changed:
        made["custom_attributes"] = rows(changed)
    if article.extension:
        made["extension_attributes"] = dict(article.extension)
    return made


def rows(custom: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"attribute_code": code, "value": value} for code, value in custom.items()]


def _prices(article: Wanted, there: ProductThere) -> dict[str, Any]:
    price, _ = article.prices
    return {"price": price} if price is not None and price != there.price else {}


def _special(article: Wanted, there: ProductThere) -> dict[str, Any]:
    """The offer of the point of sale, or nothing once it is over, as far as it was ours."""
    if article.price is None:
        return {}
    _, special = article.prices
    is_ours = str(there.custom.get(_FROM) or "").startswith(OUR_DAY[:10])
    if special is not None:
        made = {} if special == there.special_price else {_PRICE: _money(special)}
        return made if is_ours and not made else {**made, _FROM: OUR_DAY}
    if is_ours and there.special_price is not None:
        return {_PRICE: "", _FROM: ""}
    return {}


def _held(client: StoreClient, article: Wanted) -> dict[str, Any]:
    return {code: attributes.held(client, code, value) for code, value in article.custom.items()}


def _chosen(client: StoreClient, article: Wanted) -> dict[str, str]:
    """What tells the article from its siblings, by attribute code."""
    found = {}
    for name, label in article.options:
        attribute = attributes.by_option(client, name)
        found[attribute.code] = attributes.value_of(client, attribute, label)
    return found


def _place(article: Wanted, website: int | None) -> dict[str, Any]:
    made: dict[str, Any] = {} if website is None else {"website_ids": [website]}
    if article.categories:
        made["category_links"] = [
            {"position": 0, "category_id": number} for number in article.categories
        ]
    return made


def _weight(client: StoreClient, article: Wanted) -> Decimal | None:
    """In the unit of the shop; None when that is not known, rather than a number of another one."""
    if article.weight is None:
        return None
    unit = SHOP_UNITS.get(attributes.weight_unit(client))
    return weight_in(article.weight, unit) if unit else None


def _money(amount: Decimal) -> str:
    return f"{amount:f}"
