"""Paying an invoice on Stripe's own page, where the card is entered; never on one of ours.

The page is for the exact amount that is open. It ends after an hour, and until then nothing else is
begun for the invoice, so that it is not paid twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.money import shown
from tenants.billing.models import PaymentTry, Receivable, TryState, Way
from tenants.billing.models.provider import RUNNING
from tenants.billing.services import access, paying
from tenants.billing.services.problems import BillingProblem
from tenants.billing.stripe import amounts, asking, customers, library, reading, settling
from tenants.billing.stripe.problems import KeyTaken, Refused
from tenants.billing.stripe.reading import Session
from tenants.models import User
from tenants.services import audit

# Stripe takes 30 minutes to 24 hours.
LASTS = timedelta(hours=1)
# A page that was never opened is not asked for later than that: it would end too soon for Stripe.
_ASKED_FOR = timedelta(minutes=25)
_BUSY = (
    "This invoice is being paid already: the bank is at it. You will see the result here; there is"
    " nothing to do."
)


def begin(
    *,
    tenant_id: UUID,
    invoice_id: UUID,
    looked_at: Decimal,
    keeps_card: bool,
    back: str,
    actor: User,
    now: datetime,
) -> UUID:
    """A page of Stripe for what is open of an invoice; answers the try, whose page `address` gives.

    `looked_at` is what the page showed as open. `back` is where Stripe sends people afterwards,
    with `{try}` in it. A second click leads to the same page. Call outside any scope. Raises
    NotAllowed, Unknown, BillingProblem, Away, Refused.
    """
    with scope.tenant(tenant_id):
        access.by_owner(actor)
        row = paying.locked(invoice_id)
        asking.check_open(row, looked_at)
        amounts.to_minor(row.open, row.invoice.currency)
        going = asking.running(invoice_id)
    if going is not None:
        again = _same_page(tenant_id, going, looked_at, keeps_card=keeps_card, back=back, now=now)
        if again is not None:
            return again
    customer_id = customers.ensure(tenant_id)
    with scope.tenant(tenant_id):
        row = paying.locked(invoice_id)
        asking.check_open(row, looked_at)
        one = asking.running(invoice_id)
        if one is None:
            one = _write_down(row, keeps_card=keeps_card, actor=actor, now=now)
        elif one.way == Way.KEPT:
            raise BillingProblem(_BUSY)
    # Another click was faster by a moment: its key is the same, and so is the page.
    _open(tenant_id, one, customer_id=customer_id, back=back, now=now)
    return one.pk


def address(tenant_id: UUID, try_id: UUID, *, now: datetime) -> str:
    """Where Stripe's page is; "" when it is over. Call outside any scope. Raises Away, Refused."""
    if settling.look(tenant_id, try_id, now=now) != TryState.OPEN:
        return ""
    with scope.tenant(tenant_id):
        session_id = PaymentTry.objects.values_list("session_id", flat=True).get(pk=try_id)
    return reading.session(session_id).url if session_id else ""


def give_up(tenant_id: UUID, one: PaymentTry, *, now: datetime) -> TryState:
    """Closes a page, so that nobody pays on it any more; answers how it ended, which may be paid.

    Call outside any scope. Raises Away.
    """
    if one.session_id:
        try:
            with library.talking("closing a page of Checkout"):
                library.client().v1.checkout.sessions.expire(one.session_id)
        except Refused:
            # It was over already; reading it says how.
            pass
        return settling.look(tenant_id, one.pk, now=now)
    with scope.tenant(tenant_id):
        PaymentTry.objects.filter(pk=one.pk, state=TryState.ASKED).update(
            state=TryState.OVER, ended_at=now
        )
    return TryState.OVER


def close_unwanted(tenant_id: UUID, invoice_number: str, *, now: datetime) -> None:
    """Closes the page of an invoice that is not to be paid there any more, since money for it came
    another way. Call outside any scope. Raises Away."""
    with scope.tenant(tenant_id):
        rows = PaymentTry.objects.filter(
            invoice__number=invoice_number, way=Way.CHECKOUT, state=TryState.OPEN
        )
        one: PaymentTry | None = rows.select_related("invoice").first()
        if one is None or asking.is_wanted(one):
            return
    give_up(tenant_id, one, now=now)


