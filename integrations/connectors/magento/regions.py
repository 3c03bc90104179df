"""Countries and regions as the shop knows them.

Magento: directory/countries. A region has a number there; a country without a list of regions takes
any text with the number 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connectors.magento.answers import NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.memory import remembered

# So many regions are named to a person who has to choose one.
_NAMED = 12


@dataclass(frozen=True)
class Region:
    """One region of a country: its number there, its code ("TX") and its name."""

    id: int
    code: str
    name: str


@dataclass(frozen=True)
class Country:
    """`code`: two letters. `regions`: empty where any text is a region."""

    code: str
    regions: tuple[Region, ...] = ()

    def region(self, text: str) -> Region | None:
        """The region of this code or name, in whatever case; None when it is none of this country.

        "US-TX" is understood as well.
        """
        wanted = _folded(text)
        bare = wanted.removeprefix(f"{self.code.casefold()}-")
        for row in self.regions:
            if wanted == _folded(row.name) or bare == _folded(row.code):
                return row
        return None

    def some(self) -> str:
        """A few of its regions, for a person."""
        named = [f"{row.code} {row.name}" for row in self.regions[:_NAMED]]
        more = " and others" if len(self.regions) > _NAMED else ""
        return ", ".join(named) + more


def country(client: StoreClient, text: str) -> Country | None:
    """The country of a two-letter code or of a name; None for one the shop does not know."""
    said = text.strip()
    code = said.upper() if len(said) == 2 else _codes(client).get(_folded(said), "")
    return remembered(client, f"country {code}", lambda: _read(client, code)) if code else None


def _read(client: StoreClient, code: str) -> Country | None:
    if not code.isalpha():
        return None
    try:
        row = client.get(f"directory/countries/{code}", about="country")
    except NotFound:
        return None
    return Country(code, tuple(_regions(row.get("available_regions") or ())))


def _regions(rows: Iterable[Mapping[str, Any]]) -> Iterable[Region]:
    for row in rows:
        yield Region(int(row["id"]), str(row.get("code") or ""), str(row.get("name") or ""))


def _codes(client: StoreClient) -> Mapping[str, str]:
    """By name, and by the code of three letters."""
    return remembered(client, "countries", lambda: _names(client.get("directory/countries")))


def _names(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    words = ("full_name_english", "full_name_locale", "three_letter_abbreviation")
    return {
        _folded(str(row[word])): str(row["id"]) for row in rows for word in words if row.get(word)
    }


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
