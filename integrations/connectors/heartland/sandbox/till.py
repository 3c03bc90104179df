"""Sells at the till: what a shop does while nobody calls the API."""

from __future__ import annotations

import random
from typing import Any

from integrations.connectors.heartland.sandbox.state import documents, payments, tickets
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Row

_MOST_UNITS = 3


def sell_some(account: Account, *, count: int, seed: str) -> list[Row]:
    """`count` tickets of random articles, 1 to 3 units each and never more than are available.

    Each ticket is a transaction of its own. Fewer tickets when everything is sold out.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    sold = []
    for _ in range(count):
        with account.transaction():
            places = [place for place, row in account.stock.items() if row["qty_available"] >= 1]
            if not places:
                break
            place = chance.choice(places)
            available = int(account.stock[place]["qty_available"])
            units = chance.randint(1, min(_MOST_UNITS, available))
            sold.append(sell(account, place[0], place[1], units))
    return sold


def sell(account: Account, item_id: int, location_id: int, units: Any) -> Row:
    """One finished ticket, paid in cash. Call it inside a transaction."""
    ticket = tickets.create(
        account,
        {
            "type": "Ticket",
            "station_id": account.locations[location_id]["_stations"][0]["id"],
            "source_location_id": location_id,
            "sales_rep": "Till",
            "lines": [{"item_id": item_id, "qty": units}],
        },
    )
    payments.record(
        account,
        ticket,
        amount=ticket["total"],
        payment_type_id=payments.payment_type(account, "Cash"),
        kind="CashPayment",
    )
    tickets.finish(account, ticket, completed_at=account.now())
    return ticket


def take_back(account: Account, order_number: str, lines: list[dict[str, Any]]) -> Row:
    """A finished return of articles of a web order, paid out in cash. Call it inside a transaction.

    `lines`: sku, quantity, and price where it is not that of the order. Its parent is the invoice
    the goods left with, else the order.
    """
    order = next((row for row in account.orders.values() if row["public_id"] == order_number), None)
    if order is None:
        raise Refusal(404, "not_found", f"There is no order {order_number!r}")
    sold = {line["item_public_id"]: line for line in documents.lines_of(account, order)}
    invoices = [row for row in account.invoices.values() if row["order_id"] == order["id"]]
    given = []
    for line in lines:
        sku = str(line.get("sku") or "")
        price = line.get("price") or sold.get(sku, {}).get("adjusted_unit_price")
        if sku not in account.skus or price is None:
            raise Refusal(404, "not_found", f"The order has no article {sku!r}")
        back = -int(line.get("quantity") or 1)
        given.append({"item_id": account.skus[sku], "qty": back, "adjusted_unit_price": price})
    ticket = tickets.create(
        account,
        {
            "type": "Return",
            "station_id": order["station_id"],
            "source_location_id": order["source_location_id"],
            "parent_transaction_id": (invoices or [order])[0]["id"],
            "sales_rep": "Till",
            "lines": given,
        },
    )
    payments.record(
        account,
        ticket,
        amount=ticket["total"],
        payment_type_id=payments.payment_type(account, "Cash"),
        kind="CashPayment",
    )
    tickets.finish(account, ticket, completed_at=account.now())
    return ticket


def place_of(account: Account, sku: str, location: str = "") -> tuple[int, int]:
    """The item and location meant; without a location, where most are available."""
    item_id = account.skus.get(sku)
    if item_id is None:
        raise Refusal(404, "not_found", f"There is no article {sku!r}")
    if not location:
        return item_id, max(
            sorted(account.locations),
            key=lambda one: _available(account, item_id, one),
        )
    if not location.isdecimal() or int(location) not in account.locations:
        raise Refusal(404, "not_found", f"There is no location {location!r}")
    return item_id, int(location)


def _available(account: Account, item_id: int, location_id: int) -> Any:
    row = account.stock.get((item_id, location_id))
    return row["qty_available"] if row else 0
