"""Addresses of the unified API: one name and one street line."""

from __future__ import annotations

from typing import Any

from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.address_fields import UNKNOWN_NAME, Place, known_name
from mappings.canonical.address import Address

_COLUMNS = {
    "city": "City",
    "state": "State",
    "postal_code": "PostalCode",
    "country": "Country",
    "phone": "Phone",
}


def render(found: Place, *, first_name: str = "", last_name: str = "") -> dict[str, Any]:
    """Street lines are joined, since there is room for one."""
    names = (found.first_name or first_name, found.last_name or last_name)
    shown = {theirs: getattr(found, ours) for ours, theirs in _COLUMNS.items()}
    return {
        "Name": " ".join(name for name in names if name) or UNKNOWN_NAME,
        "Address": ", ".join(line for line in (found.line_1, found.line_2) if line),
        **{name: value for name, value in shown.items() if value},
    }


def canonical(row: Payload) -> Address:
    """What was joined is split again at the first comma."""
    first, _, last = known_name(row.maybe_text("Name")).rpartition(" ")
    lines = (row.maybe_text("Address") or "").split(", ", 1)
    return Address(
        first_name=first or last,
        last_name=last if first else "",
        lines=tuple(line for line in lines if line),
        city=row.maybe_text("City") or "",
        region=row.maybe_text("State") or "",
        postal_code=row.maybe_text("PostalCode") or "",
        country=row.maybe_text("Country") or "",
        phone=row.maybe_text("Phone") or "",
    )
