"""Fills a new shop with the shared catalogue, so that its SKUs are those of the point of sale."""

from __future__ import annotations

import re
from decimal import Decimal

from integrations.connector_kit.sandbox.catalogue import Article, catalogue
from integrations.connectors.magento.sandbox.catalogue.attributes import option_of, standard
from integrations.connectors.magento.sandbox.people import buyers
from integrations.connectors.magento.sandbox.records import (
    IN_CATALOG_AND_SEARCH,
    ConfigurableOption,
    Product,
)
from integrations.connectors.magento.sandbox.shop import Shop
from integrations.connectors.magento.sandbox.stock import (
    DEFAULT_SOURCE,
    WEBSITE_CODE,
    Source,
    StockGroup,
)

_TAXABLE = "2"
_WEIGHT = Decimal("0.5")


def fill(shop: Shop) -> None:
    """Sources, attributes, products and opening stock. The point of sale keeps two locations; what
    lies at both is what the web shop may sell."""
    for number in range(1, shop.settings.locations + 1):
        code = DEFAULT_SOURCE if number == 1 else f"source_{number}"
        name = "Default Source" if number == 1 else f"Source {number}"
        shop.stock.sources[code] = Source(
            code, name, details={"country_id": "US", "postcode": "00000"}
        )
    if shop.settings.locations > 1:
        shop.stock.stocks[2] = StockGroup(2, "Website Stock", [*shop.stock.sources], [WEBSITE_CODE])
        shop.stock.stocks[1].website_codes.clear()
    shop.attributes.update((entry.code, entry) for entry in standard())
    chosen = shop.settings
    styles: dict[str, Product] = {}
    for article in catalogue(seed=chosen.seed, size=chosen.size, hostile=chosen.hostile):
        parent = styles.get(article.style)
        if parent is None:
            parent = styles[article.style] = _parent(shop, article)
        _child(shop, parent, article)
    for number in range(1, shop.settings.customers + 1):
        buyers.register(shop, number, shop.created_at)


def _url_key(text: str, number: int) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:200] or f"p-{number}"


def _parent(shop: Shop, article: Article) -> Product:
    """The style: a configurable product without a price and without stock of its own."""
    number = shop.next_id("product")
    head, *run = article.sku.split("-")[0], *article.sku.split("-")[3:]
    sku = "-".join([head, *run]) if re.fullmatch(r"[A-Z]+", head) else f"STYLE-{number}"
    if shop.product(sku) is not None:
        sku = f"{sku}-{number}"
    made = Product(
        id=number,
        sku=sku,
        name=article.style,
        created_at=shop.created_at,
        updated_at=shop.created_at,
        type_id="configurable",
        weight=_WEIGHT,
        custom={"url_key": f"{_url_key(article.style, number)}-{number}", "tax_class_id": _TAXABLE},
    )
    for place, code in enumerate(("color", "size")):
        attribute = shop.attributes[code]
        made.options.append(
            ConfigurableOption(
                shop.next_id("configurable_option"), attribute.id, attribute.label, place
            )
        )
    shop.add_product(made)
    return made


def _child(shop: Shop, parent: Product, article: Article) -> None:
    """One article. It can also be bought by itself, so that it shows in the shop on its own."""
    values = [
        option_of(shop.attributes["color"], article.colour),
        option_of(shop.attributes["size"], article.size),
    ]
    number = shop.next_id("product")
    made = Product(
        id=number,
        sku=article.sku,
        name=article.title,
        created_at=shop.created_at,
        updated_at=shop.created_at,
        price=article.price,
        visibility=IN_CATALOG_AND_SEARCH,
        weight=_WEIGHT,
        custom={
            "url_key": f"{_url_key(article.title, number)}-{number}",
            "tax_class_id": _TAXABLE,
            "cost": str(article.cost),
            "barcode": article.barcode,
            "color": str(values[0]),
            "size": str(values[1]),
        },
    )
    for option, value in zip(parent.options, values, strict=True):
        if value not in option.values:
            option.values.append(value)
    parent.children.append(made.sku)
    shop.add_product(made)
    lying = sum(article.opening_stock) if shop.settings.opening_stock else 0
    shop.stock.put(made.sku, DEFAULT_SOURCE, Decimal(lying))
