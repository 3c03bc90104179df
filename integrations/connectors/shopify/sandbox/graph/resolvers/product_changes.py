"""Products made and changed, and variants added to them (Shopify: the product model)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from integrations.connectors.shopify.sandbox import clock, events
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.paging import View
from integrations.connectors.shopify.sandbox.graph.resolvers.catalogue_queries import (
    update_variant,
    value_problems,
)
from integrations.connectors.shopify.sandbox.graph.resolvers.metafield_changes import (
    checked_metafields,
    store_metafields,
)
from integrations.connectors.shopify.sandbox.graph.resolvers.order_changes import clean_tags
from integrations.connectors.shopify.sandbox.graph.resolvers.order_queries import custom_id_owner
from integrations.connectors.shopify.sandbox.graph.views import catalogue
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.records import Level, Product, Variant

DEFAULT_OPTIONS = (("Title", "Default Title"),)
_MOST_OPTIONS, _MOST_VARIANTS = 3, 2048
# Their word -> the attribute of our record.
_TEXTS = {"title": "title", "vendor": "vendor", "productType": "product_type"} | {
    "descriptionHtml": "html",
    "handle": "handle",
}


def _by_identifier(call: Call, identifier: dict[str, Any]) -> View | None:
    found = _identified(call, identifier)
    return catalogue.product(found) if found is not None else None


def _identified(call: Call, identifier: dict[str, Any]) -> Product | None:
    products = call.shop.products
    if "customId" in identifier:
        owner = custom_id_owner(call, "PRODUCT", identifier["customId"])
        return products.get(number_in(owner, "Product")) if owner else None
    if "id" in identifier:
        return products.get(number_in(identifier["id"], "Product"))
    return next((one for one in products.values() if one.handle == identifier["handle"]), None)


def _create(
    call: Call, product: dict[str, Any] | None = None, media: list[dict[str, Any]] | None = None
) -> View:
    given = product or {}
    number = call.shop.numbers.next("Product")
    problems = _create_problems(call, gid("Product", number), given, media or [])
    if problems:
        return {"product": None, "shop": None, "userErrors": problems}
    moment = clock.now()
    made = Product(
        id=number,
        title=given["title"],
        handle=_free_handle(call, given.get("handle") or given["title"]),
        product_type="",
        created_at=moment,
        updated_at=moment,
        status="ACTIVE",
        vendor=call.shop.name,
        images=[(row["originalSource"], row.get("alt") or "") for row in media or []],
    )
    call.shop.products[number] = made
    options = tuple(
        (option["name"], option["values"][0]["name"])
        for option in sorted(given.get("productOptions") or [], key=_position)
    )
    _add_variant(call, made, options or DEFAULT_OPTIONS)
    _write(call, made, given)
    events.product_changed(call.shop, made, "products/create")
    return {"product": catalogue.product(made), "shop": None, "userErrors": []}


def _position(option: dict[str, Any]) -> int:
    return int(option.get("position") or 0)


def _create_problems(
    call: Call, owner: str, given: dict[str, Any], media: list[dict[str, Any]]
) -> list[View]:
    problems = []
    if not (given.get("title") or "").strip():
        problems.append(user_error(["title"], "Title can't be blank"))
    options = given.get("productOptions") or []
    if len(options) > _MOST_OPTIONS:
        text = f"Exceeds maximum number of options. Product cannot have more than {_MOST_OPTIONS}."
        problems.append(user_error(["options"], text))
    problems += [
        user_error(["media", str(index), "originalSource"], "Image URL is invalid")
        for index, row in enumerate(media)
        if not re.match(r"https?://[^\s/]+/?", row["originalSource"])
    ]
    return problems + checked_metafields(call, owner, given.get("metafields") or [], ["metafields"])


def _free_handle(call: Call, wanted: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-") or "product"
    taken = {one.handle for one in call.shop.products.values()}
    handle, count = base, 0
    while handle in taken:
        count += 1
        handle = f"{base}-{count}"
    return handle


def _write(call: Call, product: Product, given: dict[str, Any]) -> None:
    for name, attribute in _TEXTS.items():
        if given.get(name) is not None:
            setattr(product, attribute, given[name])
    if given.get("tags") is not None:
        product.tags = clean_tags(given["tags"])
    if given.get("status"):
        product.status = given["status"]
    store_metafields(call, gid("Product", product.id), given.get("metafields") or [])
    product.updated_at = clock.now()


def _update(
    call: Call, product: dict[str, Any] | None = None, media: list[dict[str, Any]] | None = None
) -> View:
    given = product or {}
    found = call.shop.products.get(number_in(given.get("id") or "", "Product"))
    if found is None:
        return {"product": None, "userErrors": [user_error(["id"], "Product does not exist")]}
    problems = []
    if "title" in given and not (given["title"] or "").strip():
        problems.append(user_error(["title"], "Title can't be blank"))
    owner = gid("Product", found.id)
    problems += checked_metafields(call, owner, given.get("metafields") or [], ["metafields"])
    if not problems:
        found.images += [(row["originalSource"], row.get("alt") or "") for row in media or []]
        _write(call, found, given)
        events.product_changed(call.shop, found)
    return {"product": catalogue.product(found), "userErrors": problems}


def _bulk_create(
    call: Call, productId: str, variants: list[dict[str, Any]], strategy: str = "DEFAULT"
) -> View:
    """All or nothing; a new option value is added by being named."""
    product = call.shop.products.get(number_in(productId, "Product"))
    if product is None:
        error = user_error(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    problems = list(_bulk_problems(call, product, variants))
    if problems:
        view = catalogue.product(product)
        return {"product": view, "productVariants": [], "userErrors": problems}
    alone = product.variants[0] if len(product.variants) == 1 else None
    made = []
    for values in variants:
        variant = _add_variant(call, product, _options_of(product, values))
        update_variant(call, variant, values)
        made.append(variant)
    if alone is not None and _is_removed(alone, strategy):
        forget_variant(call.shop, alone)
    events.product_changed(call.shop, product)
    return {
        "product": catalogue.product(product),
        "productVariants": [catalogue.variant(one) for one in made],
        "userErrors": [],
    }


def _is_removed(alone: Variant, strategy: str) -> bool:
    is_default = alone.options == DEFAULT_OPTIONS
    return strategy == "REMOVE_STANDALONE_VARIANT" or (strategy == "DEFAULT" and is_default)


def _bulk_problems(call: Call, product: Product, variants: list[dict[str, Any]]) -> Iterator[View]:
    names = [name for name, _ in product.variants[0].options]
    taken = {one.options for one in product.variants}
    for index, values in enumerate(variants):
        path = ["variants", str(index)]
        yield from value_problems(values, path)
        owner = gid("ProductVariant", 0)
        given = values.get("metafields") or []
        yield from checked_metafields(call, owner, given, [*path, "metafields"])
        problem = _option_problem(names, values, path)
        if problem:
            yield problem
            continue
        options = _options_of(product, values)
        if options in taken:
            shown = " / ".join(value for _, value in options)
            text = f"The variant '{shown}' already exists. Please change at least one option value."
            yield user_error(path, text, "VARIANT_ALREADY_EXISTS")
        taken.add(options)
    if len(product.variants) + len(variants) > _MOST_VARIANTS:
        text = f"Exceeded maximum number of variants allowed per product: {_MOST_VARIANTS}"
        yield user_error(["variants"], text, "INVALID_INPUT")


def _option_problem(names: list[str], values: dict[str, Any], path: list[str]) -> View | None:
    given = [entry.get("optionName") for entry in values.get("optionValues") or []]
    if any(name not in names for name in given):
        text = "Option does not exist"
        return user_error([*path, "optionValues"], text, "INVALID_INPUT")
    missing = [name for name in names if name not in given]
    if missing:
        text = f"You need to add option values for {', '.join(missing)}"
        return user_error(path, text, "NEED_TO_ADD_OPTION_VALUES")
    return None


def _options_of(product: Product, values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    given = {entry["optionName"]: entry["name"] for entry in values.get("optionValues") or []}
    return tuple((name, given[name]) for name, _ in product.variants[0].options)


def _add_variant(call: Call, product: Product, options: tuple[tuple[str, str], ...]) -> Variant:
    """An empty variant; Shopify stocks it at the main location, with nothing there."""
    shop, moment = call.shop, clock.now()
    made = Variant(
        id=shop.numbers.next("ProductVariant"),
        item_id=shop.numbers.next("InventoryItem"),
        product=product,
        sku="",
        barcode="",
        options=options,
        price=Decimal(0),
        cost=Decimal(0),
        position=len(product.variants) + 1,
        created_at=moment,
        updated_at=moment,
        tracked=False,
    )
    product.variants.append(made)
    shop.variants[made.id] = shop.items[made.item_id] = made
    made.levels[shop.main_location.id] = Level(made, shop.main_location, moment, moment)
    return made


def forget_variant(shop: Any, variant: Variant) -> None:
    """Takes a variant out of its product and of the shop."""
    variant.product.variants.remove(variant)
    del shop.variants[variant.id], shop.items[variant.item_id]
    shop.metafields.pop(gid("ProductVariant", variant.id), None)


def delete_product(shop: Any, product: Product) -> None:
    """What a merchant does in the admin; orders keep what they show of it."""
    for variant in list(product.variants):
        del shop.variants[variant.id], shop.items[variant.item_id]
        shop.metafields.pop(gid("ProductVariant", variant.id), None)
    del shop.products[product.id]
    shop.metafields.pop(gid("Product", product.id), None)
    shop.index_skus()
    events.product_deleted(shop, product)


QUERIES: dict[str, Callable[..., Any]] = {"productByIdentifier": _by_identifier}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "productCreate": _create,
    "productUpdate": _update,
    "productVariantsBulkCreate": _bulk_create,
}
