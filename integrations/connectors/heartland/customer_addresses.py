"""The addresses of a customer, and the phone number that Heartland keeps on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.address_fields import Place, place
from integrations.connectors.heartland.client import HeartlandClient, Row
from mappings.canonical.comparing import comparable


def of(client: HeartlandClient, customer_id: str) -> list[Row]:
    return list(client.every(f"/customers/{customer_id}/addresses"))


def bring(
    client: HeartlandClient, customer_id: str, fields: Payload, stands: Row
) -> list[Mapping[str, Any]]:
    """All addresses there after those of `fields` are added, and the phone number is set.

    An address there is never removed, and but for the phone number never changed. `stands`: the
    customer with the addresses there are.
    """
    path = f"/customers/{customer_id}/addresses"
    rows: list[Mapping[str, Any]] = list(stands["addresses"])
    known = {_where(row) for row in rows}
    for found in (one for row in fields.rows("addresses") if (one := place(row)) is not None):
        columns = _filled(found, fields, stands)
        if (where := _where(columns)) and where not in known:
            known.add(where)
            rows.append({**columns, "id": client.create(path, columns, what="The address")})
    phone = fields.maybe_text("phone")
    if phone:
        rows = _with_phone(client, path, rows, phone, fields, stands)
    return rows


def _with_phone(
    client: HeartlandClient, path: str, rows: list[Row], phone: str, fields: Payload, stands: Row
) -> list[Mapping[str, Any]]:
    """The number stands on the address that has one, the main one first."""
    main = stands.get("address_id")
    order = sorted(rows, key=lambda row: (not row.get("phone"), row.get("address_id") != main))
    if order and comparable("phone", order[0].get("phone")) == comparable("phone", phone):
        return rows
    if not order:
        # There is no other place for it.
        columns = _filled(Place(phone=phone), fields, stands)
        return [{**columns, "id": client.create(path, columns, what="The address")}]
    client.update(f"{path}/{order[0]['id']}", {"phone": phone}, what="The address")
    return [{**row, "phone": phone} if row is order[0] else row for row in rows]


def _filled(found: Place, fields: Payload, stands: Row) -> dict[str, str]:
    """Heartland requires both names of an address; the customer's fill gaps."""
    columns = found.columns(
        first_name=fields.maybe_text("first_name") or str(stands.get("first_name") or ""),
        last_name=fields.maybe_text("last_name") or str(stands.get("last_name") or ""),
    )
    phone = fields.maybe_text("phone")
    return {**columns, "phone": phone} if phone and not columns.get("phone") else columns


def _where(row: Mapping[str, Any]) -> str:
    return comparable("addresses", [row])
