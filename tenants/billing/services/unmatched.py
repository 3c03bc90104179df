"""Money that came and fits nothing: kept for finance, who books it or settles it elsewhere."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Method, Payment, UnmatchedPayment, UnmatchedState
from tenants.billing.services import access, paying, taking_back
from tenants.billing.services.problems import BillingProblem, CurrencyMismatch, Unknown
from tenants.models import User
from tenants.services import audit

LONGEST_NOTE = 500


def note(
    *,
    payment_id: str,
    customer_id: str,
    minor_amount: int,
    currency: str,
    invoice_number: str,
    problem: str,
    paid_at: datetime,
    now: datetime,
) -> bool:
    """Keeps a payment that nothing was asked for, once; answers whether it is new.

    In the scope of its account, or inside the door when the account is not known.
    """
    if UnmatchedPayment.objects.filter(payment_id=payment_id).exists():
        return False
    row = UnmatchedPayment(
        payment_id=payment_id,
        customer_id=customer_id,
        minor_amount=minor_amount,
        currency=currency,
        invoice_number=invoice_number[:40],
        problem=problem[:300],
        paid_at=paid_at,
        seen_at=now,
    )
    UnmatchedPayment.objects.bulk_create([row], ignore_conflicts=True)
    audit.record(
        action="payment.unmatched",
        object_type="UnmatchedPayment",
        object_id=payment_id,
        after={"amount": row.said, "problem": row.problem},
    )
    return True


def waits_for(invoice_number: str) -> bool:
    """Whether money said to be for this invoice waits for finance. In the scope of its account."""
    waiting = UnmatchedPayment.objects.filter(state=UnmatchedState.OPEN)
    return bool(waiting.filter(invoice_number=invoice_number).exists())


def went_back(payment_id: str, *, at: datetime) -> bool:
    """Money of it went back before anybody booked it; answers whether it waits here. Inside the
    door: its account may not be known."""
    waiting = UnmatchedPayment.objects.filter(payment_id=payment_id, state=UnmatchedState.OPEN)
    return bool(waiting.update(went_back_at=at))


def assign(
    *, unmatched_id: UUID, tenant_id: UUID, actor: User | None, reason: str = ""
) -> UnmatchedPayment:
    """Says whose money it is, which the log of that account keeps. Passes the door; call outside any
    scope. Raises NotAllowed, Unknown, and BillingProblem when it is another account's already, or
    settled."""
    access.by_finance(actor)
    with scope.door("say whose payment this is", actor=actor):
        row = UnmatchedPayment.objects.select_for_update().filter(pk=unmatched_id).first()
        if row is None:
            raise Unknown("There is no such payment.")
        _check_open(row)
        if row.tenant_id not in (None, tenant_id):
            raise BillingProblem("This payment belongs to another account already.")
        if row.tenant_id == tenant_id:
            return row  # type: ignore[no-any-return]
        row.tenant_id = tenant_id
        row.save(update_fields=["tenant"])
        audit.record(
            action="payment.unmatched_assigned",
            object_type="UnmatchedPayment",
            object_id=row.payment_id,
            actor=actor,
            after={"amount": row.said},
            reason=reason,
            tenant_id=tenant_id,
        )
    return row  # type: ignore[no-any-return]


def book(
    *, unmatched_id: UUID, invoice_id: UUID, actor: User | None, note: str, now: datetime
) -> Payment:
    """Books it on an invoice of the account in scope; what is too much is then owed.

    A second click answers the same payment. Raises NotAllowed, Unknown, CurrencyMismatch,
    BillingProblem.
    """
    access.by_finance(actor)
    row = _locked(unmatched_id)
    if row.state != UnmatchedState.BOOKED:
        _check_open(row)
        if row.went_back_at is not None:
            raise BillingProblem(
                "Money of this payment went back at Stripe, so it cannot be booked. Enter what"
                " stayed by hand, if anything did, and settle it with a note."
            )
    if row.amount is None:
        raise CurrencyMismatch(
            f"We do not bill in {row.currency}. Pay it back at Stripe and settle it here.",
            field="invoice",
        )
    seller = paying.locked(invoice_id).invoice.seller
    payment = paying.record_payment(
        invoice_id=invoice_id,
        amount=row.amount,
        currency=row.currency,
        reference=taking_back.reference_of(row.payment_id),
        received_on=local_date(row.paid_at, seller.time_zone),
        actor=actor,
        now=now,
        method=Method.STRIPE,
    )
    _settle(row, UnmatchedState.BOOKED, actor, note, now)
    return payment


def dismiss(*, unmatched_id: UUID, actor: User | None, note: str, now: datetime) -> None:
    """It is settled elsewhere, paid back at Stripe for instance; the note says how.

    In the scope of its account, or inside the door when it has none. Raises NotAllowed, Unknown,
    BillingProblem.
    """
    access.by_finance(actor)
    row = _locked(unmatched_id)
    if row.state == UnmatchedState.DISMISSED:
        return
    _check_open(row)
    _settle(row, UnmatchedState.DISMISSED, actor, note, now)


def _locked(unmatched_id: UUID) -> UnmatchedPayment:
    rows = UnmatchedPayment.objects.select_for_update(of=("self",))
    row: UnmatchedPayment | None = rows.filter(pk=unmatched_id).first()
    if row is None:
        raise Unknown("There is no such payment in this account.")
    return row


def _check_open(row: UnmatchedPayment) -> None:
    if row.state != UnmatchedState.OPEN:
        raise BillingProblem("Somebody has settled this payment already. Look at it again.")


def _settle(
    row: UnmatchedPayment, state: UnmatchedState, actor: User | None, note: str, now: datetime
) -> None:
    said = " ".join(note.replace("\x00", "").split())
    if not said:
        raise BillingProblem("Say how it was settled; a word is enough.", field="note")
    if row.state == state:
        return
    row.state, row.note = state, said[:LONGEST_NOTE]
    row.settled_at, row.settled_by = now, actor
    row.save()
    audit.record(
        action=f"payment.unmatched_{state}",
        object_type="UnmatchedPayment",
        object_id=row.payment_id,
        actor=actor,
        after={"amount": row.said},
        reason=row.note,
        tenant_id=row.tenant_id,
    )
