"""Tracking of a shipment: the till's parcels as Magento's tracks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What people write -> carrier code of the core. Everything else is `custom`, with its own title.
_CARRIERS = {
    "ups": "ups",
    "unitedparcelservice": "ups",
    "usps": "usps",
    "unitedstatespostalservice": "usps",
    "fedex": "fedex",
    "federalexpress": "fedex",
    "dhl": "dhl",
    "dhlexpress": "dhl",
}
_CUSTOM, _NO_NAME = "custom", "Parcel service"


@dataclass(frozen=True)
class Track:
    number: str
    carrier: str

    def given(self) -> dict[str, str]:
        """As the body of a shipment takes it."""
        plain = "".join(sign for sign in self.carrier.lower() if sign.isalnum())
        return {
            "track_number": self.number,
            "title": self.carrier or _NO_NAME,
            "carrier_code": _CARRIERS.get(plain, _CUSTOM),
        }


def tracks_of(fields: Mapping[str, Any]) -> list[Track]:
    """Parcels with a number, each number once. Magento keeps no link with a track."""
    found: dict[str, Track] = {}
    for parcel in fields.get("parcels") or ():
        number = str(parcel.get("tracking_number") or "").strip()
        if number:
            carrier = str(parcel.get("carrier") or "").strip()
            found.setdefault(number, Track(number, carrier))
    return list(found.values())


def missing(tracks: Iterable[Track], shipments: Sequence[Mapping[str, Any]]) -> list[Track]:
    """Tracks that none of these shipments has; none where there is no shipment."""
    there = {
        str(row.get("track_number"))
        for shipment in shipments
        for row in shipment.get("tracks") or ()
    }
    return [track for track in tracks if shipments and track.number not in there]
