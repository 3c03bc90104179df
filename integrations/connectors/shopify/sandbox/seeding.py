"""Fills a new shop with the shared catalogue, so that its SKUs are those of the point of sale."""

from __future__ import annotations

import re

from integrations.connector_kit.sandbox.catalogue import Article, catalogue
from integrations.connectors.shopify.sandbox import clock, people
from integrations.connectors.shopify.sandbox.records import Level, Location, Product, Variant
from integrations.connectors.shopify.sandbox.shop import Shop

VENDOR = "Sandbox Goods"


def fill(shop: Shop) -> None:
    """Locations, products and opening stock. The point of sale keeps two locations; what lies at
    both is what the web shop may sell."""
    for index in range(shop.settings.locations):
        number = shop.numbers.next("Location")
        name = "Shop location" if index == 0 else f"Shop location {index + 1}"
        shop.locations[number] = Location(number, name, shop.created_at)
    by_style: dict[str, Product] = {}
    chosen = shop.settings
    for article in catalogue(seed=chosen.seed, size=chosen.size, hostile=chosen.hostile):
        product = by_style.get(article.style)
        if product is None:
            product = by_style[article.style] = _product(shop, article)
        _variant(shop, product, article)
    shop.index_skus()
    for number in range(1, shop.settings.customers + 1):
        people.register(shop, number, shop.created_at)


def _product(shop: Shop, article: Article) -> Product:
    number = shop.numbers.next("Product")
    product = Product(
        id=number,
        title=article.style,
        handle=re.sub(r"[^a-z0-9]+", "-", article.style.lower()).strip("-")[:255] or f"p-{number}",
        product_type=article.style.split()[-1][:255],
        created_at=shop.created_at,
        updated_at=shop.created_at,
        vendor=VENDOR,
    )
    shop.products[product.id] = product
    return product


def _variant(shop: Shop, product: Product, article: Article) -> None:
    variant = Variant(
        id=shop.numbers.next("ProductVariant"),
        item_id=shop.numbers.next("InventoryItem"),
        product=product,
        sku=article.sku,
        barcode=article.barcode,
        options=(("Color", article.colour), ("Size", article.size)),
        price=article.price,
        cost=article.cost,
        position=len(product.variants) + 1,
        created_at=shop.created_at,
        updated_at=shop.created_at,
    )
    product.variants.append(variant)
    shop.variants[variant.id] = shop.items[variant.item_id] = variant
    location = shop.main_location
    level = Level(variant, location, shop.created_at, clock.now())
    if shop.settings.opening_stock:
        level.counts["available"] = sum(article.opening_stock)
    variant.levels[location.id] = level
