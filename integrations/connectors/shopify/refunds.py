"""Refunds out of the shop: a GraphQL answer -> our refund; polling and reading them.

A webhook body leaves out what the order is called and how shipping was refunded, so it only says
that there is a refund, which is then read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid, to_number
from integrations.connectors.shopify.order_lines import two_places
from integrations.connectors.shopify.polling import changed, complete, version
from integrations.connectors.shopify.refund_mark import is_ours
from mappings.canonical.record import Entity, Skipped
from mappings.canonical.refund import GivenBack, Refund, RefundedLine

ZERO = Decimal(0)

# Whether units of the line went back into stock. LEGACY_RESTOCK is an older app's way to say so.
RESTOCKED = {"NO_RESTOCK": False, "CANCEL": True, "RETURN": True, "LEGACY_RESTOCK": True}
# Shopify counts money on its way back as given back; a payment that failed is none.
_COUNTS = ("SUCCESS", "PENDING")


def normalise(payload: Payload, account: Account) -> Refund:
    """Their refund as ours.

    What was given back beyond goods, shipping, tax and duties, or kept of them, becomes the
    adjustment. Raises Skipped for our own refund, and for one of a test order unless the setting
    skip_test_orders is "no"; Rejected naming the field when one is missing or unknown.
    """
    order = payload.child("order")
    if order.flag("test", default=False) and account.setting("skip_test_orders", "yes") != "no":
        raise Skipped("test order")
    note = payload.maybe_text("note") or ""
    if is_ours(note):
        raise Skipped("It is our own record coming back")
    included = order.flag("taxesIncluded", default=False)
    rows = list(_nodes(payload, "refundShippingLines"))
    lines = tuple(_line(row) for row in _nodes(payload, "refundLineItems"))
    shipping = sum((_amount(row, "subtotalAmountSet") for row in rows), ZERO)
    tax = sum((_amount(row, "taxAmountSet") for row in rows), ZERO)
    tax += sum((line.tax for line in lines), ZERO)
    duties = sum((_amount(row, "amountSet") for row in payload.rows("duties")), ZERO)
    tenders = tuple(_tenders(payload))
    total = sum((tender.amount for tender in tenders), ZERO)
    goods = sum((line.amount for line in lines), ZERO)
    explained = goods + shipping + duties + (ZERO if included else tax)
    name = order.text("name")
    return Refund(
        key=payload.text("legacyResourceId"),
        number=f"{name}-R{_place(payload, order)}",
        updated_at=payload.instant("updatedAt"),
        order_key=order.text("legacyResourceId"),
        order_number=name,
        order_is_cancelled=order.has("cancelledAt"),
        order_total=_amount(order, "currentTotalPriceSet"),
        currency=order.text("currencyCode"),
        created_at=payload.maybe_instant("createdAt"),
        lines=lines,
        taxes_included=included,
        shipping_total=two_places(shipping),
        tax_total=two_places(tax),
        duty_total=two_places(duties),
        adjustment_total=two_places(total - explained),
        total=two_places(total),
        tenders=tenders,
        note=note,
    )


def _line(row: Payload) -> RefundedLine:
    item = row.child("lineItem")
    variant, place = item.maybe_child("variant"), row.maybe_child("location")
    return RefundedLine(
        key=to_number(row.maybe_text("id") or item.text("id")),
        sku=item.maybe_text("sku") or "",
        product_key="" if variant is None else variant.text("legacyResourceId"),
        title=item.maybe_text("title") or "",
        quantity=row.integer("quantity"),
        amount=_amount(row, "subtotalSet"),
        tax=_amount(row, "totalTaxSet"),
        restock=row.one_of("restockType", RESTOCKED),
        location="" if place is None else place.text("id"),
    )


def _tenders(payload: Payload) -> Iterator[GivenBack]:
    for row in _nodes(payload, "transactions"):
        if row.text("kind") != "REFUND" or row.text("status") not in _COUNTS:
            continue
        key, parent = to_number(row.text("id")), row.maybe_child("parentTransaction")
        yield GivenBack(
            key=key,
            gateway=row.maybe_text("gateway") or "",
            amount=_amount(row, "amountSet"),
            transaction_id=key,
            parent_id="" if parent is None else to_number(parent.text("id")),
        )


def _place(payload: Payload, order: Payload) -> int:
    """The how manieth refund of its order it is; refunds are never deleted, so it stays."""
    rows = sorted(
        (row.text("createdAt"), int(row.text("legacyResourceId"))) for row in order.rows("refunds")
    )
    keys = [key for _, key in rows]
    return keys.index(int(payload.text("legacyResourceId"))) + 1


def _nodes(payload: Payload, name: str) -> Sequence[Payload]:
    found = payload.maybe_child(name)
    return () if found is None else list(found.rows("nodes"))


def _amount(row: Payload, name: str) -> Decimal:
    return two_places(row.child(name).child("shopMoney").decimal("amount"))


# --- calls ---------------------------------------------------------------------------------------


def changes(client: ShopClient, cursor: str, now: datetime) -> Page:
    """Refunds of orders that changed since the cursor, thin."""

    def notices(row: Mapping[str, Any]) -> list[Notice]:
        return [
            Notice(
                entity=Entity.REFUND,
                key=str(refund["legacyResourceId"]),
                topic="refunds/poll",
                version=version(refund["updatedAt"]),
            )
            for refund in row["refunds"]
        ]

    return changed(
        client,
        cursor,
        now,
        operation="RefundsPage",
        root="orders",
        extra="status:any",
        notices=notices,
    )


def read(client: ShopClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each refund with all its lines and its order, None for one that is gone."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for key in keys:
        row = complete(client.run("RefundOne", {"id": to_gid("Refund", key)}))["refund"]
        found[key] = None if row is None else _with_all_lines(client, row)
    return found


def _with_all_lines(client: ShopClient, refund: Mapping[str, Any]) -> Mapping[str, Any]:
    lines = refund["refundLineItems"]
    nodes, page = list(lines["nodes"]), lines["pageInfo"]
    while page["hasNextPage"]:
        variables = {"id": refund["id"], "after": page["endCursor"]}
        more = complete(client.run("RefundLines", variables))["refund"]["refundLineItems"]
        nodes.extend(more["nodes"])
        page = more["pageInfo"]
    return {**refund, "refundLineItems": {"nodes": nodes}}
