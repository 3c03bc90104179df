"""The money of a day: transactions of orders, and what each order has received."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.money import Movement, Movements, OrderMoney
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid, to_number
from integrations.connectors.shopify.order_lines import two_places
from integrations.connectors.shopify.polling import complete

_SIGN = {"SALE": 1, "CAPTURE": 1, "REFUND": -1}
_PAGE = 50
# Far below the 250 ids one query may name, so that its cost stays small.
_AT_ONCE = 100


def movements(client: ShopClient, start: datetime, end: datetime, cursor: str) -> Movements:
    """Transactions that succeeded between the two moments, of orders changed since the first one."""
    query = f"updated_at:>='{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}' status:any"
    variables = {"q": query, "first": _PAGE, "after": cursor or None}
    found = complete(client.run("MoneyPage", variables))["orders"]
    tests = client.account.setting("skip_test_orders", "yes") == "no"
    rows = tuple(
        movement
        for order in found["nodes"]
        if tests or not order["test"]
        for movement in _of_order(order, start, end)
    )
    page = found["pageInfo"]
    return Movements(rows, page["endCursor"] if page["hasNextPage"] else "")


def _of_order(order: Mapping[str, Any], start: datetime, end: datetime) -> Iterator[Movement]:
    for row in order["transactions"]:
        sign = _SIGN.get(row["kind"])
        at = datetime.fromisoformat(row["processedAt"] or row["createdAt"])
        if sign is None or row["status"] != "SUCCESS" or not start <= at < end:
            continue
        yield Movement(
            key=to_number(row["id"]),
            order_key=str(order["legacyResourceId"]),
            method=row["gateway"] or "",
            amount=sign * _amount(row["amountSet"]),
            at=at,
        )


def orders(client: ShopClient, keys: Sequence[str]) -> dict[str, OrderMoney]:
    """What each order comes to and has received, in the shop's own currency."""
    found: dict[str, OrderMoney] = {}
    for place in range(0, len(keys), _AT_ONCE):
        ids = [to_gid("Order", key) for key in keys[place : place + _AT_ONCE]]
        for row in complete(client.run("MoneyOrders", {"ids": ids}))["nodes"]:
            if row:
                found[str(row["legacyResourceId"])] = OrderMoney(
                    number=row["name"],
                    total=_amount(row["currentTotalPriceSet"]),
                    received=_amount(row["totalReceivedSet"]),
                    refunded=_amount(row["totalRefundedSet"]),
                    refunds=tuple(_amount(one["totalRefundedSet"]) for one in row["refunds"]),
                    state=row["displayFinancialStatus"].lower().replace("_", " "),
                )
    return found


def zone(client: ShopClient) -> str:
    """The shop's time zone, such as America/New_York."""
    name: str = complete(client.run("ShopZone", {}))["shop"]["ianaTimezone"]
    return name


def _amount(money: Mapping[str, Any]) -> Decimal:
    return two_places(Decimal(str(money["shopMoney"]["amount"])))
