"""Returns at the till out of Heartland Retail: a ticket of type Return that refers to a web order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Client, Notice, Page
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.line_names import name_of, with_names
from integrations.connectors.heartland.order_settings import helper_skus
from integrations.connectors.heartland.order_settlement import CANCELLED
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.record import Entity, Skipped
from mappings.canonical.refund import GivenBack, Refund, RefundedLine

_TICKETS, _INVOICES, _ORDERS = "/sales/tickets", "/sales/invoices", "/sales/orders"
ZERO = Decimal(0)


@dataclass
class _Sum:
    """What the lines of a return come to; amounts are above zero when they were given back."""

    lines: list[RefundedLine] = field(default_factory=list)
    shipping: Decimal = ZERO
    tax: Decimal = ZERO
    duty: Decimal = ZERO
    other: Decimal = ZERO


def normalise(payload: Payload, account: Account) -> Refund:
    """A completed return as ours. Raises Skipped for our own, and for one without a web order.

    Lines of goods sold on the same ticket are set off: they count as kept back.
    """
    ticket = payload.child("ticket")
    if not _is_finished_return(ticket.raw()):
        raise Unsupported(f"Ticket {ticket.text('id')} is no finished return.")
    custom = ticket.maybe_child("custom")
    if custom is not None and custom.maybe_text("source_system") == "clarity":
        raise Skipped("It is our own record coming back")
    order = payload.maybe_child("order")
    if order is None:
        raise Skipped("The return refers to no web order")
    currency = account.setting("currency").upper()
    if not currency:
        raise Rejected(
            "The Heartland connection does not say which currency it sells in.",
            field="settings.currency",
            advice="Enter the currency in the settings of the connection, then replay.",
        )
    sums = _sums(payload, account)
    total = -ticket.decimal("total")
    goods = sum((line.amount for line in sums.lines), ZERO)
    explained = goods + sums.shipping + sums.tax + sums.duty
    return Refund(
        key=ticket.text("id"),
        number=ticket.maybe_text("public_id") or "",
        updated_at=ticket.maybe_instant("updated_at"),
        order_key=order.text("id"),
        order_number=order.maybe_text("public_id") or "",
        order_is_cancelled=(order.maybe_text("status") or "").lower() in CANCELLED,
        currency=currency,
        created_at=ticket.maybe_instant("completed_at"),
        lines=tuple(sums.lines),
        shipping_total=sums.shipping,
        tax_total=sums.tax,
        duty_total=sums.duty,
        adjustment_total=total - explained,
        total=total,
        tenders=tuple(_tender(row) for row in payload.rows("payments")),
    )


def _sums(payload: Payload, account: Account) -> _Sum:
    found = _Sum()
    helpers = helper_skus(account)
    tax, shipping, duty = (account.setting(f"{name}_item") for name in ("tax", "shipping", "duty"))
    for row in payload.rows("lines"):
        back = -row.decimal("value")
        number = row.maybe_text("item_public_id") or ""
        if row.maybe_text("type") == "TaxLine" or (number and number == tax):
            found.tax += back
        elif row.maybe_text("type") == "ShippingLine" or (number and number == shipping):
            found.shipping += back
        elif number and number == duty:
            found.duty += back
        elif number not in helpers and row.has("item_id") and row.decimal("qty") < 0:
            found.lines.append(_line(row, back, payload))
    return found


def _line(row: Payload, back: Decimal, payload: Payload) -> RefundedLine:
    quantity = -row.decimal("qty")
    if quantity != quantity.to_integral_value():
        raise Rejected(
            f"{row.path('qty')} is {-quantity}; a store takes back whole units only.",
            field=row.path("qty"),
            said=str(-quantity),
            advice="Enter the refund in the store by hand, then dismiss the record.",
        )
    return RefundedLine(
        key=row.text("id"),
        sku=name_of(row),
        product_key=row.text("item_id"),
        title=row.maybe_text("description") or "",
        quantity=int(quantity),
        amount=back,
        location=payload.child("ticket").maybe_text("source_location_id") or "",
    )


def _tender(row: Payload) -> GivenBack:
    return GivenBack(
        key=row.text("id"),
        gateway=row.maybe_text("type") or "",
        amount=-row.decimal("amount"),
        transaction_id=row.text("id"),
    )


def _is_finished_return(row: Row) -> bool:
    """Heartland writes the status in one case or the other."""
    return (
        str(row.get("type") or "").lower() == "return"
        and str(row.get("status") or "").lower() == "complete"
        and not row.get("voided?")
    )


# --- calls ---------------------------------------------------------------------------------------


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Returns that were finished, or changed after it, since the cursor; thin."""
    return changed(client_of(client), _TICKETS, cursor, now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """Each ticket with its lines, its payments and the web order it takes back from."""
    heartland = client_of(client)
    tickets = by_id(heartland, _TICKETS, keys)
    parents = {str(row.get("parent_transaction_id") or "") for row in tickets.values()} - {""}
    invoices = by_id(heartland, _INVOICES, sorted(parents))
    wanted = parents | {str(row.get("order_id") or "") for row in invoices.values()}
    orders = by_id(heartland, _ORDERS, sorted(wanted - {""}))
    return {key: _record(heartland, tickets.get(key), invoices, orders) for key in keys}


def _record(
    client: HeartlandClient,
    ticket: Row | None,
    invoices: Mapping[str, Row],
    orders: Mapping[str, Row],
) -> dict[str, Any] | None:
    if ticket is None:
        return None
    parent = str(ticket.get("parent_transaction_id") or "")
    order = orders.get(str(invoices.get(parent, {}).get("order_id") or parent))
    found: dict[str, Any] = {"ticket": ticket, "order": None, "lines": [], "payments": []}
    if order is not None and _is_finished_return(ticket):
        path = f"{_TICKETS}/{ticket['id']}"
        shown = {name: order.get(name) for name in ("id", "public_id", "status")}
        lines, payments = (list(client.every(f"{path}/{name}")) for name in ("lines", "payments"))
        found |= {"order": shown, "lines": with_names(client, lines), "payments": payments}
    return found


def _notice(row: Row) -> Notice | None:
    if not _is_finished_return(row):
        return None
    return Notice(
        entity=Entity.REFUND, key=str(row["id"]), topic="return.completed", version=version(row)
    )
