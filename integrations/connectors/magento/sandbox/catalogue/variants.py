"""Configurable products: the attributes their variants differ by, and the variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.magento.sandbox.catalogue import product_view, products
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity, required
from integrations.connectors.magento.sandbox.records import (
    Attribute,
    ConfigurableOption,
    Product,
)
from integrations.connectors.magento.sandbox.routing import Call, Route, whole_of
from integrations.connectors.magento.sandbox.shop import Shop

_ALREADY = "The product is already attached."


def _attribute(shop: Shop, number: int) -> Attribute:
    for attribute in shop.attributes.values():
        if attribute.id == number:
            return attribute
    raise no_such_entity("attribute_id", number)


def add_option(shop: Shop, entry: Product, given: Mapping[str, Any]) -> ConfigurableOption:
    """Raises Refusal: not a configurable product, an attribute it has already, no values."""
    if entry.type_id != "configurable":
        raise Refusal("The configurable product's option can only be added to a configurable one.")
    if given.get("attribute_id") in (None, ""):
        raise required("attribute_id")
    attribute = _attribute(shop, whole_of(given["attribute_id"], "attribute_id"))
    values = [whole_of(row.get("value_index"), "value_index") for row in given.get("values") or []]
    if not values:
        raise Refusal("Option values are not specified.")
    if attribute.kind != "select" or not attribute.is_global:
        raise Refusal(
            'The attribute "%1" cannot be used for variants.', parameters=[attribute.code]
        )
    known = {option.id for option in attribute.options}
    if any(value not in known for value in values):
        raise Refusal(
            'Product with id "%1" does not contain required attribute "%2".',
            parameters=[entry.id, attribute.code],
        )
    for option in entry.options:
        if option.attribute_id == attribute.id:
            option.values = [*option.values, *(v for v in values if v not in option.values)]
            return option
    made = ConfigurableOption(
        shop.next_id("configurable_option"),
        attribute.id,
        str(given.get("label") or attribute.label),
        whole_of(given.get("position") or 0, "position"),
        values,
    )
    entry.options.append(made)
    return made


def set_children(shop: Shop, entry: Product, numbers: Sequence[Any]) -> None:
    """The variants, by their ids. Raises Refusal for two of one look."""
    wanted = []
    for number in numbers:
        child = next((row for row in shop.products.values() if row.id == int(number)), None)
        if child is None:
            raise Refusal(
                'Product with id "%1" does not exist.', parameters=[str(number)], status=404
            )
        wanted.append(child)
    entry.children = []
    for child in wanted:
        attach(shop, entry, child)


def attach(shop: Shop, entry: Product, child: Product) -> None:
    """Raises Refusal: there already, without a value of an attribute, or of the look of another."""
    if child.sku in entry.children:
        raise Refusal(_ALREADY)
    looks = set()
    for sku in [*entry.children, child.sku]:
        found = shop.product(sku)
        if found is None:
            continue
        look = tuple(
            str(found.custom.get(_attribute(shop, option.attribute_id).code) or "")
            for option in entry.options
        )
        if not entry.options or "" in look:
            raise Refusal("The parent product doesn't have configurable product options.")
        if look in looks:
            raise Refusal(
                'Products "%1" and "%2" have the same set of attribute values.',
                parameters=[child.sku, entry.sku],
            )
        looks.add(look)
    entry.children.append(child.sku)
    entry.updated_at = shop.now()


def _add_option(shop: Shop, call: Call) -> int:
    entry = products.found(shop, call.params["sku"])
    return add_option(shop, entry, call.part("option")).id


def _options(shop: Shop, call: Call) -> list[dict[str, Any]]:
    entry = products.found(shop, call.params["sku"])
    return [product_view.configurable_option(entry, option) for option in entry.options]


def _option(shop: Shop, call: Call) -> ConfigurableOption:
    entry, wanted = products.found(shop, call.params["sku"]), call.number("id")
    for option in entry.options:
        if option.id == wanted:
            return option
    raise no_such_entity("id", wanted)


def _read_option(shop: Shop, call: Call) -> dict[str, Any]:
    entry = products.found(shop, call.params["sku"])
    return product_view.configurable_option(entry, _option(shop, call))


def _change_option(shop: Shop, call: Call) -> int:
    option, given = _option(shop, call), call.part("option")
    for row in given.get("values") or []:
        value = whole_of(row.get("value_index"), "value_index")
        if value not in option.values:
            option.values.append(value)
    option.label = str(given.get("label") or option.label)
    return option.id


def _add_child(shop: Shop, call: Call) -> bool:
    entry = products.found(shop, call.params["sku"])
    sku = call.values().get("childSku")
    if not sku:
        raise required("childSku")
    attach(shop, entry, products.found(shop, str(sku)))
    shop.emit("catalog.product.updated", entry.id)
    return True


def _children(shop: Shop, call: Call) -> list[dict[str, Any]]:
    entry = products.found(shop, call.params["sku"])
    return [
        product_view.product(shop, child, call.store, is_detailed=False)
        for sku in entry.children
        if (child := shop.product(sku)) is not None
    ]


def _drop_child(shop: Shop, call: Call) -> bool:
    entry = products.found(shop, call.params["sku"])
    child = products.found(shop, call.params["childSku"])
    if child.sku not in entry.children:
        raise Refusal("The product that was requested can't be removed: it is no variant.")
    entry.children.remove(child.sku)
    return True


_HEAD = "configurable-products/{sku}"

ROUTES = (
    Route("POST", f"{_HEAD}/options", _add_option, products.RESOURCE),
    Route("GET", f"{_HEAD}/options/all", _options, products.RESOURCE),
    Route("GET", f"{_HEAD}/options/{{id}}", _read_option, products.RESOURCE),
    Route("PUT", f"{_HEAD}/options/{{id}}", _change_option, products.RESOURCE),
    Route("POST", f"{_HEAD}/child", _add_child, products.RESOURCE),
    Route("GET", f"{_HEAD}/children", _children, products.RESOURCE),
    Route("DELETE", f"{_HEAD}/children/{{childSku}}", _drop_child, products.RESOURCE),
)
