"""Web orders through the unified API: draft, totals compared, payments, open, fulfilled."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.base import (
    Client,
    Learned,
    Outcome,
    Outgoing,
    Receipt,
    Save,
)
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.order_fields import (
    CANCELLED,
    OrderFields,
    Tender,
    order_fields,
)
from integrations.connectors.heartland.order_refunds import (
    contained,
    money_since,
    total_there,
)
from integrations.connectors.heartland.order_settings import tolerance
from integrations.connectors.heartland.order_settlement import payment_conflict
from integrations.connectors.heartland.orders import reference
from integrations.connectors.heartland.unified_v1 import customers
from integrations.connectors.heartland.unified_v1.order_body import (
    Item,
    items_of,
    order_body,
    unknown_sku,
)
from mappings.canonical.record import Entity

__all__ = ["reference", "write"]

_ORDERS, _PAYMENTS = "/v1/orders", "/v1/payments"
_LINE = re.compile(r"LineItems\[(\d+)\]\.SKU")


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates the order, brings it up to date, or cancels it; safe to call again after any crash.

    Every POST bears an Idempotency-Key made from the delivery, and is preceded by a look.
    """
    heartland = client_of(client)
    order = order_fields(outgoing)
    _check_currency(heartland, order)
    there = heartland.find(_path(outgoing.linked_id or order.public_id), what=_name(order))
    if order.state == CANCELLED:
        return _cancel(heartland, order, there)
    items = items_of(outgoing, order, heartland.account)
    is_new = not outgoing.linked_id
    if there is None:
        there = _create(heartland, outgoing, order, items)
        save("order_id", str(there["OrderID"]))
    elif is_new:
        _must_be_ours(order, there)
    expected = order.total if is_new else total_there(order, outgoing.related)
    _check_total(heartland, order, there, expected)
    changed = _settle(heartland, outgoing, order, there)
    outcome = Outcome.UPDATED if changed else Outcome.UNCHANGED
    return _receipt(outgoing, order, items, there, Outcome.CREATED if is_new else outcome)


def _path(order_id: str) -> str:
    return f"{_ORDERS}/{quote(order_id, safe='')}"


def _name(order: OrderFields) -> str:
    return f"Order {order.public_id}"


def _check_currency(client: HeartlandClient, order: OrderFields) -> None:
    own = client.account.setting("currency").upper()
    if own and order.currency and own != order.currency:
        raise Rejected(
            f"{_name(order)} is in {order.currency}, this Heartland sells in {own}.",
            field="currency",
            said=order.currency,
            advice="Heartland keeps one currency. Leave such orders out, or correct the setting.",
        )


def _must_be_ours(order: OrderFields, there: Row) -> None:
    other = str((there.get("CustomFields") or {}).get("external_order_id") or "")
    if other and other != order.external_id:
        raise Rejected(
            f"{_name(order)}: Heartland already has another order with this number"
            f" (store order {other}).",
            field="public_id",
            said=order.public_id,
            advice="Choose another order prefix in the settings of the connection, then replay.",
        )


def _create(
    client: HeartlandClient, outgoing: Outgoing, order: OrderFields, items: list[Item]
) -> Row:
    body = order_body(
        order,
        items,
        customer_id=_customer(client, outgoing, order),
        location_id=client.account.setting("location_id"),
    )
    extra = {"Idempotency-Key": outgoing.delivery_id}
    try:
        made: Row = client.post(_ORDERS, body, what=_name(order), extra=extra).json()
    except Refused as refused:
        found = _LINE.fullmatch(refused.field)
        if found is None:
            raise
        item = items[int(found[1])]
        raise unknown_sku(order, item.source, item.sku) from None
    return made


def _customer(client: HeartlandClient, outgoing: Outgoing, order: OrderFields) -> str:
    """CustomerID of the buyer, "" for a guest: this API takes orders without one."""
    buyer = order.buyer
    linked = outgoing.related.get(f"{Entity.CUSTOMER}:{buyer.key}", "") if buyer.key else ""
    if linked or not buyer.email:
        return linked
    found = customers.by_email(client, buyer.email)
    if found:
        return str(found["CustomerID"])
    wanted = {"Email": buyer.email, "FirstName": buyer.first_name, "LastName": buyer.last_name}
    phone = {"Phone": buyer.phone} if buyer.phone else {}
    return customers.create(client, {**wanted, **phone}, outgoing.delivery_id)


def _check_total(
    client: HeartlandClient, order: OrderFields, there: Row, expected: Decimal
) -> None:
    theirs = Decimal(str(there["TotalAmount"]))
    if abs(theirs - expected) < tolerance(client.account):
        return
    raise Rejected(
        f"{_name(order)}: Heartland comes to {theirs}, the store to {order.total}.",
        field="total",
        said=f"Heartland {theirs}, store {order.total}, difference {theirs - order.total}",
        advice=f"Store: {order.arithmetic()}. Heartland: {theirs}, of which"
        f" {there.get('TaxAmount')} tax. Correct the order on one side, then replay.",
    )


def _settle(client: HeartlandClient, outgoing: Outgoing, order: OrderFields, there: Row) -> bool:
    """Payments, then open, then fulfilled when that is ours to say. Whether anything changed."""
    path, changed = _path(str(there["OrderID"])), False
    missing, paid = _missing(client, outgoing, order, there)
    for tender in missing:
        _pay(client, outgoing, order, tender, str(there["OrderID"]))
        paid, changed = paid + tender.amount, True
    status = str(there.get("Status"))
    if status == "Draft":
        client.update(path, {"Status": "Open"}, what=_name(order))
        status, changed = "Open", True
    ships = client.account.setting("who_fulfils", "auto_invoice") == "auto_invoice"
    if status == "Open" and ships and paid >= order.total:
        client.update(path, {"Status": "Fulfilled"}, what=_name(order))
        changed = True
    return changed


