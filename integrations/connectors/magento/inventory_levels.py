"""Quantities by source (MSI), written with one call for many. Inventory: Manage source items.

One wrong row makes the call write nothing, so what is refused is halved until the row is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento.answers import Refused, TooManyItems
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.inventory_items import chunks
from integrations.connectors.magento.rounding import rounded

# Magento: half a second of work, more or less; a merchant may permit fewer.
AT_ONCE = 100
PATH = "inventory/source-items"
BY_PLACE = (("sku", "ASC"), ("source_code", "ASC"))

Place = tuple[str, str]
"""SKU and source code."""


@dataclass(frozen=True)
class Level:
    """An absolute quantity of an article at a source. `in_stock`: whether it may be sold at all."""

    sku: str
    source: str
    quantity: Decimal
    in_stock: bool

    @property
    def place(self) -> Place:
        return self.sku, self.source

    def as_row(self) -> dict[str, Any]:
        """All four, though the documents call two of them optional: one missing refuses the call."""
        return {
            "sku": self.sku,
            "source_code": self.source,
            "quantity": self.quantity,
            "status": int(self.in_stock),
        }


def of_row(row: Mapping[str, Any]) -> Level:
    """The level that `as_row` gave this row."""
    quantity, in_stock = Decimal(str(row["quantity"])), bool(row["status"])
    return Level(str(row["sku"]), str(row["source_code"]), quantity, in_stock)


@dataclass
class Limit:
    """How many rows a call may carry; learnt from what is refused."""

    most: int = AT_ONCE


def body(levels: Sequence[Level]) -> dict[str, Any]:
    """What one call, or one operation of a bulk load, carries."""
    return {"sourceItems": [level.as_row() for level in levels]}


def pieces(levels: Sequence[Level], most: int) -> list[list[Level]]:
    return [list(levels[start : start + most]) for start in range(0, len(levels), most)]


def there(client: StoreClient, levels: Sequence[Level]) -> set[Level]:
    """Those of the levels that are as they should be: each write makes the shop index anew."""
    wanted = {level.place: level for level in levels}
    found = set()
    for some in chunks(list(dict.fromkeys(level.sku for level in levels))):
        condition = "eq" if len(some) == 1 else "in"
        criteria = Criteria([where("sku", ",".join(some), condition)], sort=BY_PLACE)
        for row in client.everything(PATH, criteria, store="all"):
            level = wanted.get((str(row.get("sku")), str(row.get("source_code"))))
            quantity, in_stock = rounded(row.get("quantity") or 0), bool(row.get("status"))
            if level is not None and (level.quantity, level.in_stock) == (quantity, in_stock):
                found.add(level)
    return found


def write(client: StoreClient, levels: Sequence[Level], limit: Limit) -> dict[Place, Rejected]:
    """Sets the levels; answers those that were refused, and why.

    Quantities are absolute, so after an unknown outcome they may simply be sent again. Raises
    TryLater and NeedsOwner; a part of the levels may be written then.
    """
    refused: dict[Place, Rejected] = {}
    waiting = pieces(levels, limit.most)
    while waiting:
        some = waiting.pop(0)
        try:
            client.post(PATH, body(some), store="all", about="quantity")
        except TooManyItems as error:
            if len(some) == 1:
                raise
            limit.most = max(1, min(error.most, len(some) // 2 or 1, limit.most))
            waiting = [*pieces(some, limit.most), *_cut(waiting, limit.most)]
        except Refused as error:
            if len(some) == 1:
                refused[some[0].place] = _worded(some[0], error)
            else:
                middle = len(some) // 2
                waiting = [some[:middle], some[middle:], *waiting]
    return refused


def _cut(waiting: Sequence[Sequence[Level]], most: int) -> list[list[Level]]:
    return [piece for some in waiting for piece in pieces(some, most)]


def _worded(level: Level, error: Refused) -> Rejected:
    field = next((name for name in ("sku", "source", "status") if f'"{name}' in error.words), "")
    return Rejected(
        f"Magento refused the stock of {level.sku} at the source {level.source}: {error.words}",
        field=field or "quantity",
        said=error.words,
        advice="Correct the value named here, then replay.",
    )
