"""Mapping rules in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from integrations.models import Direction
from mappings.canonical.order import Order
from mappings.canonical.order_status import OrderStatus
from mappings.canonical.record import Entity, Record
from mappings.canonical.schema import Described, field_tree

_PLACE = re.compile(r"\[(\d+)\]")
_TOP = re.compile(r"[.\[]")

OPS = {
    "exists": "is there",
    "missing": "is not there",
    "equals": "is",
    "differs": "is not",
    "one_of": "is one of",
    "contains": "contains",
}

TYPES = {
    "text": "text",
    "decimal": "number with decimals",
    "integer": "whole number",
    "flag": "yes or no",
    "instant": "date and time",
}


@cache
def fields(entity: str) -> Mapping[str, Described]:
    """Every field a rule of the entity may read, by path; empty when there is no canonical type."""
    try:
        return {one.path: one for one in field_tree(Entity(entity))}
    except KeyError:
        return {}


def offered(entity: str, direction: str) -> list[Described]:
    """The fields a form offers: an order goes to the till as itself, and comes back as its state."""
    kinds: dict[str, type[Record]] = {
        Direction.TO_POS.value: Order,
        Direction.TO_STORE.value: OrderStatus,
    }
    found = list(fields(entity).values())
    if entity != Entity.ORDER or direction not in kinds:
        return found
    mine, all_kinds = (
        kinds[direction].model_fields,
        {**Order.model_fields, **OrderStatus.model_fields},
    )
    return [
        one for one in found if (top := _TOP.split(one.path)[0]) in mine or top not in all_kinds
    ]


def field(entity: str, path: str) -> Described | None:
    """What is known of a path, also of one place of a list; None for a custom field."""
    known = fields(entity)
    path = _PLACE.sub("[]", path)
    return known.get(path) or known.get(path.removesuffix("[]"))


def field_name(entity: str, path: str) -> str:
    """ "Shipping, postal code" for "shipping.postal_code"; a custom field keeps its own name."""
    so_far = ""
    titles: list[str] = []
    for step in path.split("."):
        so_far = f"{so_far}.{step}" if so_far else step
        found = field(entity, so_far)
        title = _within(found.title, is_first=not titles) if found else step.removesuffix("[]")
        number = _PLACE.search(step)
        titles.append(f"{title} {int(number[1]) + 1}" if number and found else title)
    return ", ".join(titles)


def _within(title: str, *, is_first: bool) -> str:
    """A title inside a sentence; "SKU" stays as it is."""
    return title if is_first or title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"


def value(found: Any) -> str:
    """A value as people read it."""
    if found is None:
        return "nothing"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, str):
        return found or "an empty text"
    if isinstance(found, list | tuple | dict):
        return json.dumps(found, default=str, ensure_ascii=False) if found else "an empty list"
    return str(found)


def quoted(found: Any) -> str:
    """A value inside a sentence."""
    return f"“{value(found)}”" if found not in ("", None) else value(found)


def origin(entity: str, rule: Mapping[str, Any]) -> str:
    """Where the value comes from: "from Note", "always clarity", ..."""
    if "source" in rule:
        return f"from {field_name(entity, str(rule['source']))}"
    lookup = rule.get("lookup")
    if isinstance(lookup, Mapping):
        source = field_name(entity, str(lookup.get("source", "")))
        return f"from {source}, looked up in the table {lookup.get('table')}"
    if "expression" in rule:
        return "worked out by an expression"
    return f"always {quoted(rule.get('constant'))}"


def condition(entity: str, found: Mapping[str, Any]) -> str:
    """ "only if Tags contains gold"."""
    if "expression" in found:
        return f"only if {found['expression']}"
    said = (
        f"only if {field_name(entity, str(found.get('path', '')))} {OPS.get(found.get('op', ''))}"
    )
    wanted = found.get("value")
    if isinstance(wanted, list | tuple):
        return f"{said} {', '.join(value(one) for one in wanted)}"
    return said if wanted is None else f"{said} {value(wanted)}"


def conditions(entity: str, rule: Mapping[str, Any]) -> list[str]:
    """Each condition of a rule; all of them must hold."""
    return [condition(entity, one) for one in when(rule)]


def when(rule: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """A rule's conditions, also when it was written with a single one."""
    found = rule.get("when") or ()
    return (found,) if isinstance(found, Mapping) else tuple(found)


def if_empty(rule: Mapping[str, Any]) -> str:
    """What happens when nothing is there."""
    if rule.get("default") is not None:
        return quoted(rule["default"])
    return "the record is held" if rule.get("required") else "left out"


def sentence(entity: str, rule: Mapping[str, Any] | None) -> str:
    """A whole rule in one line; for comparing two of them."""
    if rule is None:
        return "no rule"
    parts = [origin(entity, rule)]
    if "expression" in rule:
        parts = [f"worked out: {rule['expression']}"]
    if rule.get("append"):
        parts.append("added to the list")
    parts += conditions(entity, rule)
    if rule.get("type"):
        parts.append(f"as {TYPES.get(str(rule['type']), rule['type'])}")
    if rule.get("default") is not None or rule.get("required"):
        parts.append(f"if nothing is there {if_empty(rule)}")
    return "; ".join(parts)
