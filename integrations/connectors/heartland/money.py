"""The money of a day in Heartland Retail: its list of payments, and what each order has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from integrations.connector_kit.base import Client
from integrations.connector_kit.money import Movement, Movements, OrderMoney
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of, matching
from integrations.connectors.heartland.order_settlement import amount, counts, status_of

_PAGE = 500
_AT_ONCE = 100
_CENT = Decimal("0.01")


def movements(client: Client, start: datetime, end: datetime, cursor: str) -> Movements:
    """Payments completed between the two moments. Not every Heartland names a payment's order."""
    heartland = client_of(client)
    number = int(cursor or 1)
    span = {"$gte": _text(start), "$lt": _text(end)}
    params = (
        matching({"completed_at": span}),
        ("sort[]", "completed_at"),
        ("page", str(number)),
        ("per_page", str(_PAGE)),
    )
    rows = heartland.page("/payments", params)
    names = _names(heartland) if rows else {}
    found = (_movement(row, names) for row in rows if counts(row))
    return Movements(tuple(found), str(number + 1) if len(rows) == _PAGE else "")


def _movement(row: Row, names: Mapping[str, str]) -> Movement:
    kind = str(row.get("payment_type_id") or "")
    return Movement(
        key=str(row["id"]),
        order_key=str(row.get("transaction_id") or ""),
        method=names.get(kind, kind),
        amount=_exact(amount(row, "amount")),
        at=datetime.fromisoformat(str(row["completed_at"])),
    )


def _names(client: HeartlandClient) -> dict[str, str]:
    rows = client.page("/payment_types", (("per_page", "all"),))
    return {str(row["id"]): str(row.get("name") or row["id"]) for row in rows}


def orders(client: Client, keys: Sequence[str]) -> dict[str, OrderMoney]:
    """What each order comes to and has received. Returns are tickets of their own there."""
    heartland = client_of(client)
    found: dict[str, OrderMoney] = {}
    wanted = [int(key) for key in keys if key.isdecimal()]
    for place in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[place : place + _AT_ONCE]
        for row in heartland.every("/sales/orders", (matching({"id": {"$in": chunk}}),)):
            found[str(row["id"])] = OrderMoney(
                number=str(row.get("public_id") or row["id"]),
                total=_exact(amount(row, "total")),
                received=_exact(amount(row, "total_paid")),
                refunded=Decimal(0),
                state=status_of(row),
            )
    return found


def _exact(value: Decimal) -> Decimal:
    """With two places, or more where the currency has them."""
    cents = value.quantize(_CENT)
    return cents if cents == value else value


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