def _same_page(
    tenant_id: UUID,
    going: PaymentTry,
    looked_at: Decimal,
    *,
    keeps_card: bool,
    back: str,
    now: datetime,
) -> UUID | None:
    """The try that goes on, when its page will do; None when a new one may be begun."""
    state = settling.look(tenant_id, going.pk, now=now)
    if state == TryState.PAID:
        raise BillingProblem(f"Invoice {going.invoice.number} was paid a moment ago.")
    if state not in RUNNING:
        return None
    if state == TryState.PROCESSING or going.way == Way.KEPT:
        raise BillingProblem(_BUSY)
    is_late = state == TryState.ASKED and going.created_at + _ASKED_FOR <= now
    if (going.amount, going.keeps_card) == (looked_at, keeps_card) and not is_late:
        if state == TryState.ASKED:
            customer_id = customers.ensure(tenant_id)
            _open(tenant_id, going, customer_id=customer_id, back=back, now=now)
        return going.pk
    if give_up(tenant_id, going, now=now) in (TryState.PAID, TryState.PROCESSING):
        raise BillingProblem(_BUSY)
    return None


def _write_down(row: Receivable, *, keeps_card: bool, actor: User, now: datetime) -> PaymentTry:
    one = asking.write_down(
        row,
        way=Way.CHECKOUT,
        keeps_card=keeps_card,
        actor=actor,
        now=now,
    )
    audit.record(
        action="payment.begun",
        object_type="Invoice",
        object_id=one.invoice_id,
        actor=actor,
        after={
            "number": one.invoice.number,
            "amount": shown(one.amount, one.currency),
            "card_is_kept": keeps_card,
        },
    )
    return one


def _open(tenant_id: UUID, one: PaymentTry, *, customer_id: str, back: str, now: datetime) -> None:
    """Has Stripe make the page. The key is that of the try: again is the same page."""
    try:
        session = _ask(tenant_id, one, customer_id=customer_id, back=back)
    except KeyTaken:
        give_up(tenant_id, one, now=now)
        raise BillingProblem(
            "What is to be paid changed in between. Nothing was charged. Try again."
        ) from None
    except Refused as problem:
        give_up(tenant_id, one, now=now)
        raise Refused(_words(problem.code), code=problem.code) from None
    with scope.tenant(tenant_id):
        PaymentTry.objects.filter(pk=one.pk, state=TryState.ASKED).update(
            session_id=session.id, state=TryState.OPEN
        )


def _ask(tenant_id: UUID, one: PaymentTry, *, customer_id: str, back: str) -> Session:
    said = asking.said_of(one, tenant_id)
    name = f"Invoice {one.invoice.number}"
    where = back.replace("{try}", str(one.pk))
    with library.talking("opening a page of Checkout"):
        made = library.client().v1.checkout.sessions.create(
            {
                "mode": "payment",
                "customer": customer_id,
                "client_reference_id": str(one.pk),
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": one.currency.lower(),
                            "unit_amount": amounts.to_minor(one.amount, one.currency),
                            "product_data": {"name": name},
                        },
                    }
                ],
                "payment_intent_data": {
                    "description": name,
                    "metadata": said,
                    **({"setup_future_usage": "off_session"} if one.keeps_card else {}),
                },
                "metadata": said,
                "expires_at": int((one.created_at + LASTS).timestamp()),
                "success_url": where,
                "cancel_url": where,
            },
            {"idempotency_key": f"checkout-{one.pk}"},
        )
    return reading.as_session(made)


def _words(code: str) -> str:
    if code in ("amount_too_small", "amount_too_large"):
        return "Stripe does not take an amount of this size. Pay by transfer. Nothing was charged."
    return (
        "Stripe does not take this payment, which is for us to mend. Nothing was charged. Pay by"
        " transfer, or try again later."
    )
