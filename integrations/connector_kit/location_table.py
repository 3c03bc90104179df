"""The setting `location_map`: which place of a store a location of the point of sale is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from integrations.connector_kit.errors import Rejected


@cache
def location_map(setting: str) -> Mapping[str, str]:
    """ "100005 = 71, 100006 = 72" as a mapping; lines and semicolons part entries as well.

    Raises Rejected naming the entry that cannot be read, or the location that is there twice.
    """
    found: dict[str, str] = {}
    for entry in setting.replace(";", "\n").replace(",", "\n").splitlines():
        if not entry.strip():
            continue
        ours, sign, theirs = (part.strip() for part in entry.partition("="))
        if not (ours and sign and theirs) or ours in found:
            problem = "is there twice" if ours in found else "cannot be read"
            raise Rejected(
                f"The table of locations: {entry.strip()!r} {problem}",
                field="location_map",
                said=entry.strip(),
                advice="Write one line for each location: id in the point of sale = id in the"
                " store. Correct it in the settings of the store, then replay.",
            )
        found[ours] = theirs
    return found
