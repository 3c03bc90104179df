"""The money of a day through the unified API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

from integrations.connector_kit.base import Client
from integrations.connector_kit.money import Movement, Movements, OrderMoney
from integrations.connectors.heartland.client import Row, client_of, rows_of

_PAYMENTS = "/v1/payments"
_CENT = Decimal("0.01")


def movements(client: Client, start: datetime, end: datetime, cursor: str) -> Movements:
    """Payments and refunds made between the two moments."""
    params = [("updated_since", start.astimezone(UTC).isoformat()), ("limit", "250")]
    if cursor:
        params.append(("cursor", cursor))
    body = client_of(client).get(_PAYMENTS, params)
    rows = tuple(_in_time(rows_of(body, _PAYMENTS), start, end))
    return Movements(rows, str(body.get("NextCursor") or ""))


def _in_time(rows: Sequence[Row], start: datetime, end: datetime) -> Iterator[Movement]:
    for row in rows:
        at = datetime.fromisoformat(str(row["CreatedAt"]))
        if row.get("Status") == "succeeded" and start <= at < end:
            sign = -1 if row.get("Type") == "refund" else 1
            yield Movement(
                key=str(row["PaymentID"]),
                order_key=str(row.get("OrderID") or ""),
                method=str(row.get("PaymentMethod") or ""),
                amount=sign * _amount(row["Amount"]),
                at=at,
            )


def orders(client: Client, keys: Sequence[str]) -> dict[str, OrderMoney]:
    """What each order comes to and has received; this API answers for one order at a time."""
    heartland = client_of(client)
    found: dict[str, OrderMoney] = {}
    for key in keys:
        row = heartland.find(f"/v1/orders/{quote(key, safe='')}")
        if row is not None:
            found[key] = OrderMoney(
                number=key,
                total=_amount(row["TotalAmount"]),
                received=_amount(row.get("AmountPaid") or 0),
                refunded=Decimal(0),
                state=str(row.get("PaymentStatus") or "").replace("_", " "),
            )
    return found


def _amount(value: object) -> Decimal:
    return Decimal(str(value)).quantize(_CENT)
