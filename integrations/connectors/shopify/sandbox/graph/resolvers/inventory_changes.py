"""Stock written: set, adjusted, activated (rules and texts as recorded)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, VariableNode

from integrations.connectors.shopify.sandbox import clock, events
from integrations.connectors.shopify.sandbox.graph.call import Call, Info, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.idempotency import guarded
from integrations.connectors.shopify.sandbox.graph.paging import View
from integrations.connectors.shopify.sandbox.graph.views import catalogue
from integrations.connectors.shopify.sandbox.identifiers import gid, parse_gid
from integrations.connectors.shopify.sandbox.records import Level, Variant

REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)
_ADJUSTABLE = (
    "available",
    "damaged",
    "incoming",
    "quality_control",
    "reserved",
    "safety_stock",
)
_SET_LIMIT = 1_000_000_000
_ADJUST_LIMIT = 2_000_000_000


def _need_change_from(info: Info, entries: list[dict[str, Any]], kind: str) -> None:
    """Each entry must name `changeFromQuantity`, if only as null."""
    if all("changeFromQuantity" in entry for entry in entries):
        return
    node = info.field_nodes[0]
    names = {
        argument.value.name.value
        for argument in node.arguments or ()
        if isinstance(argument.value, VariableNode)
    }
    definitions = [
        entry
        for entry in info.operation.variable_definitions or ()
        if entry.variable.name.value in names and entry.variable.name.value != "key"
    ]
    raise GraphQLError(
        f"{kind} must include the following argument: changeFromQuantity.",
        [node, *definitions[:1]],
        extensions={"code": "INVALID_FIELD_ARGUMENTS"},
    )


def _number(text: str, kind: str) -> int | None:
    parts = parse_gid(text)
    return parts.number if parts is not None and parts.kind == kind else None


def _item(call: Call, entry: dict[str, Any]) -> Variant | None:
    return call.shop.items.get(_number(entry["inventoryItemId"], "InventoryItem") or 0)


def _place_problems(call: Call, entry: dict[str, Any], path: list[str]) -> list[View]:
    problems = []
    if _item(call, entry) is None:
        text = "The specified inventory item could not be found."
        problems.append(user_error([*path, "inventoryItemId"], text, "INVALID_INVENTORY_ITEM"))
    if _number(entry["locationId"], "Location") not in call.shop.locations:
        text = "The specified location could not be found."
        problems.append(user_error([*path, "locationId"], text, "INVALID_LOCATION"))
    return problems


def _reason_problems(reason: str) -> list[View]:
    if reason in REASONS:
        return []
    text = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
    return [user_error(["input", "reason"], text, "INVALID_REASON")]


def _bounds_problem(name: str, quantity: int, path: list[str]) -> list[View]:
    if quantity > _SET_LIMIT:
        text, code = "The quantity can't be higher than 1,000,000,000.", "INVALID_QUANTITY_TOO_HIGH"
    elif name == "on_hand" and quantity < 0:
        text, code = "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"
    elif quantity < -_SET_LIMIT:
        text, code = "The quantity can't be lower than -1,000,000,000.", "INVALID_QUANTITY_TOO_LOW"
    else:
        return []
    return [user_error([*path, "quantity"], text, code)]


def _stale_problem(call: Call, name: str, entry: dict[str, Any], path: list[str]) -> list[View]:
    expected = entry["changeFromQuantity"]
    item = _item(call, entry)
    if expected is None or item is None:
        return []
    level = item.levels.get(_number(entry["locationId"], "Location") or 0)
    if (level.quantity(name) if level is not None else 0) == expected:
        return []
    text = "The changeFromQuantity argument no longer matches the persisted quantity."
    return [user_error([*path, "changeFromQuantity"], text, "CHANGE_FROM_QUANTITY_STALE")]


def _level(call: Call, entry: dict[str, Any]) -> Level:
    """The level to write; since 2026-10 a quantity can be set at any location."""
    item = call.shop.items[number_in(entry["inventoryItemId"], "InventoryItem")]
    place = call.shop.locations[number_in(entry["locationId"], "Location")]
    level = item.levels.get(place.id)
    if level is None:
        moment = clock.now()
        level = item.levels[place.id] = Level(item, place, moment, moment, is_active=False)
    return level


def _set(call: Call, info: Info, input: dict[str, Any]) -> View:  # noqa: A002
    entries = input["quantities"]
    _need_change_from(info, entries, "InventoryQuantityInput")
    problems = _set_problems(call, input)
    if problems:
        return {"inventoryAdjustmentGroup": None, "userErrors": problems}
    name = input["name"]
    deltas = [
        (level, entry["quantity"] - level.quantity(name))
        for level, entry in ((_level(call, entry), entry) for entry in entries)
    ]
    return _applied(call, input, "available", deltas)


def _set_problems(call: Call, values: dict[str, Any]) -> list[View]:
    name, entries = values["name"], values["quantities"]
    if name not in ("available", "on_hand"):
        text = "The quantity name must be either 'available' or 'on_hand'."
        return [user_error(["input", "name"], text, "INVALID_NAME")]
    problems = _reason_problems(values["reason"])
    pairs = Counter((entry["inventoryItemId"], entry["locationId"]) for entry in entries)
    for index, entry in enumerate(entries):
        path = ["input", "quantities", str(index)]
        if pairs[entry["inventoryItemId"], entry["locationId"]] > 1:
            text = "The combination of inventoryItemId and locationId must be unique."
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            problems.append(user_error([*path, "locationId"], text, code))
        problems += _bounds_problem(name, entry["quantity"], path)
        problems += _place_problems(call, entry, path)
        problems += _stale_problem(call, name, entry, path)
    return problems


def _adjust(call: Call, info: Info, input: dict[str, Any]) -> View:  # noqa: A002
    _need_change_from(info, input["changes"], "InventoryChangeInput")
    problems = _adjust_problems(call, input)
    if problems:
        return {"inventoryAdjustmentGroup": None, "userErrors": problems}
    deltas = [(_level(call, entry), entry["delta"]) for entry in input["changes"]]
    return _applied(call, input, input["name"], deltas)


def _adjust_problems(call: Call, values: dict[str, Any]) -> list[View]:
    name = values["name"]
    if name not in _ADJUSTABLE:
        text = (
            f"The specified quantity name is invalid. Valid values are: {', '.join(_ADJUSTABLE)}."
        )
        return [user_error(["input", "name"], text, "INVALID_QUANTITY_NAME")]
    problems = _reason_problems(values["reason"])
    for index, entry in enumerate(values["changes"]):
        path = ["input", "changes", str(index)]
        problems += _ledger_problem(name, entry, path)
        problems += _place_problems(call, entry, path)
        if abs(entry["delta"]) > _ADJUST_LIMIT:
            code = "INVALID_QUANTITY_TOO_HIGH" if entry["delta"] > 0 else "INVALID_QUANTITY_TOO_LOW"
            text = "The quantity is out of range."
            problems.append(user_error([*path, "delta"], text, code))
        problems += _stale_problem(call, name, entry, path)
    return problems


def _ledger_problem(name: str, entry: dict[str, Any], path: list[str]) -> list[View]:
    has_document = bool(entry.get("ledgerDocumentUri"))
    if name == "available" and has_document:
        text = "A ledger document URI is not allowed when adjusting available."
        return [user_error([*path, "ledgerDocumentUri"], text, "INVALID_AVAILABLE_DOCUMENT")]
    if name != "available" and not has_document:
        text = "A ledger document URI is required except when adjusting available."
        return [user_error([*path, "ledgerDocumentUri"], text, "INVALID_QUANTITY_DOCUMENT")]
    return []


def _applied(
    call: Call, values: dict[str, Any], name: str, deltas: list[tuple[Level, int]]
) -> View:
    """Moves the quantities. Nothing to move is success without a group (recorded)."""
    moment = clock.now()
    moved = [(level, delta) for level, delta in deltas if delta]
    if not moved:
        return {"inventoryAdjustmentGroup": None, "userErrors": []}
    changes = []
    for level, delta in moved:
        level.shift(name, delta)
        level.updated_at = moment
        names = (name,) if name == "incoming" else (name, "on_hand")
        changes += [_change(level, changed, delta) for changed in names]
    if name == "available":
        events.stock_changed(call.shop, [level for level, _ in moved])
    group = {
        "__typename": "InventoryAdjustmentGroup",
        "id": gid("InventoryAdjustmentGroup", call.shop.numbers.next("InventoryAdjustmentGroup")),
        "createdAt": clock.utc(moment),
        "reason": values["reason"],
        "referenceDocumentUri": values.get("referenceDocumentUri"),
        "changes": changes,
    }
    return {"inventoryAdjustmentGroup": group, "userErrors": []}


def _change(level: Level, name: str, delta: int) -> View:
    return {
        "name": name,
        "delta": delta,
        "quantityAfterChange": None,
        "ledgerDocumentUri": None,
        "item": lambda _call: catalogue.item(level.variant),
        "location": lambda _call: catalogue.location(level.location),
    }


def _activate(
    call: Call,
    info: Info,
    inventoryItemId: str,
    locationId: str,
    available: int | None = None,
    onHand: int | None = None,
) -> View:
    entry = {"inventoryItemId": inventoryItemId, "locationId": locationId}
    problems = _place_problems(call, entry, [])
    if problems:
        return {"inventoryLevel": None, "userErrors": problems}
    level = _level(call, entry)
    if level.is_active and (available is not None or onHand is not None):
        named = "available" if available is not None else "onHand"
        text = (
            "Not allowed to set available quantity when the item is already active at the location."
        )
        return {"inventoryLevel": None, "userErrors": [user_error([named], text)]}
    if not level.is_active:
        level.is_active = True
        level.updated_at = clock.now()
        # `available` is ignored here, `onHand` seeds both (recorded). Neither keeps what was.
        if onHand is not None:
            level.shift("available", onHand - level.quantity("on_hand"))
        events.stock_changed(call.shop, [level])
    return {"inventoryLevel": catalogue.level(level), "userErrors": []}


QUERIES: dict[str, Callable[..., Any]] = {}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "inventorySetQuantities": guarded("inventorySetQuantities", _set),
    "inventoryAdjustQuantities": guarded("inventoryAdjustQuantities", _adjust),
    "inventoryActivate": guarded("inventoryActivate", _activate),
}
WITH_INFO = frozenset(MUTATIONS)
