"""Payments: entered by finance, or told by a payment provider. Each reference counts once."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from tenants.billing.arithmetic.money import is_whole, shown
from tenants.billing.models import Invoice, Method, Payment, Receivable
from tenants.billing.services import access, letters
from tenants.billing.services.problems import BillingProblem, CurrencyMismatch, Unknown
from tenants.models import User
from tenants.services import audit

LONGEST_REFERENCE = 120


def record_payment(
    *,
    invoice_id: UUID,
    amount: Decimal,
    currency: str,
    reference: str,
    received_on: date,
    actor: User | None,
    now: datetime,
    method: Method = Method.MANUAL,
    is_told: bool = True,
) -> Payment:
    """Money for an invoice; below zero, money paid back. The same reference again is the same
    payment.

    A person may not enter more than is open, nor pay back more than we owe. What a provider says
    came, came: then `open` falls below zero, which is what we owe. Raises NotAllowed, Unknown,
    CurrencyMismatch, BillingProblem. `is_told`: whoever pays the bills gets a mail about it.
    """
    access.by_finance(actor)
    reference = " ".join(reference.replace("\x00", "").split())[:LONGEST_REFERENCE]
    if not reference:
        raise BillingProblem("Enter the reference of the payment.", field="reference")
    row = locked(invoice_id)
    invoice = row.invoice
    known: Payment | None = Payment.objects.filter(method=method, reference=reference).first()
    if known is not None:
        return _same(known, invoice, amount, currency)
    _check(row, amount, currency, by_hand=method == Method.MANUAL)
    payment: Payment
    payment, is_new = Payment.objects.get_or_create(
        method=method,
        reference=reference,
        defaults={
            "invoice": invoice,
            "amount": amount,
            "currency": currency,
            "received_on": received_on,
            "recorded_by": actor,
        },
    )
    if not is_new:
        # Entered on another invoice at the same moment, which only the index can see.
        return _same(payment, invoice, amount, currency)
    change_open(row, by=-amount, now=now)
    if is_told:
        letters.paid(payment, now=now)
    audit.record(
        action="payment.recorded",
        object_type="Invoice",
        object_id=invoice.pk,
        actor=actor,
        after={"amount": shown(amount, currency), "reference": reference},
    )
    return payment


def locked(invoice_id: UUID) -> Receivable:
    """What is open of an invoice, held until the transaction ends. Raises Unknown."""
    rows = Receivable.objects.select_for_update(of=("self",)).select_related("invoice")
    found: Receivable | None = rows.filter(invoice_id=invoice_id).first()
    if found is None:
        raise Unknown("There is no such invoice in this account.", field="invoice")
    return found


def change_open(row: Receivable, *, by: Decimal, now: datetime) -> None:
    """Moves what is open, and ends or takes up its reminders."""
    row.open += by
    if row.open > 0:
        row.settled_at = None
        row.reminder_on = row.reminder_on or row.due_on
    else:
        row.settled_at, row.reminder_on = row.settled_at or now, None
    row.save(update_fields=["open", "settled_at", "reminder_on"])


def _same(known: Payment, invoice: Invoice, amount: Decimal, currency: str) -> Payment:
    is_same = (known.invoice_id, known.amount, known.currency) == (invoice.pk, amount, currency)
    if is_same:
        return known
    raise BillingProblem(
        f"A payment with the reference {known.reference} is recorded already:"
        f" {shown(known.amount, known.currency)}. Enter another reference.",
        field="reference",
    )


def _check(row: Receivable, amount: Decimal, currency: str, *, by_hand: bool) -> None:
    invoice = row.invoice
    if currency != invoice.currency:
        raise CurrencyMismatch(
            f"Invoice {invoice.number} is in {invoice.currency}, and the payment is in {currency}."
            f" Enter what came in {invoice.currency}.",
            field="currency",
        )
    if not is_whole(amount, currency) or amount == 0:
        raise BillingProblem(
            f"{amount} is not an amount that can be paid in {currency}.", field="amount"
        )
    if not by_hand:
        return
    if amount > max(row.open, Decimal(0)):
        raise BillingProblem(
            f"Of invoice {invoice.number} {shown(max(row.open, Decimal(0)), currency)} is open, which"
            f" is less than {shown(amount, currency)}.",
            field="amount",
        )
    if amount < min(row.open, Decimal(0)):
        raise BillingProblem(
            f"We owe {shown(-min(row.open, Decimal(0)), currency)} on invoice {invoice.number};"
            f" {shown(-amount, currency)} is more.",
            field="amount",
        )
