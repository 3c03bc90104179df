"""Payments of web orders into Heartland Retail: each once, whoever recorded it first.

The order brings along what was paid when it was sent, so a payment may be there already: by its
transaction, or as part of a sum. Sums are told apart by what the order had received before.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from integrations.connector_kit.base import Client, Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.checkpoints import Checkpoints, steps_of
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of
from integrations.connectors.heartland.order_settings import OrderSettings, order_settings
from integrations.connectors.heartland.order_settlement import (
    CANCELLED,
    STATUS_FIELD,
    amount,
    counts,
    custom_of,
    is_payment,
    record_payment,
    status_of,
)
from integrations.connectors.heartland.payment_fields import PaymentFields, payment_fields

ZERO = Decimal(0)


@dataclass
class _Run(Checkpoints):
    """One attempt at one payment."""

    client: HeartlandClient
    settings: OrderSettings
    name: str


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Records the payment on its order, or marks the order; safe to call again after any crash.

    Raises Rejected with both sums when what is recorded there is neither with nor without it.
    """
    wanted = payment_fields(outgoing)
    heartland = client_of(client)
    settings = order_settings(heartland.account)
    run = _Run(heartland, settings, wanted.name, save=save, steps=steps_of(outgoing))
    path = f"/sales/orders/{wanted.order_id}"
    if wanted.mark:
        return _mark(run, path, wanted)
    there = [row for row in heartland.every(f"{path}/payments") if counts(row)]
    known = next((row for row in there if is_payment(row, wanted.tender)), None)
    if known is not None:
        return Receipt(str(known["id"]), Outcome.UNCHANGED, label=wanted.name)
    paid = sum((amount(row, "amount") for row in there), ZERO)
    if is_covered(wanted, paid):
        return Receipt(wanted.own_id, Outcome.UNCHANGED, label=wanted.name)
    order = heartland.get(path, what=run.name)
    if status_of(order) in CANCELLED:
        _must_be_back(wanted, order, paid)
        return Receipt(wanted.own_id, Outcome.UNCHANGED, label=wanted.name)
    made = run.keep("payment", record_payment(run, f"{path}/payments", wanted.tender))
    _mark_paid(run, path, order, wanted)
    return Receipt(made, Outcome.UPDATED, label=wanted.name)


def is_covered(wanted: PaymentFields, paid: Decimal) -> bool:
    """Whether what is recorded as `paid` holds this payment. Raises Rejected when it holds a part."""
    if paid + wanted.netted >= wanted.before + wanted.tender.amount:
        return True
    if paid + wanted.netted <= wanted.before:
        return False
    before, more, there = (_shown(one) for one in (wanted.before, wanted.tender.amount, paid))
    raise Rejected(
        f"{wanted.name}: the order had received {before} before this payment of {more}, and"
        f" Heartland has {there} recorded.",
        field="amount",
        said=f"store {before} + {more}, Heartland {there}",
        advice="Someone recorded a part of it in Heartland. Compare the payments of the order on"
        " both sides, correct Heartland, then replay.",
    )


def _shown(value: Decimal) -> str:
    """JSON drops trailing zeros; people write 20.00."""
    return f"{value:.2f}" if value == round(value, 2) else str(value)


def _must_be_back(wanted: PaymentFields, order: Row, paid: Decimal) -> None:
    """A cancelled order takes no money, and needs none that the store has given back."""
    if paid + wanted.refunded < wanted.before + wanted.tender.amount:
        raise Rejected(
            f"{wanted.name}: the order is cancelled in Heartland, and the store was paid.",
            field="order_id",
            said=status_of(order),
            advice="Pay the money back in the store, or enter the order in Heartland again.",
        )


def _mark(run: _Run, path: str, wanted: PaymentFields) -> Receipt:
    """What became of a payment that brought no money, on the order where people see it."""
    order = run.client.get(path, what=run.name)
    paid = amount(order, "total_paid")
    if paid > ZERO or custom_of(order).get(STATUS_FIELD) == wanted.mark:
        # Money that came says more than a try that failed.
        return Receipt(wanted.own_id, Outcome.UNCHANGED, label=wanted.name)
    run.client.update(path, {"custom": {STATUS_FIELD: wanted.mark}}, what=run.name)
    return Receipt(wanted.own_id, Outcome.UPDATED, label=wanted.name)


def _mark_paid(run: _Run, path: str, order: Row, wanted: PaymentFields) -> None:
    if STATUS_FIELD not in custom_of(order):
        return
    left = amount(order, "balance") - wanted.tender.amount
    word = "paid" if left <= ZERO else "partially_paid"
    run.client.update(path, {"custom": {STATUS_FIELD: word}}, what=run.name)
