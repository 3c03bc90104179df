"""What nobody is shown: the code of a gift card is money, so people see its last four alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.canonical.record import Entity

_SECRET = {Entity.GIFT_CARD.value: "code"}


def veiled(entity: str, document: Any) -> Any:
    """A record or its fields, or a document that holds both, as it may be shown."""
    name = _SECRET.get(str(entity))
    if name is None or not isinstance(document, Mapping):
        return document
    shown = {key: _part(name, value) for key, value in document.items()}
    return _part(name, shown)


def _part(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping) or not value.get(name):
        return value
    return {**value, name: f"(ending {str(value[name])[-4:]})"}
