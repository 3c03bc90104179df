"""Which lines of the order a return takes back, and which payments its money goes back to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.connector_kit import return_fields
from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from mappings.canonical.record import Entity

ZERO = Decimal(0)
NO_RESTOCK, RETURN, CANCEL = "NO_RESTOCK", "RETURN", "CANCEL"


Back = return_fields.Back[str]
Wanted = return_fields.Wanted[str]


def wanted_of(outgoing: Outgoing) -> Wanted:
    """Raises Rejected naming the field that is missing or of another type."""
    return return_fields.wanted_of(outgoing, _restock)


def _restock(row: Payload) -> str:
    return row.one_of("restock_type", {NO_RESTOCK: NO_RESTOCK, RETURN: RETURN})


def refund_lines(
    order: Mapping[str, Any], wanted: Wanted, related: Mapping[str, str], location: str
) -> list[dict[str, Any]]:
    """RefundLineItemInput rows. Raises Rejected naming an article the order has not enough of."""
    left = {row["id"]: int(row["refundableQuantity"]) for row in order["lineItems"]}
    waiting = {row["id"]: int(row["unfulfilledQuantity"]) for row in order["lineItems"]}
    made: list[dict[str, Any]] = []
    for line in wanted.lines:
        needed = line.quantity
        for row in _candidates(order, line, related):
            taken = min(needed, left[row["id"]])
            if taken:
                made += _rows(row["id"], taken, waiting, line.restock, location)
                left[row["id"]] -= taken
                needed -= taken
        if needed:
            raise Rejected(
                f"Return {wanted.number}: order {order['name']} has {needed} of {line.sku} fewer"
                " left to take back than the till took.",
                field=f"{line.path}.quantity",
                said=f"{line.sku}: {line.quantity}",
                advice="It may have been refunded in Shopify already. Compare both, then enter the"
                " rest in Shopify by hand or dismiss this record.",
            )
    return _joined(made)


def _candidates(
    order: Mapping[str, Any], line: Back, related: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """Lines of the order with this article: by its link, else by SKU."""
    variant = related.get(f"{Entity.PRODUCT}:{line.product_key}", "")
    linked = [
        row
        for row in order["lineItems"]
        if variant and (row["variant"] or {}).get("legacyResourceId") == variant
    ]
    return linked or [row for row in order["lineItems"] if line.sku and row["sku"] == line.sku]


def _rows(
    line_id: str, quantity: int, waiting: dict[str, int], restock: str, location: str
) -> list[dict[str, Any]]:
    """Units that were never shipped go back into stock by another word than those that were."""
    if restock == NO_RESTOCK:
        return [{"lineItemId": line_id, "quantity": quantity, "restockType": NO_RESTOCK}]
    if not location:
        raise Rejected(
            "No Shopify location is chosen, and units cannot go back into stock without one.",
            field="settings.location_id",
            advice="Choose the stock location in the settings of the connection, then replay.",
        )
    kept = min(quantity, waiting[line_id])
    waiting[line_id] -= kept
    return [
        {
            "lineItemId": line_id,
            "quantity": units,
            "restockType": word,
            "locationId": location,
        }
        for units, word in ((kept, CANCEL), (quantity - kept, RETURN))
        if units
    ]


def _joined(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one line and one word together: the till may list an article more than once."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        known = found.setdefault((row["lineItemId"], row["restockType"]), {**row, "quantity": 0})
        known["quantity"] += row["quantity"]
    return list(found.values())


def money(order: Mapping[str, Any], wanted: Wanted) -> list[dict[str, Any]]:
    """OrderTransactionInput rows back to the payments. Raises Rejected when they do not suffice."""
    rows = Payload({"rows": order["transactions"]}).rows("rows")
    done = [row for row in rows if row.text("status") == "SUCCESS"]
    left = wanted.total
    made = []
    for sale in (row for row in done if row.text("kind") in ("SALE", "CAPTURE")):
        part = min(left, _amount(sale) - sum((_amount(one) for one in _back_to(done, sale)), ZERO))
        if part > 0:
            made.append(
                {
                    "orderId": order["id"],
                    "parentId": sale.text("id"),
                    "kind": "REFUND",
                    "gateway": sale.maybe_text("gateway") or "",
                    "amount": str(part),
                }
            )
            left -= part
    if left > 0:
        raise Rejected(
            f"Return {wanted.number}: {wanted.total} was given back, {left} more than is left of"
            f" the payments of order {order['name']}.",
            field="total",
            said=str(wanted.total),
            advice="Compare the payments of the order in Shopify, then enter the rest by hand.",
        )
    return made


def _back_to(rows: list[Payload], sale: Payload) -> list[Payload]:
    return [
        row
        for row in rows
        if row.text("kind") == "REFUND"
        and (parent := row.maybe_child("parentTransaction")) is not None
        and parent.text("id") == sale.text("id")
    ]


def _amount(row: Payload) -> Decimal:
    return row.child("amountSet").child("shopMoney").decimal("amount")
