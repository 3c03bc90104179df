"""Metafields and their definitions, written and listed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.shopify.sandbox import clock, events
from integrations.connectors.shopify.sandbox.access import READ_SCOPES
from integrations.connectors.shopify.sandbox.graph.call import Call, denied, user_error
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.views import metafields
from integrations.connectors.shopify.sandbox.identifiers import gid, parse_gid
from integrations.connectors.shopify.sandbox.registrations import Metafield

_SET_LIMIT = 25
_VALUE_BYTES = {"json": 131_072, "id": 2_048, "url": 2_048}
_DEFAULT_BYTES = 65_536
_SINGLE_LINE = "single_line_text_field"


def _owner(call: Call, owner: str) -> Any | None:
    parts = parse_gid(owner)
    stores: dict[str, dict[int, Any]] = {
        "Order": call.shop.orders,
        "Customer": call.shop.customers,
        "Product": call.shop.products,
        "ProductVariant": call.shop.variants,
    }
    if parts is None or parts.kind not in stores:
        return None
    return stores[parts.kind].get(parts.number)


def checked_metafields(
    call: Call, owner: str, entries: list[dict[str, Any]], path: list[str]
) -> list[View]:
    """What is wrong with metafields to be written to one owner."""
    problems = []
    for index, entry in enumerate(entries):
        place = [*path, str(index)]
        problem = _problem(call, owner, entry, place)
        if problem is not None:
            problems.append({**problem, "elementIndex": None})
    return problems


def _problem(call: Call, owner: str, entry: dict[str, Any], place: list[str]) -> View | None:
    kind = _type_of(call, owner, entry)
    if kind is None:
        return user_error([*place, "type"], "Type can't be blank", "BLANK")
    if not entry.get("value"):
        return user_error([*place, "value"], "Value can't be blank.", "BLANK")
    limit = _VALUE_BYTES.get(kind, _DEFAULT_BYTES)
    if len(entry["value"].encode()) > limit:
        return user_error([*place, "value"], f"Value is too long (maximum {limit})", "TOO_LONG")
    if kind == "id" and _taken(call, owner, entry):
        return user_error([*place, "value"], "Value has already been taken", "TAKEN")
    return None


def _place(call: Call, entry: dict[str, Any]) -> tuple[str, str]:
    return metafields.full_namespace(call.shop, entry.get("namespace")), entry["key"]


def _type_of(call: Call, owner: str, entry: dict[str, Any]) -> str | None:
    """The type named, else that of the definition or of the stored value."""
    if entry.get("type"):
        return str(entry["type"])
    space, key = _place(call, entry)
    owner_type = metafields.OWNER_TYPES[owner.split("/")[3]]
    definition = call.shop.definitions.get((owner_type, space, key))
    if definition is not None:
        return str(definition["type"]["name"])
    stored = call.shop.metafields.get(owner, {}).get((space, key))
    return stored.type if stored is not None else None


def _taken(call: Call, owner: str, entry: dict[str, Any]) -> bool:
    place, kind = _place(call, entry), owner.split("/")[3]
    return any(
        stored[place].value == entry["value"]
        for other, stored in call.shop.metafields.items()
        if other != owner and other.split("/")[3] == kind and place in stored
    )


def store_metafields(
    call: Call, owner: str, entries: list[dict[str, Any]]
) -> tuple[list[Metafield], bool]:
    """Writes checked metafields; also says whether any value changed."""
    stored = call.shop.metafields.setdefault(owner, {}) if entries else {}
    written, has_changed = [], False
    for entry in entries:
        place = _place(call, entry)
        moment = clock.now()
        found = stored.get(place)
        if found is None or found.value != entry["value"]:
            has_changed = True
            number = found.id if found is not None else call.shop.numbers.next("Metafield")
            found = stored[place] = Metafield(
                id=number,
                owner=owner,
                namespace=place[0],
                key=place[1],
                type=_type_of(call, owner, entry) or _SINGLE_LINE,
                value=entry["value"],
                created_at=found.created_at if found is not None else moment,
                updated_at=moment,
            )
        written.append(found)
    return written, has_changed


def _set(call: Call, entries: list[dict[str, Any]]) -> View:
    """All or nothing (Shopify: metafieldsSet)."""
    if len(entries) > _SET_LIMIT:
        text = f"Exceeded the maximum metafields input limit of {_SET_LIMIT}."
        error = user_error(["metafields"], text, "LESS_THAN_OR_EQUAL_TO")
        return {"metafields": None, "userErrors": [{**error, "elementIndex": None}]}
    problems = [
        {**problem, "elementIndex": index}
        for index, entry in enumerate(entries)
        if (problem := _set_problem(call, entry, index)) is not None
    ]
    if problems:
        return {"metafields": None, "userErrors": problems}
    written: list[Metafield] = []
    for owner in dict.fromkeys(entry["ownerId"] for entry in entries):
        mine = [entry for entry in entries if entry["ownerId"] == owner]
        done, has_changed = store_metafields(call, owner, mine)
        written += done
        if has_changed:
            _tell(call, owner)
    return {"metafields": [metafields.view(entry) for entry in written], "userErrors": []}


def _set_problem(call: Call, entry: dict[str, Any], index: int) -> View | None:
    place = ["metafields", str(index)]
    owner = entry["ownerId"]
    if _owner(call, owner) is None:
        return user_error([*place, "ownerId"], "Owner does not exist.", "INVALID")
    if "compareDigest" in entry:
        stored = call.shop.metafields.get(owner, {}).get(_place(call, entry))
        digest = metafields.compare_digest(stored.value) if stored is not None else None
        if digest != entry["compareDigest"]:
            text = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
            return user_error(place, text, "STALE_OBJECT")
    return _problem(call, owner, entry, place)


def _tell(call: Call, owner: str) -> None:
    """Writing an unchanged value tells nobody (Shopify: changelog, February 2025)."""
    found, kind = _owner(call, owner), owner.split("/")[3]
    if kind == "Order" and found is not None:
        found.touch(clock.now())
        events.order_changed(call.shop, found, "orders/updated")
    elif kind == "Customer" and found is not None:
        found.updated_at = clock.now()
        events.customer_changed(call.shop, found, "customers/update")
    elif kind in ("Product", "ProductVariant") and found is not None:
        product = found if kind == "Product" else found.product
        product.updated_at = clock.now()
        events.product_changed(call.shop, product)


def _define(call: Call, definition: dict[str, Any]) -> View:
    space = metafields.full_namespace(call.shop, definition.get("namespace"))
    place = (definition["ownerType"], space, definition["key"])
    if place in call.shop.definitions:
        text = "Key is in use for " + definition["ownerType"].capitalize() + " metafields."
        error = user_error(["definition", "key"], text, "TAKEN")
        return {"createdDefinition": None, "userErrors": [error]}
    number = call.shop.numbers.next("MetafieldDefinition")
    made = {
        "__typename": "MetafieldDefinition",
        "id": gid("MetafieldDefinition", number),
        "name": definition["name"],
        "namespace": space,
        "key": definition["key"],
        "ownerType": definition["ownerType"],
        "type": {"name": definition["type"], "category": "TEXT"},
    }
    call.shop.definitions[place] = made
    return {"createdDefinition": made, "userErrors": []}


def _definitions(
    call: Call,
    ownerType: str,
    namespace: str | None = None,
    key: str | None = None,
    pinnedStatus: str = "ANY",
    sortKey: str = "ID",
) -> Rows:
    """Definitions of one kind of owner, whose records the token must be allowed to read."""
    owner = next((kind for kind, word in metafields.OWNER_TYPES.items() if word == ownerType), "")
    if owner in call.closed:
        raise denied("metafieldDefinitions", READ_SCOPES[owner])
    space = None if namespace is None else metafields.full_namespace(call.shop, namespace)
    chosen = [
        row
        for row in call.shop.definitions.values()
        if row["ownerType"] == ownerType
        and space in (None, row["namespace"])
        and key in (None, row["key"])
        and pinnedStatus != "PINNED"
    ]
    by_name = sortKey == "NAME"
    return Rows(
        sorted(chosen, key=lambda row: (_sorted_by(row, by_name=by_name), _number(row))),
        lambda row: row,
        key=lambda row: _sorted_by(row, by_name=by_name),
        number=_number,
    )


def _sorted_by(row: View, *, by_name: bool) -> Any:
    return row["name"] if by_name else _number(row)


def _number(row: View) -> int:
    return int(str(row["id"]).rpartition("/")[2])


QUERIES: dict[str, Callable[..., Any]] = {"metafieldDefinitions": _definitions}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "metafieldsSet": lambda call, metafields: _set(call, metafields),
    "metafieldDefinitionCreate": _define,
}
