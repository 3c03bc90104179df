"""An order that was edited in the store after it was sent: the same edit, where Heartland takes it.

What nobody knows is whether Heartland lets the lines of an open order change, so it is asked. Where
it refuses, or goods were invoiced, the order is held with what a person has to change there.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.client import Row
from integrations.connectors.heartland.order_lines import complete_lines, item_rows, take
from integrations.connectors.heartland.order_plan import Plan, Wanted, plan
from integrations.connectors.heartland.order_run import Run
from integrations.connectors.heartland.order_settlement import (
    amount,
    check_total,
    invoices_of,
    status_of,
)

_ORDERS = "/sales/orders"


@dataclass(frozen=True)
class _Change:
    """What makes the lines there those of the plan."""

    gone: tuple[Row, ...]
    new: tuple[Wanted, ...]
    shipping: str = ""

    def words(self, run: Run) -> str:
        """What a person does in Heartland, in one sentence."""
        skus = {line.path: line.sku for line in run.order.lines}
        parts = [
            *(f"remove {_number(row['qty'])} x {_name(row)}" for row in self.gone),
            *(
                f"add {line.quantity} x {skus.get(line.source) or line.source} at {line.price}"
                for line in self.new
            ),
        ]
        if self.shipping:
            parts.append(f"set the shipping charge to {self.shipping}")
        text = ", ".join(parts)
        return text[:1].upper() + text[1:]


def revise(run: Run, order_id: str, there: Row) -> bool:
    """Makes the edit there and compares the totals; safe to call again after any crash.

    Raises Rejected with both sums and what to change by hand when it cannot be made.
    """
    wanted = plan(run.client, run.order, run.settings, run.related)
    change = _change(run, order_id, there, wanted)
    todo = change.words(run)
    is_free = status_of(there) in ("pending", "open") and not invoices_of(run, order_id)
    if not is_free or not todo:
        check_total(run, there, changed_later=True, todo=todo)
    try:
        _make(run, order_id, wanted, change)
    except Refused:
        now = run.client.get(f"{_ORDERS}/{order_id}", what=run.name)
        left = _change(run, order_id, now, wanted)
        check_total(run, now, changed_later=True, todo=left.words(run))
    now = run.client.get(f"{_ORDERS}/{order_id}", what=run.name)
    check_total(run, now, changed_later=True)
    return True


def _change(run: Run, order_id: str, there: Row, wanted: Plan) -> _Change:
    rows = item_rows(list(run.client.every(f"{_ORDERS}/{order_id}/lines")))
    new = tuple(line for line in wanted.lines if take(rows, line) is None)
    charge = wanted.shipping_charge
    differs = run.settings.shipping_is_charge and amount(there, "shipping_charge") != charge
    return _Change(tuple(rows), new, str(charge) if differs else "")


def _make(run: Run, order_id: str, wanted: Plan, change: _Change) -> None:
    """New lines first, so that an order never stands there without any."""
    if change.new:
        complete_lines(run, order_id, wanted, fresh=False)
    for row in change.gone:
        run.client.delete(f"{_ORDERS}/{order_id}/lines/{row['id']}", what=run.name)
    if change.shipping:
        body = {"shipping_charge": wanted.shipping_charge}
        run.client.update(f"{_ORDERS}/{order_id}", body, what=run.name)


def _name(row: Row) -> str:
    return str(row.get("item_public_id") or row.get("description") or row["item_id"])


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
