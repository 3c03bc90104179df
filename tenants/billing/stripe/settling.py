"""Reads how a try stands at Stripe and brings the ledger to it.

Whoever asks (the way back from Stripe, an event, the chore) comes through here, at any time, in any
order and as often as they like: what was read decides, and a payment is booked once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.money import shown
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import (
    Method,
    PaymentTry,
    StripeCustomer,
    TryState,
)
from tenants.billing.services import letters, paying, unmatched
from tenants.billing.stripe import amounts, customers, declines, reading
from tenants.billing.stripe.problems import MISSING, Away, Refused
from tenants.billing.stripe.reading import Intent, Session
from tenants.models import User
from tenants.services import audit

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """How a try stands at Stripe: its page, where it has one, and its payment, where it has come so
    far. `is_unknown`: Stripe knows neither, since they were made with the keys of another mode."""

    session: Session | None = None
    intent: Intent | None = None
    is_unknown: bool = False


def look(tenant_id: UUID, try_id: UUID, *, now: datetime) -> TryState:
    """How the try stands, after the ledger was brought to it. Call outside any scope.

    Raises Away, Refused; then nothing has changed here.
    """
    with scope.tenant(tenant_id):
        one: PaymentTry = PaymentTry.objects.get(pk=try_id)
    if one.state != TryState.PAID:
        found = _read(one)
        with scope.tenant(tenant_id):
            one = _apply(try_id, found, now=now)
    if one.state == TryState.PAID and one.keeps_card and not one.is_card_kept:
        _keep(tenant_id, one, now=now)
    return TryState(one.state)


def know(tenant_id: UUID, try_id: UUID, **ids: str) -> None:
    """Notes the `session_id` or `intent_id` of a try that was asked for and of which a crash kept
    them from being written down."""
    with scope.tenant(tenant_id):
        PaymentTry.objects.filter(
            pk=try_id, state=TryState.ASKED, session_id=None, intent_id=None
        ).update(state=TryState.OPEN, **ids)


def _read(one: PaymentTry) -> Reading:
    try:
        session = reading.session(one.session_id) if one.session_id else None
        intent_id = (session.intent_id if session else "") or one.intent_id
        return Reading(session, reading.intent(intent_id) if intent_id else None)
    except Refused as problem:
        if problem.code != MISSING:
            raise
        log.warning("stripe knows nothing of try %s", one.pk)
        return Reading(is_unknown=True)


def _apply(try_id: UUID, found: Reading, *, now: datetime) -> PaymentTry:
    """Always in this order: what is open of the invoice is locked first, then the try."""
    invoice_id = PaymentTry.objects.values_list("invoice_id", flat=True).get(pk=try_id)
    paying.locked(invoice_id)
    rows = PaymentTry.objects.select_for_update(of=("self",)).select_related("invoice__seller")
    one: PaymentTry = rows.get(pk=try_id)
    # Somebody was faster; what they read was newer or the same.
    if one.state == TryState.PAID:
        return one
    before, state = one.state, _state(one, found)
    if found.intent is not None:
        one.intent_id = found.intent.id
        one.method_id = found.intent.method_id or one.method_id
    if state == TryState.PAID and found.intent is not None:
        _book(one, found.intent, now=now)
    if state == TryState.FAILED and found.intent is not None:
        refusal = declines.of(found.intent)
        one.problem_code, one.problem = refusal.code[:80], refusal.said
        one.is_final = refusal.is_final
    if state in (TryState.PAID, TryState.FAILED, TryState.OVER) and before != state:
        one.ended_at = now
    one.state = state
    one.save()
    if before != state and state == TryState.FAILED:
        _tell(one, now=now)
    return one


def refuse(try_id: UUID, *, code: str, now: datetime) -> None:
    """Stripe took no payment for the try: another card is needed. In the scope of its account."""
    rows = PaymentTry.objects.select_for_update(of=("self",)).select_related("invoice")
    one: PaymentTry = rows.get(pk=try_id)
    if not one.is_running:
        return
    one.state, one.ended_at, one.is_final = TryState.FAILED, now, True
    one.problem_code, one.problem = code[:80], declines.not_taken(code)
    one.save()
    _tell(one, now=now)


def _state(one: PaymentTry, found: Reading) -> TryState:
    """What was read, in our words."""
    if found.is_unknown:
        # Else nothing could be paid any more after the keys were exchanged.
        return TryState.OVER if one.is_running else TryState(one.state)
    if found.intent is not None and found.intent.status == "succeeded":
        return TryState.PAID
    if found.intent is not None and found.intent.status == "processing":
        return TryState.PROCESSING
    if found.session is not None:
        # A bank debit may be refused days after the page was completed.
        is_over = found.session.status in ("expired", "complete")
        return TryState.OVER if is_over else TryState.OPEN
    if found.intent is None:
        return TryState(one.state)
    if found.intent.status == "canceled":
        return TryState.OVER
    if found.intent.status == "requires_confirmation":
        return TryState.OPEN
    return TryState.FAILED


def _book(one: PaymentTry, intent: Intent, *, now: datetime) -> None:
    """The money is booked when it is what was asked for; else finance gets to see it."""
    problem = _misfit(one, intent)
    if problem:
        misfit(intent, invoice_number=one.invoice.number, problem=problem, now=now)
        return
    paying.record_payment(
        invoice_id=one.invoice_id,
        amount=one.amount,
        currency=one.currency,
        reference=intent.id,
        received_on=local_date(intent.paid_at, one.invoice.seller.time_zone),
        actor=None,
        now=now,
        method=Method.STRIPE,
    )


def _misfit(one: PaymentTry, intent: Intent) -> str:
    asked = (amounts.to_minor(one.amount, one.currency), one.currency)
    if (intent.received, intent.currency) != asked:
        return (
            f"{shown(one.amount, one.currency)} was asked for, and another amount or currency was"
            " paid."
        )
    customer_id = StripeCustomer.objects.values_list("customer_id", flat=True).first()
    if intent.customer_id != customer_id:
        return "It was paid by another customer of Stripe than this account."
    return ""


def misfit(intent: Intent, *, invoice_number: str, problem: str, now: datetime) -> bool:
    """Keeps a payment for finance. In the scope of its account, or inside the door."""
    return unmatched.note(
        payment_id=intent.id,
        customer_id=intent.customer_id,
        minor_amount=intent.received,
        currency=intent.currency,
        invoice_number=invoice_number,
        problem=problem,
        paid_at=intent.paid_at,
        now=now,
    )


def _keep(tenant_id: UUID, one: PaymentTry, *, now: datetime) -> None:
    """Keeps the card when the owner agreed to that; later, when Stripe is away."""
    by = User.objects.filter(pk=one.asked_by_id).first() if one.asked_by_id else None
    try:
        customers.keep(tenant_id, one.method_id, by=by, now=now)
    except (Away, Refused) as problem:
        log.warning("the card of try %s is not kept yet: %s", one.pk, type(problem).__name__)
        return
    with scope.tenant(tenant_id):
        PaymentTry.objects.filter(pk=one.pk).update(is_card_kept=True)


def _tell(one: PaymentTry, *, now: datetime) -> None:
    """A card was to be charged and was not: who pays the bills gets a mail."""
    audit.record(
        action="card.charge_failed",
        object_type="Invoice",
        object_id=one.invoice_id,
        after={"number": one.invoice.number, "problem": one.problem},
    )
    letters.card_failed(one.invoice, amount=one.amount, said=one.problem, key=str(one.pk), now=now)
