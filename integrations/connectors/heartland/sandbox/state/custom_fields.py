"""Custom fields: per-tenant keys on items, customers, sales and their lines."""

from __future__ import annotations

from typing import Any

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid, invalid_fields
from integrations.connectors.heartland.sandbox.state.values import Body, Row, Table, flag, words

ITEM = "item"
CUSTOMER = "customer"
SALE = "sales.transaction"
SALE_LINE = "sales.transaction.line_item"
GROUPS = (ITEM, CUSTOMER, SALE, SALE_LINE)


def merged(body: Body, current: Row | None = None) -> Row:
    """The custom values after a write, sent as an object, as "custom@key", or not at all."""
    sent = body.get("custom")
    if sent is not None and not isinstance(sent, dict):
        raise invalid("Record", custom="must be an object")
    prefixed = {
        key.removeprefix("custom@"): value
        for key, value in body.items()
        if key.startswith("custom@")
    }
    return {**(current or {}), **(sent or {}), **prefixed}


def check(
    account: Account, group: str, custom: Row, thing: str, peers: Table | None = None, own: int = 0
) -> None:
    """Raises a validation error when a required field is blank or a unique one is taken.

    Required fields refuse API writes too, which is why the vendor's importer turns them off while
    it runs. A key nobody defined is kept as sent.
    """
    faults: dict[str, str] = {}
    for definition in account.custom_fields.values():
        if definition["group_id"] != group:
            continue
        key = definition["key"]
        value = custom.get(key)
        if value in (None, ""):
            if definition["required?"]:
                faults[f"custom@{key}"] = "is required"
        elif definition["unique?"] and _taken(key, value, peers or {}, own):
            faults[f"custom@{key}"] = "has already been taken"
    if faults:
        raise invalid_fields(thing, faults)


def _taken(key: str, value: Any, peers: Table, own: int) -> bool:
    return any(row["custom"].get(key) == value for row in peers.values() if row["id"] != own)


def create(account: Account, body: Body) -> Row:
    key, group = words(body, "key"), words(body, "group_id")
    if not key:
        raise invalid("Custom field", key="can't be blank")
    if group not in GROUPS:
        raise invalid("Custom field", group_id="is not included in the list")
    for row in account.custom_fields.values():
        if (row["key"], row["group_id"]) == (key, group):
            raise invalid("Custom field", key="has already been taken")
    return account.add(
        account.custom_fields,
        key=key,
        name=words(body, "name") or key,
        group_id=group,
        **{
            "required?": flag(body, "required", default=False),
            "unique?": flag(body, "unique", default=False),
        },
        validation_type=body.get("validation_type"),
        metadata=body.get("metadata") or {},
    )


def update(account: Account, row: Row, body: Body) -> None:
    row["required?"] = flag(body, "required", default=row["required?"])
    row["unique?"] = flag(body, "unique", default=row["unique?"])
    row["name"] = words(body, "name") or row["name"]
    if isinstance(body.get("metadata"), dict):
        row["metadata"] = body["metadata"]
    account.touch(row)
