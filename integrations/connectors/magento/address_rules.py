"""What the shop wants of an address: which fields may not stay empty, how many street lines there are.

Magento: attribute metadata of customer addresses. A merchant sets both under Customers, Customer
Configuration, Name and Address Options.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connectors.magento.answers import Forbidden, NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.memory import remembered

# Their word -> ours, of what can be required.
OURS = {
    "street": "lines",
    "city": "city",
    "postcode": "postal_code",
    "country_id": "country",
    "telephone": "phone",
    "company": "company",
    "fax": "fax",
    "vat_id": "vat_id",
}
_USUAL = frozenset({"street", "city", "postcode", "country_id", "telephone"})
_LINES = 2
_MOST_LINES = 4
# Where Magento asks for no postal code unless a merchant has changed the list.
NO_POSTAL_CODE = frozenset({"HK", "IE", "MO", "PA", "GB"})


@dataclass(frozen=True)
class AddressRules:
    """`required`: their names of fields that may not stay empty. `lines`: of the street."""

    required: frozenset[str] = _USUAL
    lines: int = _LINES


def rules_of(client: StoreClient) -> AddressRules:
    """As the shop tells them; the usual ones where it does not."""
    return remembered(client, "address rules", lambda: _read(client))


def _read(client: StoreClient) -> AddressRules:
    try:
        rows = client.get("attributeMetadata/customerAddress")
    except (Forbidden, NotFound):
        return AddressRules()
    return _of(rows)


def _of(rows: Iterable[Mapping[str, Any]]) -> AddressRules:
    named = {str(row.get("attribute_code")): row for row in rows}
    told = [name for name in OURS if name in named]
    required = {name for name in told if named[name].get("required") is True}
    lines = int((named.get("street") or {}).get("multiline_count") or _LINES)
    return AddressRules(
        # A country is always wanted: without it Magento cannot read the rest.
        required=frozenset(required | (_USUAL - set(told)) | {"country_id"}),
        lines=min(max(1, lines), _MOST_LINES),
    )
