"""Shopify's third error layer: `userErrors` of a mutation that was understood but refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.errors import Rejected


def user_errors(payload: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    """The errors of a mutation payload; some types have no `code`."""
    return (payload or {}).get("userErrors") or ()


def field_of(error: Mapping[str, Any], otherwise: str) -> str:
    """Where the error lies: ["input", "quantities", "0"] gives "quantities[0]"."""
    path = ""
    for step in error.get("field") or ():
        text = str(step)
        if text.isdigit():
            path += f"[{text}]"
        elif text != "input":
            path += f".{text}" if path else text
    return path or otherwise


def refuse(payload: Mapping[str, Any] | None, what: str, *, advice: str = "") -> None:
    """Raises Rejected naming the first field when the mutation was refused."""
    errors = user_errors(payload)
    if payload is None:
        raise Rejected("Shopify did nothing and gave no reason", field=what)
    if errors:
        said = "; ".join(str(error.get("message")) for error in errors)
        raise Rejected(
            f"Shopify refused the {what}: {said}",
            field=field_of(errors[0], what),
            said=said,
            advice=advice or "Correct the value in the source system, then replay the record.",
        )
