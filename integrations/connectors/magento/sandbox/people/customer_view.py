"""A customer as the API shows it; what is not known is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.magento.sandbox.records import Address, Customer


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _custom(values: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    if not values:
        return None
    return [{"attribute_code": code, "value": value} for code, value in values.items()]


def address(entry: Address, owner: Customer) -> dict[str, Any]:
    """The flags of the default addresses are shown only where they are true."""
    return _known(
        {
            "id": entry.id,
            "customer_id": entry.customer_id,
            "region": {
                "region_code": entry.region_code,
                "region": entry.region,
                "region_id": entry.region_id,
            },
            "region_id": entry.region_id,
            "country_id": entry.country_id,
            "street": list(entry.street),
            "company": entry.company,
            "telephone": entry.telephone,
            "fax": entry.fax,
            "postcode": entry.postcode,
            "city": entry.city,
            "firstname": entry.firstname,
            "lastname": entry.lastname,
            "middlename": entry.middlename,
            "prefix": entry.prefix,
            "suffix": entry.suffix,
            "vat_id": entry.vat_id,
            "default_shipping": True if owner.default_shipping == entry.id else None,
            "default_billing": True if owner.default_billing == entry.id else None,
            "custom_attributes": _custom(entry.custom),
        }
    )


def customer(entry: Customer) -> dict[str, Any]:
    return _known(
        {
            "id": entry.id,
            "group_id": entry.group_id,
            "default_billing": _text(entry.default_billing),
            "default_shipping": _text(entry.default_shipping),
            "created_at": entry.created_at,
            "updated_at": entry.updated_at,
            "created_in": entry.created_in,
            "dob": entry.dob,
            "email": entry.email,
            "firstname": entry.firstname,
            "lastname": entry.lastname,
            "middlename": entry.middlename,
            "prefix": entry.prefix,
            "suffix": entry.suffix,
            "gender": entry.gender,
            "store_id": entry.store_id,
            "taxvat": entry.taxvat,
            "website_id": entry.website_id,
            "addresses": [address(row, entry) for row in entry.addresses],
            "disable_auto_group_change": entry.disable_auto_group_change,
            "extension_attributes": {"is_subscribed": entry.is_subscribed},
            "custom_attributes": _custom(entry.custom),
        }
    )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
