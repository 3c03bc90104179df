"""Countries with the regions that the sandbox knows; a country without any takes free text.

Ids of the regions are Magento's own (directory_country_region of a fresh installation).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop


class Region(NamedTuple):
    id: int
    code: str
    name: str


# Two and three letters, and the name.
COUNTRIES = {
    "US": ("USA", "United States"),
    "CA": ("CAN", "Canada"),
    "GB": ("GBR", "United Kingdom"),
    "DE": ("DEU", "Germany"),
    "FR": ("FRA", "France"),
    "AU": ("AUS", "Australia"),
}

_STATES = (
    "AL Alabama|AK Alaska|AS American Samoa|AZ Arizona|AR Arkansas|AE Armed Forces Africa|"
    "AA Armed Forces Americas|AE Armed Forces Canada|AE Armed Forces Europe|"
    "AE Armed Forces Middle East|AP Armed Forces Pacific|CA California|CO Colorado|"
    "CT Connecticut|DE Delaware|DC District of Columbia|FM Federated States Of Micronesia|"
    "FL Florida|GA Georgia|GU Guam|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MH Marshall Islands|MD Maryland|MA Massachusetts|"
    "MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|"
    "NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|"
    "ND North Dakota|MP Northern Mariana Islands|OH Ohio|OK Oklahoma|OR Oregon|PW Palau|"
    "PA Pennsylvania|PR Puerto Rico|RI Rhode Island|SC South Carolina|SD South Dakota|"
    "TN Tennessee|TX Texas|UT Utah|VT Vermont|VI Virgin Islands|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming"
)
_PROVINCES = (
    "AB Alberta|BC British Columbia|MB Manitoba|NL Newfoundland and Labrador|NB New Brunswick|"
    "NS Nova Scotia|NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|"
    "QC Quebec|SK Saskatchewan|YT Yukon Territory"
)


def _listed(text: str, first: int) -> tuple[Region, ...]:
    pairs = (part.partition(" ") for part in text.split("|"))
    return tuple(Region(first + place, code, name) for place, (code, _, name) in enumerate(pairs))


REGIONS = {"US": _listed(_STATES, 1), "CA": _listed(_PROVINCES, 66)}


def region_of(country: str, code: str) -> Region | None:
    """The region of that code, None where regions are free text."""
    return next((entry for entry in REGIONS.get(country, ()) if entry.code == code), None)


def region_by_id(country: str, number: int) -> Region | None:
    return next((entry for entry in REGIONS.get(country, ()) if entry.id == number), None)


def _view(code: str) -> dict[str, Any]:
    three, name = COUNTRIES[code]
    shown: dict[str, Any] = {
        "id": code,
        "two_letter_abbreviation": code,
        "three_letter_abbreviation": three,
        "full_name_locale": name,
        "full_name_english": name,
    }
    if code in REGIONS:
        shown["available_regions"] = [
            {"id": str(entry.id), "code": entry.code, "name": entry.name} for entry in REGIONS[code]
        ]
    return shown


def _countries(shop: Shop, call: Call) -> list[dict[str, Any]]:
    return [_view(code) for code in COUNTRIES]


def _country(shop: Shop, call: Call) -> dict[str, Any]:
    code = call.params["countryId"]
    if code not in COUNTRIES:
        raise Refusal("The country isn't available.", status=404)
    return _view(code)


def _currency(shop: Shop, call: Call) -> dict[str, Any]:
    chosen = shop.settings
    codes = sorted({chosen.currency, chosen.order_currency})
    rates = [
        {
            "currency_to": code,
            "rate": chosen.base_to_order_rate if code == chosen.order_currency else 1,
        }
        for code in codes
    ]
    return {
        "base_currency_code": chosen.currency,
        "base_currency_symbol": chosen.currency,
        "default_display_currency_code": chosen.order_currency,
        "default_display_currency_symbol": chosen.order_currency,
        "available_currency_codes": codes,
        "exchange_rates": rates,
    }


ROUTES = (
    Route("GET", "directory/countries", _countries),
    Route("GET", "directory/countries/{countryId}", _country),
    Route("GET", "directory/currency", _currency),
)
