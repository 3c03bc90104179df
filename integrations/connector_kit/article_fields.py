"""Fields of an article that mapping rules fill, read alike for every store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from integrations.connector_kit.errors import Rejected


def texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list, or one text with commas, which is how a custom field holds several tags."""
    value = fields.get(name) or ()
    rows: Iterable[Any] = value.split(",") if isinstance(value, str) else value
    return tuple(dict.fromkeys(text for row in rows if (text := str(row).strip())))


def amount(fields: Mapping[str, Any], name: str) -> Decimal | None:
    value = fields.get(name)
    return None if value in (None, "") else Decimal(str(value))


def weight(
    fields: Mapping[str, Any], units: Iterable[str], refusal: str
) -> tuple[Decimal, str] | None:
    """Amount and unit, None when one is missing. Raises Rejected for a unit that is not of `units`;
    `refusal` begins the sentence that lists them."""
    found, unit = amount(fields, "weight"), str(fields.get("weight_unit") or "").strip().lower()
    if found is None or not unit:
        return None
    if unit not in units:
        raise Rejected(
            f"{refusal} {', '.join(units)}, not in {unit}",
            field="weight_unit",
            said=unit,
            advice="Change the unit in the point of sale or the mapping rule, then replay.",
        )
    return found, unit


def check_findable(sku: str, linked_id: str) -> None:
    """Raises Rejected for an article that no store could find again."""
    if not sku and not linked_id:
        raise Rejected(
            "The article has no SKU and is not linked",
            field="sku",
            advice="Give the article an item number in the point of sale, then replay.",
        )
