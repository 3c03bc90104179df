"""Finance put money that fitted nothing in the wrong place, and takes that back.

The ledger is only added to: what was booked on the wrong invoice gets a counter entry, and the money
waits again. From there it is booked elsewhere, or is nobody's again and given to another account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, Sum

from tenants import scope
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import (
    Invoice,
    Method,
    Payment,
    UnmatchedPayment,
    UnmatchedState,
)
from tenants.billing.models.payment import COUNTER
from tenants.billing.services import access, paying
from tenants.billing.services.problems import BillingProblem, Unknown
from tenants.models import User
from tenants.services import audit

_AGAIN = " again "


def reference_of(payment_id: str) -> str:
    """Under which a payment at Stripe is booked in the account in scope: a reference counts once, so
    after each counter entry it is another one."""
    taken = _times_taken(payment_id)
    return f"{payment_id}{_AGAIN}{taken}" if taken else payment_id


def booked_at(payment_id: str) -> tuple[UUID, UUID] | None:
    """Account and invoice on which it is booked and not taken back. In the scope of its account, or
    inside the door."""
    ours = Q(reference=payment_id)
    for word in (_AGAIN, COUNTER):
        ours |= Q(reference__startswith=f"{payment_id}{word}")
    rows = Payment.objects.filter(ours, method=Method.STRIPE).values("tenant_id", "invoice_id")
    left = rows.annotate(sum=Sum("amount")).filter(sum__gt=0).order_by("tenant_id", "invoice_id")
    found = left.first()
    return (found["tenant_id"], found["invoice_id"]) if found else None


def on_invoice(invoice: Invoice) -> Sequence[UnmatchedPayment]:
    """What finance booked on an invoice of the account in scope, and may take back."""
    references = invoice.payments.filter(method=Method.STRIPE, amount__gt=0)
    ids = {one.split(" ")[0] for one in references.values_list("reference", flat=True)}
    rows = UnmatchedPayment.objects.filter(state=UnmatchedState.BOOKED, payment_id__in=ids)
    here = (invoice.tenant_id, invoice.pk)
    return [row for row in rows.order_by("settled_at", "pk") if booked_at(row.payment_id) == here]


def unbook(*, unmatched_id: UUID, actor: User | None, reason: str, now: datetime) -> Payment:
    """Takes what was booked off its invoice again, by a counter entry; it waits for finance then.

    In the scope of its account. Raises NotAllowed, Unknown, and BillingProblem when it is booked
    nowhere, or when money went back on that invoice.
    """
    access.by_finance(actor)
    rows = UnmatchedPayment.objects.select_for_update(of=("self",))
    row: UnmatchedPayment | None = rows.filter(pk=unmatched_id).first()
    if row is None:
        raise Unknown("There is no such payment in this account.")
    found = booked_at(row.payment_id)
    if row.state != UnmatchedState.BOOKED or found is None or row.amount is None:
        raise BillingProblem("This payment is booked on no invoice any more. Look at it again.")
    account, invoice_id = found
    invoice = paying.locked(invoice_id).invoice
    back = invoice.payments.filter(method=Method.STRIPE, amount__lt=0)
    if back.exclude(reference__contains=COUNTER).exists():
        raise BillingProblem(
            f"Money of invoice {invoice.number} went back at Stripe already, so this payment cannot be"
            " taken off it as a whole. Enter what stayed by hand where it belongs, and write a credit"
            " note for the rest."
        )
    payment = paying.record_payment(
        invoice_id=invoice_id,
        amount=-row.amount,
        currency=row.currency,
        reference=f"{row.payment_id}{COUNTER}{_times_taken(row.payment_id) + 1}",
        received_on=local_date(now, invoice.seller.time_zone),
        actor=actor,
        now=now,
        method=Method.STRIPE,
        # Nobody was paid anything.
        is_told=False,
    )
    row.state, row.note, row.settled_at, row.settled_by = UnmatchedState.OPEN, "", None, None
    row.save()
    _record("payment.unmatched_unbooked", row, actor=actor, reason=reason, account=account)
    return payment


def release(*, unmatched_id: UUID, actor: User | None, reason: str) -> UnmatchedPayment:
    """It is not this account's money after all: it waits as nobody's, and that account's log says so.

    Passes the door; call outside any scope; a second call changes nothing. Raises NotAllowed,
    Unknown, and BillingProblem for what is booked or settled.
    """
    access.by_finance(actor)
    with scope.door("take back whose payment this is", actor=actor):
        row: UnmatchedPayment | None = (
            UnmatchedPayment.objects.select_for_update().filter(pk=unmatched_id).first()
        )
        if row is None:
            raise Unknown("There is no such payment.")
        if row.state != UnmatchedState.OPEN:
            raise BillingProblem("It is booked or settled. Take that back first.")
        account = row.tenant_id
        if account is not None:
            row.tenant_id = None
            row.save(update_fields=["tenant"])
            _record("payment.unmatched_released", row, actor=actor, reason=reason, account=account)
    return row


def _times_taken(payment_id: str) -> int:
    counters = Payment.objects.filter(reference__startswith=f"{payment_id}{COUNTER}")
    return counters.filter(method=Method.STRIPE).count()


def _record(
    action: str, row: UnmatchedPayment, *, actor: User | None, reason: str, account: UUID
) -> None:
    audit.record(
        action=action,
        object_type="UnmatchedPayment",
        object_id=row.payment_id,
        actor=actor,
        after={"amount": row.said},
        reason=reason,
        tenant_id=account,
    )
