"""What a shop wants to know of customers and addresses: which fields there are and must be filled."""

from __future__ import annotations

from typing import Any

from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop

STREET_LINES = 2
# Code, label and kind of what the merchant added to customers.
OWN_FIELDS = (("loyalty_number", "Loyalty Number", "text"),)

_RESOURCE = "Magento_Customer::customer"

# Code, label, whether it must be filled.
_CUSTOMER = (
    ("firstname", "First Name", True),
    ("middlename", "Middle Name/Initial", False),
    ("lastname", "Last Name", True),
    ("prefix", "Name Prefix", False),
    ("suffix", "Name Suffix", False),
    ("email", "Email", True),
    ("group_id", "Group", True),
    ("dob", "Date of Birth", False),
    ("taxvat", "Tax/VAT Number", False),
    ("gender", "Gender", False),
)
_ADDRESS = (
    ("prefix", "Name Prefix", False),
    ("firstname", "First Name", True),
    ("middlename", "Middle Name/Initial", False),
    ("lastname", "Last Name", True),
    ("suffix", "Name Suffix", False),
    ("company", "Company", False),
    ("street", "Street Address", True),
    ("city", "City", True),
    ("country_id", "Country", True),
    ("region", "State/Province", False),
    ("region_id", "State/Province", False),
    ("postcode", "Zip/Postal Code", True),
    ("telephone", "Phone Number", True),
    ("fax", "Fax", False),
    ("vat_id", "VAT Number", False),
)


def _view(
    place: int,
    code: str,
    label: str,
    *,
    is_required: bool,
    kind: str = "text",
    is_own: bool = False,
) -> dict[str, Any]:
    return {
        "frontend_input": "multiline" if code == "street" else kind,
        "input_filter": "",
        "store_label": label,
        "validation_rules": [],
        "multiline_count": STREET_LINES if code == "street" else 0,
        "visible": True,
        "required": is_required,
        "data_model": "",
        "options": [],
        "frontend_class": "",
        "user_defined": is_own,
        "sort_order": 10 * place,
        "frontend_label": label,
        "note": "",
        "system": not is_own,
        "backend_type": "varchar",
        "is_used_in_grid": False,
        "is_visible_in_grid": False,
        "is_filterable_in_grid": False,
        "is_searchable_in_grid": False,
        "attribute_code": code,
    }


def _of_customers(shop: Shop, call: Call) -> list[dict[str, Any]]:
    rows = [
        _view(place, code, label, is_required=wanted)
        for place, (code, label, wanted) in enumerate(_CUSTOMER, start=1)
    ]
    return rows + _own(shop, call)


def _own(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return [
        _view(100 + place, code, label, is_required=False, kind=kind, is_own=True)
        for place, (code, label, kind) in enumerate(OWN_FIELDS)
    ]


def _of_addresses(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return [
        _view(place, code, label, is_required=wanted)
        for place, (code, label, wanted) in enumerate(_ADDRESS, start=1)
    ]


def _none(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return []


ROUTES = (
    Route("GET", "attributeMetadata/customer", _of_customers, _RESOURCE),
    Route("GET", "attributeMetadata/customer/custom", _own, _RESOURCE),
    Route("GET", "attributeMetadata/customerAddress", _of_addresses, _RESOURCE),
    Route("GET", "attributeMetadata/customerAddress/custom", _none, _RESOURCE),
)
