"""Refunds of the store as return tickets of Heartland Retail, step by step and resumable.

order looked at -> ticket -> lines -> totals compared -> money given back -> complete. Heartland has
no idempotency key: each step looks at what is there before it writes, and each id is saved before
the next step starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.checkpoints import steps_of
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from integrations.connectors.heartland.order_lines import item_rows
from integrations.connectors.heartland.order_refunds import net_id
from integrations.connectors.heartland.order_settings import order_settings
from integrations.connectors.heartland.order_settlement import (
    CANCELLED,
    amount,
    payment_type,
    status_of,
)
from integrations.connectors.heartland.refund_checks import (
    check_currency,
    check_given_back,
    check_kept,
    check_sum,
    check_total,
)
from integrations.connectors.heartland.refund_fields import Given, RefundFields
from integrations.connectors.heartland.refund_plan import ReturnLine, Ticket, Tickets, plan
from integrations.connectors.heartland.refund_run import TICKETS, Work
from mappings.canonical.record import Entity, Skipped

ORDERS, INVOICES = "/sales/orders", "/sales/invoices"
ZERO = Decimal(0)


def write_return(
    client: HeartlandClient, outgoing: Outgoing, refund: RefundFields, save: Save
) -> Receipt:
    """Enters the return; safe to call again after any crash.

    Raises Skipped when the order was cancelled there, Rejected before anything is written for an
    unknown SKU or goods that never left, and before money when Heartland comes to another total.
    """
    settings = order_settings(client.account)
    check_currency(refund, settings)
    steps = steps_of(outgoing)
    work = Work(client, refund, settings, outgoing.related, save=save, steps=steps)
    order = _order(work)
    parent = _parent(work, order)
    if parent is None:
        # Someone took the units off the order there by hand, so nothing is left to return.
        check_given_back(refund, order)
        return Receipt(net_id(outgoing.key), Outcome.UNCHANGED, label=str(order.get("public_id")))
    wanted = plan(client, refund, settings, outgoing.related)
    if refund.adjustment > 0 and not steps.get("ticket_id"):
        check_kept(refund, order)
    ids = [_enter(work, ticket, order, parent) for ticket in wanted.rows]
    if not settings.tax_is_item:
        check_sum(work, ids)
    _settle(work, wanted, ids)
    return Receipt(
        id=ids[0],
        outcome=Outcome.CREATED,
        label=refund.public_id,
        learned=wanted.learned(outgoing.related),
        touched=tuple((Entity.INVENTORY, item) for item in wanted.moved),
    )


def _order(work: Work) -> Row:
    order_id = work.related.get(f"{Entity.ORDER}:{work.refund.order_key}", "")
    if not order_id:
        raise Rejected(
            f"{work.refund.name} is not linked to an order in Heartland.",
            field="order_key",
            said=work.refund.order_key,
            advice="Replay the order first, then this refund.",
        )
    found = work.client.get(f"{ORDERS}/{order_id}", what=work.refund.name)
    if status_of(found) in CANCELLED and not work.steps.get("ticket_id"):
        raise Skipped("The order was cancelled in Heartland, which takes all of it back")
    return found


def _parent(work: Work, order: Row) -> str | None:
    """Id of the sale the goods left with; None when the order there is without them already."""
    if not work.refund.lines or work.steps.get("ticket_id"):
        return work.steps.get("parent_id") or str(order["id"])
    rows = work.client.every(INVOICES, (matching({"order_id": int(order["id"])}),))
    left = [row for row in rows if status_of(row) == "complete"]
    if left:
        return work.keep("parent_id", str(left[0]["id"]))
    if work.refund.order_total is not None and amount(order, "total") == work.refund.order_total:
        return None
    raise Rejected(
        f"{work.refund.name}: the goods of order {order.get('public_id')} have not left in"
        " Heartland, so they cannot come back; a return would add units that never went.",
        field="lines",
        said=f"order {order.get('public_id')} is {status_of(order)}, without an invoice",
        advice=f"Take the units off order {order.get('public_id')} in Heartland, so that its total"
        f" is {work.refund.order_total}, or invoice the order there. Then replay.",
    )


def _enter(work: Work, ticket: Ticket, order: Row, parent: str) -> str:
    """Ticket with its lines, not paid and not complete yet."""
    found = _find(work, ticket)
    ticket_id = found or _create(work, ticket, order, parent)
    _complete_lines(work, ticket, ticket_id, fresh=not found)
    if work.settings.tax_is_item:
        there = work.client.get(f"{TICKETS}/{ticket_id}", what=work.refund.name)
        check_total(work, ticket, there)
    return ticket_id


def _find(work: Work, ticket: Ticket) -> str:
    """Id of the ticket: from a checkpoint, else by its number; "" when there is none."""
    step = f"{ticket.step}ticket_id"
    if work.steps.get(step):
        return work.steps[step]
    rows = work.client.page(TICKETS, (matching({"public_id": ticket.public_id}),))
    if not rows:
        return ""
    custom = rows[0].get("custom")
    other = str((custom if isinstance(custom, Mapping) else {}).get("external_order_id") or "")
    if other != work.refund.external_id:
        raise Rejected(
            f"{work.refund.name}: Heartland already has another ticket with the number"
            f" {ticket.public_id}.",
            field="public_id",
            said=ticket.public_id,
            advice="Choose another order prefix in the settings of the connection, then replay.",
        )
    return work.keep(step, str(rows[0]["id"]))


def _create(work: Work, ticket: Ticket, order: Row, parent: str) -> str:
    body: dict[str, object] = {
        "type": "Return",
        "public_id": ticket.public_id,
        "station_id": int(work.settings.station_id),
        "source_location_id": int(work.settings.location_id),
        "parent_transaction_id": int(parent),
        "affect_inventory": ticket.moves_stock,
        "custom": {**work.refund.custom, "external_order_id": work.refund.external_id},
    }
    if order.get("customer_id"):
        body["customer_id"] = int(order["customer_id"])
    made = work.client.create(TICKETS, body, what=work.refund.name)
    return work.keep(f"{ticket.step}ticket_id", made)


def _complete_lines(work: Work, ticket: Ticket, ticket_id: str, *, fresh: bool) -> None:
    path = f"{TICKETS}/{ticket_id}/lines"
    rows = [] if fresh else list(work.client.every(path))
    items = item_rows(rows)
    shipping = [row for row in rows if row.get("type") == "ShippingLine"]
    for number, line in enumerate(ticket.lines, start=1):
        found = _take(items, line) if line.item_id else (shipping.pop(0) if shipping else None)
        line_id = str(found["id"]) if found else _add(work, path, line)
        work.keep(f"{ticket.step}line_{number}", line_id)


def _take(there: list[Row], line: ReturnLine) -> Row | None:
    for index, row in enumerate(there):
        same = (str(row["item_id"]), Decimal(str(row["qty"])), amount(row, "adjusted_unit_price"))
        if same == (line.item_id, Decimal(line.quantity), line.price):
            return there.pop(index)
    return None


def _add(work: Work, path: str, line: ReturnLine) -> str:
    body: dict[str, object] = {
        "type": "ShippingLine",
        "value": -line.given_back,
        "description": "Shipping given back",
    }
    if line.item_id:
        body = {
            "item_id": int(line.item_id),
            "qty": line.quantity,
            "adjusted_unit_price": line.price,
        }
    return work.client.create(path, body, what=f"{work.refund.name}, {line.source}")


def _settle(work: Work, wanted: Tickets, ids: Sequence[str]) -> None:
    """Gives the money back and completes each ticket."""
    left = [(tender, tender.amount) for tender in work.refund.tenders]
    for ticket, ticket_id in zip(wanted.rows, ids, strict=True):
        there = work.client.get(f"{TICKETS}/{ticket_id}", what=work.refund.name)
        due = ticket.total if work.settings.tax_is_item else -amount(there, "total")
        pieces: list[tuple[Given, Decimal]] = []
        while due > 0 and left:
            tender, rest = left.pop(0)
            piece = min(due, rest)
            pieces.append((tender, piece))
            due -= piece
            if rest > piece:
                left.insert(0, (tender, rest - piece))
        if status_of(there) == "complete":
            continue
        _pay(work, ticket, ticket_id, pieces)
        work.client.update(f"{TICKETS}/{ticket_id}", {"status": "complete"}, what=work.refund.name)
        work.keep(f"{ticket.step}completed", "yes")


def _pay(
    work: Work, ticket: Ticket, ticket_id: str, pieces: Sequence[tuple[Given, Decimal]]
) -> None:
    path = f"{TICKETS}/{ticket_id}/payments"
    there = [(amount(row, "amount"), row.get("description")) for row in work.client.every(path)]
    for number, (tender, piece) in enumerate(pieces, start=1):
        known = (-piece, _description(tender))
        if known in there:
            there.remove(known)
            continue
        work.keep(f"{ticket.step}payment_{number}", _record(work, path, tender, piece))


def _description(tender: Given) -> str:
    return " ".join(part for part in (tender.gateway, tender.key) if part)


def _record(work: Work, path: str, tender: Given, piece: Decimal) -> str:
    """Sends the payment under the first spelling of its type that Heartland takes."""
    body: dict[str, object] = {
        "amount": -piece,
        "description": _description(tender),
        "custom": {"gateway_transaction_id": tender.transaction_id},
    }
    kind = payment_type(work.settings, tender)
    if kind:
        body["payment_type_id"] = int(kind)
    known = work.client.words.get("payment", "")
    refused: Refused | None = None
    for word in dict.fromkeys((*filter(None, (known,)), *work.settings.payment_words)):
        try:
            made = work.client.create(
                path, {"type": word, **body}, what=f"{work.refund.name}, payment"
            )
        except Refused as refusal:
            if not (refusal.about("type") or refusal.kind == "payment_error"):
                raise
            refused = refused or refusal
            continue
        work.client.words["payment"] = word
        return made
    raise refused or Rejected(
        f"{work.refund.name}: no payment type is named in the settings.",
        field="settings.payment_type_name",
    )
