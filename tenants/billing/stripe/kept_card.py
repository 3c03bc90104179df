"""Charging the card that the owner lets us charge, without anybody at a page.

In two steps, each with a key: the payment is made, and its id noted, before it is confirmed. So it
is known after any crash whether it was, however long that took, and nothing is charged twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from tenants import scope
from tenants.billing.models import (
    PaymentTry,
    Receivable,
    StripeCustomer,
    TryState,
    Way,
)
from tenants.billing.services import paying, unmatched
from tenants.billing.stripe import amounts, asking, library, reading, settling
from tenants.billing.stripe.problems import CardRefused, Refused

# Days after which a charge is tried again that the bank refused for now; then people are reminded.
AGAIN_AFTER = (3, 4, 7)


def charge(tenant_id: UUID, invoice_id: UUID, *, now: datetime) -> TryState | None:
    """Charges what is open of an invoice to the kept card, if that is due; else None.

    Call outside any scope; may be called twice, and at once. Raises Away; then `go_on` ends it.
    """
    with scope.tenant(tenant_id):
        row = paying.locked(invoice_id)
        customer: StripeCustomer | None = StripeCustomer.objects.exclude(method_id="").first()
        if customer is None or not is_due(row, customer, now=now):
            return None
        one = asking.write_down(
            row, way=Way.KEPT, method_id=customer.method_id, actor=None, now=now
        )
    return go_on(tenant_id, one, now=now)


def is_due(row: Receivable, customer: StripeCustomer, *, now: datetime) -> bool:
    """Whether the kept card may be charged now for what is open.

    Only for invoices of after the owner agreed; never while somebody pays it otherwise, nor when
    money for it went back or waits for finance.
    """
    invoice = row.invoice
    if row.open <= 0 or customer.kept_at is None or invoice.issued_at < customer.kept_at:
        return False
    if asking.running(invoice.pk) is not None or invoice.payments.filter(amount__lt=0).exists():
        return False
    if unmatched.waits_for(invoice.number):
        return False
    failed = PaymentTry.objects.filter(
        invoice=invoice, way=Way.KEPT, state=TryState.FAILED, method_id=customer.method_id
    )
    before = list(failed.order_by("-number"))
    if not before:
        return True
    if before[0].is_final or len(before) > len(AGAIN_AFTER):
        return False
    last: datetime = before[0].created_at
    return last + timedelta(days=AGAIN_AFTER[len(before) - 1]) <= now


def go_on(tenant_id: UUID, one: PaymentTry, *, now: datetime) -> TryState:
    """Takes a charge on from where it is, to its end. Call outside any scope. Raises Away."""
    with scope.tenant(tenant_id):
        customer_id = StripeCustomer.objects.values_list("customer_id", flat=True).first() or ""
    intent_id = one.intent_id or ""
    try:
        intent_id = intent_id or _make(tenant_id, one, customer_id)
        if reading.intent(intent_id).status == "requires_confirmation":
            if _is_wanted(tenant_id, one):
                _confirm(one, intent_id)
            else:
                _cancel(intent_id)
    except CardRefused:
        # The payment itself says why.
        pass
    except Refused as problem:
        return _fail(tenant_id, one, intent_id, problem.code, now=now)
    return settling.look(tenant_id, one.pk, now=now)


def _is_wanted(tenant_id: UUID, one: PaymentTry) -> bool:
    """It is still to be paid, and nobody changed the card since it was written down."""
    with scope.tenant(tenant_id):
        is_same_card = StripeCustomer.objects.filter(method_id=one.method_id).exists()
        return is_same_card and asking.is_wanted(one)


def _cancel(intent_id: str) -> None:
    with library.talking("taking a payment back"):
        library.client().v1.payment_intents.cancel(intent_id)


def _fail(
    tenant_id: UUID, one: PaymentTry, intent_id: str, code: str, *, now: datetime
) -> TryState:
    """Stripe does not take the charge at all: a card that is gone there, for instance."""
    if intent_id:
        try:
            _cancel(intent_id)
        except Refused:
            # It ended meanwhile; reading it says how.
            return settling.look(tenant_id, one.pk, now=now)
    with scope.tenant(tenant_id):
        settling.refuse(one.pk, code=code, now=now)
    return TryState.FAILED


def _make(tenant_id: UUID, one: PaymentTry, customer_id: str) -> str:
    with library.talking("making a payment"):
        made = library.client().v1.payment_intents.create(
            {
                "amount": amounts.to_minor(one.amount, one.currency),
                "currency": one.currency.lower(),
                "customer": customer_id,
                "payment_method": one.method_id,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "description": f"Invoice {one.invoice.number}",
                "metadata": asking.said_of(one, tenant_id),
            },
            {"idempotency_key": f"intent-{one.pk}"},
        )
    with scope.tenant(tenant_id):
        PaymentTry.objects.filter(pk=one.pk, state=TryState.ASKED).update(
            intent_id=made.id, state=TryState.OPEN
        )
    return made.id


def _confirm(one: PaymentTry, intent_id: str) -> None:
    with library.talking("charging a card"):
        library.client().v1.payment_intents.confirm(
            intent_id, {"off_session": True}, {"idempotency_key": f"confirm-{one.pk}"}
        )
