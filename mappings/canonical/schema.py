"""The canonical types as people and tools read them: a flat field tree, and JSON Schema.

What a field means stands in its type (description) or in field_docs.toml, unit and example there.
"""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

import mappings.canonical
from mappings.canonical.record import Entity, Part, Record

_DOCS = Path(__file__).with_name("field_docs.toml")
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "flag"),
    (int, "integer"),
    (Decimal, "decimal"),
    (Enum, "choice"),
    (Part, "object"),
    (str, "text"),
)
_UNITS = {"decimal": "the record's currency", "instant": "UTC"}


@dataclass(frozen=True)
class Described:
    """One field of a field tree.

    `path` as rules write it ("lines[].sku"), `type` one of text, decimal, integer, flag, instant,
    choice (one of `choices`), object, or map (text by name, for custom fields). `is_list`: there may
    be many. `is_computed`: no field of the record, but worked out for rules.
    """

    path: str
    title: str
    meaning: str
    type: str
    unit: str
    example: Any
    is_list: bool = False
    is_required: bool = False
    choices: tuple[str, ...] = ()
    is_computed: bool = False


@cache
def record_types() -> Mapping[Entity, type[Record]]:
    """The canonical type of every entity that has one; the order itself rather than its state."""
    for module in pkgutil.iter_modules(mappings.canonical.__path__):
        if module.name != "tests":
            importlib.import_module(f"mappings.canonical.{module.name}")
    found: dict[Entity, type[Record]] = {}
    for kind in sorted(Record.__subclasses__(), key=lambda one: one.__name__):
        found.setdefault(kind.model_construct(key="-").entity, kind)
    return found


def _fields_of(entity: Entity) -> Iterator[Described]:
    """The fields of the entity's type, then those that only another type of it has."""
    told: set[str] = set()
    main = record_types()[entity]
    others = [
        kind
        for kind in Record.__subclasses__()
        if kind is not main and kind.model_construct(key="-").entity == entity
    ]
    for kind in (main, *others):
        for one in _fields(kind, ""):
            if one.path not in told:
                told.add(one.path)
                yield one


@cache
def field_tree(entity: Entity) -> tuple[Described, ...]:
    """Every field a rule may read of the entity, in the order of the type; parents come first.

    Raises KeyError when the entity has no canonical type.
    """
    computed = _docs()["computed"]
    rows = {**computed["all"], **computed.get(str(entity), {})}
    return (
        *_fields_of(entity),
        *(
            Described(
                path=path,
                title=_title(path),
                meaning=row["meaning"],
                type=row["type"],
                unit=row.get("unit", _UNITS.get(row["type"], "")),
                example=row["example"],
                is_list=row.get("is_list", False),
                is_computed=True,
            )
            for path, row in rows.items()
        ),
    )


@cache
def json_schema(entity: Entity) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the entity's type, with meaning, unit and example.

    Amounts are strings of digits, so that no reader makes binary fractions of them.
    """
    kind = record_types()[entity]
    made = kind.model_json_schema(mode="serialization")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    parts = {part.__name__: part for part in _parts(kind)}
    for name, schema in {**made.get("$defs", {}), kind.__name__: made}.items():
        for field, said in schema.get("properties", {}).items():
            described = describe(parts[name], field)
            said["title"] = described.title
            said["description"] = described.meaning
            said["examples"] = [described.example]
            if described.unit:
                said["x-unit"] = described.unit
    return made


def describe(kind: type[Part], field: str) -> Described:
    """One field of a type. Its meaning and example are "" and None when nobody wrote them."""
    info = kind.model_fields[field]
    inner, is_list = _inner(info.annotation)
    said = _said(kind, field)
    name = _kind(inner)
    return Described(
        path=field,
        title=_title(field),
        meaning=str(said.get("meaning") or info.description or _type_says(info) or ""),
        type=name,
        unit=str(said.get("unit", _UNITS.get(name, ""))),
        example=said.get("example", (info.examples or [None])[0]),
        is_list=is_list,
        is_required=info.is_required(),
        choices=tuple(str(one.value) for one in inner) if name == "choice" else (),
    )


def _fields(kind: type[Part], before: str) -> Iterator[Described]:
    for name, info in kind.model_fields.items():
        said = describe(kind, name)
        path = f"{before}{name}"
        yield Described(**{**vars(said), "path": path})
        inner, is_list = _inner(info.annotation)
        if said.type == "object":
            yield from _fields(inner, f"{path}[]." if is_list else f"{path}.")


def _parts(kind: type[Part]) -> Iterator[type[Part]]:
    """The type and all types of its fields."""
    yield kind
    for info in kind.model_fields.values():
        inner, _ = _inner(info.annotation)
        if isinstance(inner, type) and issubclass(inner, Part):
            yield from _parts(inner)


def _inner(annotation: Any) -> tuple[Any, bool]:
    """What a field holds without "or None" and constraints, and whether it holds many of it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _inner(get_args(annotation)[0])
    if origin in (Union, UnionType):
        kept = [one for one in get_args(annotation) if one is not NoneType]
        return _inner(kept[0])
    if origin in (tuple, list):
        return _inner(get_args(annotation)[0])[0], True
    return annotation, False


def _kind(inner: Any) -> str:
    if get_origin(inner) is dict:
        return "map"
    if inner is AwareDatetime:
        return "instant"
    for base, name in _KINDS:
        if issubclass(inner, base):
            return name
    raise TypeError(f"a canonical field cannot be {inner}")


def _type_says(info: FieldInfo) -> str:
    """The description of an annotated type below "or None", like an amount that may be missing."""
    for one in get_args(info.annotation):
        if get_origin(one) is Annotated:
            for extra in get_args(one)[1:]:
                if getattr(extra, "description", None):
                    return str(extra.description)
    return ""


def _said(kind: type[Part], field: str) -> Mapping[str, Any]:
    for base in kind.__mro__:
        found = _docs().get(base.__name__, {}).get(field)
        if found is not None:
            row: Mapping[str, Any] = found
            return row
    return {}


def _title(path: str) -> str:
    """ "Postal code" for "shipping.postal_code"."""
    words = path.rpartition(".")[2].replace("_", " ")
    return (words[:1].upper() + words[1:]).replace("Sku", "SKU")


@cache
def _docs() -> dict[str, Any]:
    return tomllib.loads(_DOCS.read_text("utf-8"))
