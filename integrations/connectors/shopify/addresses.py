"""Postal addresses, read from the webhook's words and written as GraphQL input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.payload import Payload
from mappings.canonical.address import Address


def normalise(raw: Payload | None) -> Address | None:
    """Their address as ours; None stays None, for an order may have no address at all."""
    if raw is None:
        return None
    lines = (raw.maybe_text("address1"), raw.maybe_text("address2"))
    return Address(
        first_name=raw.maybe_text("first_name") or "",
        last_name=raw.maybe_text("last_name") or "",
        company=raw.maybe_text("company") or "",
        lines=tuple(line for line in lines if line),
        city=raw.maybe_text("city") or "",
        region=raw.maybe_text("province_code") or raw.maybe_text("province") or "",
        postal_code=raw.maybe_text("zip") or "",
        country=raw.maybe_text("country_code") or "",
        phone=raw.maybe_text("phone") or "",
    )


def render(address: Mapping[str, Any]) -> dict[str, Any]:
    """Our address as MailingAddressInput; blanks are left out."""
    lines = [line for line in address.get("lines") or () if line]
    made = {
        "firstName": address.get("first_name"),
        "lastName": address.get("last_name"),
        "company": address.get("company"),
        "address1": lines[0] if lines else None,
        # Shopify has two street lines; what comes after the first is kept together.
        "address2": ", ".join(lines[1:]),
        "city": address.get("city"),
        "provinceCode": address.get("region"),
        "countryCode": address.get("country"),
        "zip": address.get("postal_code"),
        "phone": address.get("phone"),
    }
    return {key: value for key, value in made.items() if value}
