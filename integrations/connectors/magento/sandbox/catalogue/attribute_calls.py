"""Attributes, their options and the sets they lie in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.magento.sandbox.catalogue import products
from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity
from integrations.connectors.magento.sandbox.records import Attribute, AttributeOption
from integrations.connectors.magento.sandbox.routing import Call, Route, whole_of
from integrations.connectors.magento.sandbox.shop import Shop

_RESOURCE = "Magento_Catalog::attributes_attributes"
_SETS_RESOURCE = "Magento_Catalog::sets"
_SETS = ((4, "Default", 1), (9, "Clothing", 2))
_PRODUCT_TYPE = 4
_BACKENDS = {"select": "int", "price": "decimal", "weight": "decimal", "textarea": "text"}


def _option_view(option: AttributeOption) -> dict[str, Any]:
    return {"label": option.label, "value": str(option.id)}


def _options(attribute: Attribute) -> list[dict[str, Any]]:
    """A list begins with an empty choice, as on the page of the admin."""
    if attribute.kind != "select":
        return []
    return [{"label": " ", "value": ""}, *map(_option_view, attribute.options)]


def _view(attribute: Attribute) -> dict[str, Any]:
    return {
        "is_wysiwyg_enabled": False,
        "is_html_allowed_on_front": True,
        "used_for_sort_by": False,
        "is_filterable": attribute.kind == "select",
        "is_filterable_in_search": False,
        "is_used_in_grid": False,
        "is_visible_in_grid": False,
        "is_filterable_in_grid": False,
        "position": 0,
        "apply_to": [],
        "is_searchable": "1",
        "is_visible_in_advanced_search": "0",
        "is_comparable": "0",
        "is_used_for_promo_rules": "0",
        "is_visible_on_front": "0",
        "used_in_product_listing": "0",
        "is_visible": True,
        "scope": "global" if attribute.is_global else "store",
        "attribute_id": attribute.id,
        "attribute_code": attribute.code,
        "frontend_input": attribute.kind,
        "entity_type_id": str(_PRODUCT_TYPE),
        "is_required": attribute.is_required,
        "options": _options(attribute),
        "is_user_defined": attribute.is_own,
        "default_frontend_label": attribute.label,
        "frontend_labels": [],
        "backend_type": _BACKENDS.get(attribute.kind, "varchar"),
        "is_unique": "0",
        "validation_rules": [],
    }


_COLUMNS: dict[str, Callable[[Attribute], Any]] = {
    "attribute_id": lambda entry: entry.id,
    "attribute_code": lambda entry: entry.code,
    "frontend_input": lambda entry: entry.kind,
    "frontend_label": lambda entry: entry.label,
    "is_user_defined": lambda entry: int(entry.is_own),
    "is_visible": lambda _: 1,
}


def _found(shop: Shop, call: Call) -> Attribute:
    """By its code, or by its number."""
    wanted = call.params["attributeCode"]
    for attribute in shop.attributes.values():
        if wanted in (attribute.code, str(attribute.id)):
            return attribute
    raise Refusal(
        'The attribute with a "%1" attributeCode doesn\'t exist. Verify the attribute and try again.',
        status=404,
        parameters=[wanted],
    )


def _search(shop: Shop, call: Call) -> dict[str, Any]:
    return listing(call, shop.attributes.values(), _COLUMNS, _view)


def _read(shop: Shop, call: Call) -> dict[str, Any]:
    return _view(_found(shop, call))


def _read_options(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return _options(_found(shop, call))


def _add_option(shop: Shop, call: Call) -> str:
    """A label that is there already is refused (eav OptionManagement, 2.4.x)."""
    attribute, given = _found(shop, call), call.part("option")
    label = str(given.get("label") or "").strip()
    if not label:
        raise Refusal("The attribute option label is empty. Enter the value and try again.")
    if attribute.kind != "select":
        raise Refusal('The "%1" attribute doesn\'t work with options.', parameters=[attribute.code])
    if any(option.label == label for option in attribute.options):
        raise Refusal(
            'Admin store attribute option label "%1" is already exists.', parameters=[label]
        )
    made = AttributeOption(
        shop.next_id("attribute_option"),
        label,
        whole_of(given.get("sort_order") or 0, "sort_order"),
    )
    attribute.options.append(made)
    return str(made.id)


def _set_view(row: tuple[int, str, int]) -> dict[str, Any]:
    return {
        "attribute_set_id": row[0],
        "attribute_set_name": row[1],
        "sort_order": row[2],
        "entity_type_id": _PRODUCT_TYPE,
    }


def _sets(shop: Shop, call: Call) -> dict[str, Any]:
    columns: dict[str, Callable[[tuple[int, str, int]], Any]] = {
        "attribute_set_id": lambda row: row[0],
        "attribute_set_name": lambda row: row[1],
        "sort_order": lambda row: row[2],
        "entity_type_id": lambda _: _PRODUCT_TYPE,
    }
    return listing(call, _SETS, columns, _set_view)


def _of_set(shop: Shop, call: Call) -> list[dict[str, Any]]:
    wanted = call.number("attributeSetId")
    if all(wanted != row[0] for row in _SETS):
        raise no_such_entity("attributeSetId", wanted)
    return [_view(attribute) for attribute in shop.attributes.values()]


def _types(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return [
        {"name": name, "label": label}
        for name, label in (
            ("simple", "Simple Product"),
            ("virtual", "Virtual Product"),
            ("configurable", "Configurable Product"),
            ("bundle", "Bundle Product"),
        )
    ]


ROUTES = (
    Route("GET", "products/attributes", _search, _RESOURCE),
    Route("GET", "products/attributes/{attributeCode}", _read, _RESOURCE),
    Route("GET", "products/attributes/{attributeCode}/options", _read_options, _RESOURCE),
    Route("POST", "products/attributes/{attributeCode}/options", _add_option, _RESOURCE),
    Route("GET", "products/attribute-sets/sets/list", _sets, _SETS_RESOURCE),
    Route("GET", "products/attribute-sets/{attributeSetId}/attributes", _of_set, _SETS_RESOURCE),
    Route("GET", "products/types", _types, products.RESOURCE),
)
