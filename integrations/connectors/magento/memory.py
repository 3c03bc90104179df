"""What a shop said of itself, kept a while: its countries, its attributes, its rules for addresses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from integrations.connectors.magento.client import StoreClient

T = TypeVar("T")

# Long enough for a backfill, short enough that a merchant who adds an attribute sees it used.
SECONDS = 600.0
_KEPT: WeakKeyDictionary[StoreClient, dict[str, tuple[float, Any]]] = WeakKeyDictionary()


def remembered(client: StoreClient, name: str, ask: Callable[[], T]) -> T:
    """The answer of `ask`, asked once in a while. Two threads may ask at once, which does no harm."""
    kept = _KEPT.setdefault(client, {})
    at, value = kept.get(name, (0.0, None))
    now = time.monotonic()
    if name in kept and now - at < SECONDS:
        return cast(T, value)
    made = ask()
    kept[name] = (now, made)
    return made
