"""A return of the point of sale, as mapping rules leave it for a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.payload import Payload

_ZERO = Decimal(0)
Restock = TypeVar("Restock")
"""Whether units go back into the store's stock, in the store's own terms."""


@dataclass(frozen=True)
class Back(Generic[Restock]):
    """Units of one article. `product_key` is its id at the till."""

    path: str
    sku: str
    product_key: str
    quantity: int
    restock: Restock


@dataclass(frozen=True)
class Wanted(Generic[Restock]):
    """A return as the mapping rules leave it. Amounts are above zero but `adjustment`."""

    number: str
    note: str
    currency: str
    lines: tuple[Back[Restock], ...]
    shipping: Decimal
    adjustment: Decimal
    total: Decimal

    def arithmetic(self) -> str:
        return (
            f"goods and tax {self.total - self.adjustment - self.shipping}"
            f" + shipping {self.shipping} + adjustment {self.adjustment}"
            f" = {self.total} {self.currency}"
        )


def wanted_of(outgoing: Outgoing, restock: Callable[[Payload], Restock]) -> Wanted[Restock]:
    """`restock` reads it from a line. Raises Rejected naming the field that is missing or of another
    type."""
    fields = Payload(outgoing.fields)
    return Wanted(
        number=fields.maybe_text("number") or outgoing.key,
        note=fields.maybe_text("note") or "",
        currency=fields.maybe_text("currency") or "",
        lines=tuple(
            Back(
                path=f"lines[{index}]",
                sku=row.maybe_text("sku") or "",
                product_key=row.maybe_text("product_key") or "",
                quantity=row.integer("quantity"),
                restock=restock(row),
            )
            for index, row in enumerate(fields.rows("lines"))
        ),
        shipping=fields.maybe_decimal("shipping_total") or _ZERO,
        adjustment=fields.maybe_decimal("adjustment_total") or _ZERO,
        total=fields.decimal("total"),
    )
