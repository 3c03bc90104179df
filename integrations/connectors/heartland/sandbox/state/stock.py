"""Stock: on hand, committed, available, and the ledger of every on-hand change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import Body, Row, number

Place = tuple[int, int]
Quantity = Any  # int, or Decimal for an item that allows fractions


def level(account: Account, item_id: int, location_id: int) -> Row:
    """The stock of one item at one location; a row of zeros when there never was any."""
    place = (item_id, location_id)
    if place not in account.stock:
        account.stock[place] = {
            "item_id": item_id,
            "location_id": location_id,
            "qty_on_hand": 0,
            "qty_committed": 0,
            "qty_available": 0,
            "qty_on_po": 0,
            "qty_in_transit": 0,
            "unit_cost": account.items[item_id]["cost"],
            "_updated_at": account.now(),
        }
    return account.stock[place]


def move(
    account: Account,
    place: Place,
    qty: Quantity,
    *,
    kind: str,
    source_id: int,
    unit_cost: Decimal | None = None,
) -> Row | None:
    """Changes what is on hand and writes the ledger. None for an item without stock keeping."""
    item = account.items[place[0]]
    if not item["track_inventory?"] or qty == 0:
        return None
    row = level(account, *place)
    row["qty_on_hand"] += qty
    if unit_cost is not None:
        row["unit_cost"] = unit_cost
    _changed(account, row)
    entry = account.add(
        account.ledger,
        item_id=place[0],
        location_id=place[1],
        qty=qty,
        unit_cost=row["unit_cost"],
        type=kind,
        transaction_id=source_id,
    )
    del entry["updated_at"]
    return entry


def commit(account: Account, order_id: int, wanted: dict[Place, Quantity]) -> None:
    """Makes the commitments of one order what they should be. The ledger does not show these."""
    held = account.commits.get(order_id, {})
    for place in sorted({*held, *wanted}):
        change = wanted.get(place, 0) - held.get(place, 0)
        if change and account.items[place[0]]["track_inventory?"]:
            row = level(account, *place)
            row["qty_committed"] += change
            _changed(account, row)
    account.commits[order_id] = wanted


def quantity(account: Account, body: Body, item_id: int, thing: str) -> Quantity:
    """The `qty` of a line. Raises when it is no number, zero, or a fraction the item forbids."""
    found = number(body, "qty", thing)
    if found is None:
        raise invalid(thing, qty="can't be blank")
    if found == 0:
        raise invalid(thing, qty="must be other than 0")
    if found == found.to_integral_value():
        return int(found)
    if not account.items[item_id]["allow_fractional_qty?"]:
        raise invalid(thing, qty="must be a whole number")
    return found


def find_item(account: Account, body: Body, thing: str) -> int:
    """The item a line names by `item_id`, or by `item_lookup` (its public_id or barcode)."""
    if body.get("item_id") not in (None, ""):
        text = str(body["item_id"])
        if not text.isdecimal() or int(text) not in account.items:
            raise invalid(thing, item_id="does not exist")
        return int(text)
    lookup = str(body.get("item_lookup") or "")
    if not lookup:
        raise invalid(thing, item_id="can't be blank")
    if lookup in account.skus:
        return account.skus[lookup]
    for item in account.items.values():
        if item["primary_barcode"] == lookup:
            return int(item["id"])
    raise invalid(thing, item_lookup="does not match an item")


def _changed(account: Account, row: Row) -> None:
    row["qty_available"] = row["qty_on_hand"] - row["qty_committed"]
    row["_updated_at"] = account.now()
    account.happened("stock_changed", row, key=f"{row['item_id']}@{row['location_id']}")