def _missing(
    client: HeartlandClient, outgoing: Outgoing, order: OrderFields, there: Row
) -> tuple[list[Tender], Decimal]:
    """Payments that are not there yet, never more in all than the store received."""
    rows = payments_of(client, str(there["OrderID"]))
    paid = sum((Decimal(str(row["Amount"])) for row in rows), Decimal(0))
    known = {_payment_key(row) for row in rows}
    # The store's payments are without what went back since; there that is a refund of its own.
    since = money_since(order, outgoing.related) if outgoing.linked_id else Decimal(0)
    due = order.paid_total + since
    missing = [
        (number, tender)
        for number, tender in enumerate(order.tenders)
        if tender.is_sum or tender.key not in known
    ]
    names = {tender.key for tender in order.tenders if not tender.is_sum}
    # Sums of these payments, or the same ones under another name.
    covered = sum(
        (Decimal(str(row["Amount"])) for row in rows if _payment_key(row) not in names), Decimal(0)
    )
    own = {tender.key: tender.amount for tender in order.tenders}
    since -= sum(
        (
            Decimal(str(row["Amount"])) - own[_payment_key(row)]
            for row in rows
            if _payment_key(row) in names
        ),
        Decimal(0),
    )
    covered = max(Decimal(0), covered - max(Decimal(0), since))
    found, reached = [], paid
    for number, tender in missing:
        if reached >= due:
            break
        if covered >= tender.amount:
            covered -= tender.amount
            continue
        if tender.is_sum:
            tender, covered = replace(tender, amount=tender.amount - covered), Decimal(0)
        if reached + tender.amount > due:
            raise payment_conflict(order, number, reached, due)
        found.append(tender)
        reached += tender.amount
    return found, paid


def payments_of(client: HeartlandClient, order_id: str) -> list[Row]:
    """Payments of the order that brought money."""
    rows = client.page(_PAYMENTS, (("OrderID", order_id), ("limit", "250")))
    return [
        row for row in rows if row.get("Type") == "payment" and row.get("Status") == "succeeded"
    ]


def _payment_key(row: Row) -> str:
    return str((row.get("CustomFields") or {}).get("payment_key") or "")


def _pay(
    client: HeartlandClient, outgoing: Outgoing, order: OrderFields, tender: Tender, order_id: str
) -> None:
    custom = {"payment_key": tender.key, "card_last4": tender.card_last4}
    body: dict[str, Any] = {
        "OrderID": order_id,
        "Type": "payment",
        "Amount": tender.amount,
        "Description": tender.description or tender.gateway,
        "TransactionID": tender.transaction_id,
        "CustomFields": {name: value for name, value in custom.items() if value},
    }
    extra = {"Idempotency-Key": f"{outgoing.delivery_id}:payment:{tender.key}"}
    client.post(_PAYMENTS, body, what=f"{_name(order)}, payment", extra=extra)


def _cancel(client: HeartlandClient, order: OrderFields, there: Row | None) -> Receipt:
    if there is None:
        raise Unsupported(f"{_name(order)} was cancelled in the store before it came to Heartland.")
    order_id = str(there["OrderID"])
    if there.get("Status") == "Cancelled":
        return Receipt(order_id, Outcome.UNCHANGED, label=order_id)
    _must_have_no_refunds(client, order, order_id)
    client.update(_path(order_id), {"Status": "Cancelled"}, what=_name(order))
    rows = Payload(there).rows("LineItems")
    touched = tuple((Entity.INVENTORY, row.text("SKU")) for row in rows)
    return Receipt(order_id, Outcome.UPDATED, label=order_id, touched=touched)


def _must_have_no_refunds(client: HeartlandClient, order: OrderFields, order_id: str) -> None:
    """Cancelling takes all of the order back, and with it what was given back before."""
    rows = client.page(_PAYMENTS, (("OrderID", order_id), ("limit", "250")))
    back = [row for row in rows if row.get("Type") == "refund" and row.get("Status") == "succeeded"]
    if back:
        part = sum((Decimal(str(row["Amount"])) for row in back), Decimal(0))
        raise Rejected(
            f"{_name(order)} was cancelled in the store, and {part} of it was given back"
            " already; cancelling would give that part back twice.",
            field="state",
            said="cancelled",
            advice="Give the rest back in Heartland by hand, then dismiss the record.",
        )


def _receipt(
    outgoing: Outgoing, order: OrderFields, items: list[Item], there: Row, outcome: Outcome
) -> Receipt:
    order_id = str(there["OrderID"])
    if outcome is Outcome.UNCHANGED:
        return Receipt(order_id, outcome, label=order_id)
    goods = [item for item in items if item.source.startswith("line_items")]
    keys = {
        row.maybe_text("product_key") or "": row.maybe_text("sku") or ""
        for row in Payload(outgoing.fields).rows("lines")
    }
    articles = tuple(
        Learned(Entity.PRODUCT, key, sku)
        for key, sku in keys.items()
        if key and sku and f"product:{key}" not in outgoing.related
    )
    refunds = contained(order) if outcome is Outcome.CREATED else ()
    return Receipt(
        order_id,
        outcome,
        label=order_id,
        learned=(*articles, *refunds),
        touched=tuple((Entity.INVENTORY, sku) for sku in dict.fromkeys(i.sku for i in goods)),
    )
