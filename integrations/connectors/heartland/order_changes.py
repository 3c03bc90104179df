"""An order that Heartland already has: payments that came later, and cancellation."""

from __future__ import annotations

from integrations.connector_kit.base import Outcome, Receipt
from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.client import Row
from integrations.connectors.heartland.order_lines import item_rows
from integrations.connectors.heartland.order_refunds import must_have_no_returns
from integrations.connectors.heartland.order_revision import revise
from integrations.connectors.heartland.order_run import Run
from integrations.connectors.heartland.order_saga import ORDERS, find_order
from integrations.connectors.heartland.order_settings import helper_skus
from integrations.connectors.heartland.order_settlement import (
    CANCELLED,
    STATUS_FIELD,
    agrees,
    custom_of,
    invoice,
    invoices_of,
    pay,
    status_of,
)
from mappings.canonical.record import Entity

# Three programs use three words; which one the real product takes is not documented.
CANCEL_WORDS = ("void", "cancelled", "canceled")


def write_linked(run: Run, order_id: str) -> Receipt:
    """Makes later changes, adds missing payments, and invoices what they paid for.

    Raises Rejected with the arithmetic where the change cannot be made there.
    """
    there = run.client.get(f"{ORDERS}/{order_id}", what=run.name)
    if status_of(there) in CANCELLED:
        raise Rejected(
            f"{run.name} is cancelled in Heartland and open in the store.",
            field="state",
            said=status_of(there),
            advice="Cancel it in the store as well, or enter it in Heartland again by hand.",
        )
    revised = not agrees(run, there) and revise(run, order_id, there)
    added = pay(run, order_id, fresh=False)
    if added and STATUS_FIELD in custom_of(there):
        word = "paid" if run.order.paid_total >= run.order.total else "partially_paid"
        run.client.update(f"{ORDERS}/{order_id}", {"custom": {STATUS_FIELD: word}}, what=run.name)
    done = run.settings.invoices and status_of(there) == "open" and invoice(run, order_id)
    if not (revised or added or done):
        return Receipt(order_id, Outcome.UNCHANGED, label=run.order.public_id)
    return _updated(run, order_id)


def cancel(run: Run, linked_id: str) -> Receipt:
    """Cancels the order there. Raises Unsupported when it never came to Heartland."""
    order_id = linked_id or find_order(run)
    if not order_id:
        raise Unsupported(f"{run.name} was cancelled in the store before it came to Heartland.")
    there = run.client.get(f"{ORDERS}/{order_id}", what=run.name)
    if status_of(there) in CANCELLED:
        return Receipt(order_id, Outcome.UNCHANGED, label=run.order.public_id)
    _refuse_gone_goods(run)
    invoices = [str(row["id"]) for row in invoices_of(run, order_id)]
    must_have_no_returns(run.client, [order_id, *invoices], run.name)
    _void_invoices(run, order_id)
    _say_cancelled(run, order_id)
    return _updated(run, order_id)


def _refuse_gone_goods(run: Run) -> None:
    """An invoice that is voided puts its goods back on hand, and these have left the house."""
    if run.order.left_before_cancelled in ("whole", "partial"):
        raise Rejected(
            f"{run.name} was cancelled in the store after goods of it were shipped.",
            field="state",
            said=f"cancelled, shipped: {run.order.left_before_cancelled}",
            advice="When the goods come back, take them back as a return in Heartland. If they"
            " never left, cancel the shipment in the store, then replay.",
        )


def _void_invoices(run: Run, order_id: str) -> None:
    """Heartland cancels no order that has invoices; ours go, goods that left by hand do not."""
    for row in invoices_of(run, order_id):
        if status_of(row) == "complete" and not run.settings.invoices:
            raise Rejected(
                f"{run.name} was cancelled in the store after its goods left (invoice"
                f" {row.get('public_id') or row['id']}).",
                field="state",
                said="cancelled",
                advice="Take the goods back as a return in Heartland.",
            )
        run.client.update(
            f"/sales/invoices/{row['id']}", {"status": "void"}, what=f"The invoice of {run.name}"
        )


def _say_cancelled(run: Run, order_id: str) -> None:
    known = run.steps.get("cancel_word") or run.client.words.get("cancel", "")
    refused: Refused | None = None
    for word in dict.fromkeys((*filter(None, (known,)), *CANCEL_WORDS)):
        try:
            run.client.update(f"{ORDERS}/{order_id}", {"status": word}, what=run.name)
        except Refused as refusal:
            refused = refused or refusal
            continue
        run.client.words["cancel"] = run.keep("cancel_word", word)
        return
    if refused:
        raise refused


def _updated(run: Run, order_id: str) -> Receipt:
    helpers = helper_skus(run.client.account)
    rows = item_rows(list(run.client.every(f"{ORDERS}/{order_id}/lines")))
    return Receipt(
        order_id,
        Outcome.UPDATED,
        label=run.order.public_id,
        touched=tuple((Entity.INVENTORY, key) for key in _items(rows, helpers)),
    )


def _items(rows: list[Row], helpers: frozenset[str]) -> list[str]:
    goods = [str(row["item_id"]) for row in rows if row.get("item_public_id") not in helpers]
    return list(dict.fromkeys(goods))
