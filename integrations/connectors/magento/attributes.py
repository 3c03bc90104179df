"""Product attributes: what a value is called there, and options that are made when they are missing.

Catalog: Product attributes. A product holds the number of an option; people and the point of sale
say its label.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento.answers import NotFound
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.criteria import Criteria, where

_KEPT = timedelta(minutes=5)
_CHOSEN = frozenset({"select", "multiselect", "swatch_visual", "swatch_text"})
_TRUE = frozenset({"1", "true", "yes"})


@dataclass
class Attribute:
    """`options`: number by label, in small letters. `is_own`: a person made it, so it may grow."""

    id: int
    code: str
    label: str
    kind: str
    scope: str
    is_own: bool
    options: dict[str, str]

    @property
    def is_chosen(self) -> bool:
        """Whether its value is one of its options."""
        return self.kind in _CHOSEN


@dataclass
class Attributes:
    """The attributes of one shop that were asked for lately, and what is known of the shop itself."""

    by_name: dict[str, tuple[datetime, Attribute]] = field(default_factory=dict)
    sets: dict[str, int] = field(default_factory=dict)
    weight_unit: str | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)


_KNOWN: WeakKeyDictionary[StoreClient, Attributes] = WeakKeyDictionary()
_MAKING = threading.Lock()


def known_of(client: StoreClient) -> Attributes:
    """The same one as long as the client lives."""
    with _MAKING:
        return _KNOWN.setdefault(client, Attributes())


def by_option(client: StoreClient, name: str) -> Attribute:
    """The attribute buyers choose by: "Color" is the one with that label, else with that code.

    Raises Rejected where there is none of the right kind.
    """
    found = _kept(client, f"option {name}", lambda: _named(client, name))
    if found is None:
        raise Rejected(
            f"Magento has no product attribute {name!r}",
            field="options",
            said=name,
            advice="In Magento, Stores, Attributes, Product: add a dropdown with this label for all"
            " scopes and put it into the attribute set; or name the option like an attribute in the"
            " settings of the point of sale. Then replay.",
        )
    if not found.is_chosen or found.scope not in ("global", ""):
        raise Rejected(
            f"Buyers cannot choose by Magento's attribute {found.code!r}: it is no dropdown with"
            " global scope",
            field="options",
            said=name,
            advice="Make a dropdown with global scope for it in Magento, then replay.",
        )
    return found


def by_code(client: StoreClient, code: str) -> Attribute:
    """The attribute of a mapping rule. Raises Rejected where there is none."""

    def ask() -> Attribute | None:
        try:
            return _attribute(client.get(f"products/attributes/{client.sku_path(code)}"))
        except NotFound:
            return None

    found = _kept(client, f"code {code}", ask)
    if found is None:
        raise Rejected(
            f"Magento has no product attribute {code!r}",
            field=f"custom_attributes.{code}",
            said=code,
            advice="Add the attribute in Magento, or correct the code in the mapping rule. Then"
            " replay.",
        )
    return found


def value_of(client: StoreClient, attribute: Attribute, label: str) -> str:
    """The number of an option; it is made when it is missing. Raises Rejected."""
    wanted = _folded(label)
    with known_of(client).lock:
        if wanted not in attribute.options:
            # Someone may have made it meanwhile, we ourselves before a crash among them.
            attribute.options = _options(client, attribute.code)
        if wanted not in attribute.options:
            _make(client, attribute, label)
        return attribute.options[wanted]


def held(client: StoreClient, code: str, value: Any) -> Any:
    """What a product holds for this value of a mapping rule. Raises Rejected."""
    attribute = by_code(client, code)
    if attribute.kind == "multiselect":
        labels = value if isinstance(value, list) else str(value).split(",")
        numbers = [value_of(client, attribute, label.strip()) for label in map(str, labels)]
        return ",".join(numbers)
    if attribute.kind == "boolean":
        return "1" if str(value).strip().lower() in _TRUE else "0"
    if attribute.is_chosen:
        return value_of(client, attribute, str(value).strip())
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def set_id(client: StoreClient, name: str) -> int:
    """Number of an attribute set, by its name or its number. Raises Rejected."""
    if name.isdigit():
        return int(name)
    known, wanted = known_of(client), name or "Default"
    with known.lock:
        if wanted not in known.sets:
            criteria = Criteria([where("attribute_set_name", wanted)], sort=())
            rows = client.everything("products/attribute-sets/sets/list", criteria)
            known.sets |= {
                str(row["attribute_set_name"]): int(row["attribute_set_id"]) for row in rows
            }
        if wanted not in known.sets:
            raise Rejected(
                f"Magento has no attribute set {wanted!r}",
                field="attribute_set",
                said=wanted,
                advice="Correct the attribute set in the settings of the Magento connection, then"
                " replay.",
            )
        return known.sets[wanted]


def weight_unit(client: StoreClient) -> str:
    """What the shop weighs in, as Magento says it ("lbs", "kgs")."""
    known = known_of(client)
    with known.lock:
        if known.weight_unit is None:
            configs = client.get("store/storeConfigs")
            known.weight_unit = next(
                (str(row["weight_unit"]) for row in configs if row.get("weight_unit")), ""
            )
        return known.weight_unit


# --- calls ----------------------------------------------------------------------------------------


def _kept(client: StoreClient, name: str, ask: Any) -> Attribute | None:
    known, now = known_of(client), client.now()
    with known.lock:
        kept = known.by_name.get(name)
        if kept is not None and now - kept[0] < _KEPT:
            return kept[1]
        found: Attribute | None = ask()
        if found is not None:
            known.by_name[name] = (now, found)
        return found


def _named(client: StoreClient, name: str) -> Attribute | None:
    """By label before code. Labels are not unique, so a dropdown goes before anything else."""
    code = "_".join(name.lower().split())
    rows: list[Row] = []
    for by, value in (("frontend_label", name), ("attribute_code", code)):
        criteria = Criteria([where(by, value)], sort=(("attribute_id", "ASC"),))
        rows += client.everything("products/attributes", criteria)
    usable = [row for row in rows if row.get("frontend_input") in _CHOSEN]
    row = next(iter([*usable, *rows]), None)
    return None if row is None else _attribute(row)


def _attribute(row: Row) -> Attribute:
    return Attribute(
        id=int(row["attribute_id"]),
        code=str(row["attribute_code"]),
        label=str(row.get("default_frontend_label") or row["attribute_code"]),
        kind=str(row.get("frontend_input") or ""),
        scope=str(row.get("scope") or ""),
        is_own=row.get("is_user_defined") is not False,
        options=_by_label(row.get("options") or ()),
    )


def _options(client: StoreClient, code: str) -> dict[str, str]:
    # Labels of the global scope: those of a store view are translations.
    rows = client.get(f"products/attributes/{client.sku_path(code)}/options", store="all")
    return _by_label(rows or ())


def _by_label(rows: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        label, value = str(row.get("label") or ""), row.get("value")
        if label.strip() and value not in (None, ""):
            found.setdefault(_folded(label), str(value))
    return found


def _make(client: StoreClient, attribute: Attribute, label: str) -> None:
    if not attribute.is_own:
        known = ", ".join(sorted(attribute.options)) or "none"
        raise Rejected(
            f"Magento's attribute {attribute.code!r} has no option {label!r}, and none can be added",
            field=f"custom_attributes.{attribute.code}",
            said=label,
            advice=f"Use one of its options ({known}), then replay.",
        )
    option: Mapping[str, Any] = {
        "label": label,
        "value": "",
        "sort_order": len(attribute.options),
        "is_default": False,
        "store_labels": [],
    }
    path = f"products/attributes/{client.sku_path(attribute.code)}/options"
    field_name = f"custom_attributes.{attribute.code}"
    answer = client.post(path, {"option": option}, store="all", about=field_name)
    made = str(answer or "").removeprefix("id_")
    if made.isdigit() and made != "0":
        attribute.options[_folded(label)] = made
        return
    # Releases differ in what they answer.
    attribute.options = _options(client, attribute.code)
    if _folded(label) not in attribute.options:
        raise Rejected(
            f"Magento did not add the option {label!r} to its attribute {attribute.code!r}",
            field=field_name,
            said=label,
            advice="Add it in Magento by hand, then replay.",
        )


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()


def plain(value: Any) -> str:
    """A value as text, so that what is there and what is wanted can be compared."""
    if isinstance(value, list | tuple):
        return ",".join(sorted(map(str, value)))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
