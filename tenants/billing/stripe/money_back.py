"""Refunds and disputes: money that went back, and sometimes comes again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tenants import scope
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Invoice, Method, Payment
from tenants.billing.services import paying, unmatched
from tenants.billing.stripe import amounts, finding
from tenants.billing.stripe.reading import Back


def book(moved: Sequence[Back], *, now: datetime) -> bool:
    """Books what went back on the invoice that its payment was booked on; answers whether it was
    ours. A payment that waits for finance is marked, so that it is not booked any more.

    What is paid back without a credit note is open again, which is true: the ledger says so and
    finance decides. Call outside any scope; again books nothing twice.
    """
    is_ours = False
    for one in moved:
        is_ours = _one(one, now=now) or is_ours
    return is_ours


def _one(back: Back, *, now: datetime) -> bool:
    found = finding.invoice_of(back.intent_id)
    if found is None:
        with scope.door(finding.REASON):
            # What comes again, or could not be paid back, is here.
            if back.minor < 0 and unmatched.went_back(back.intent_id, at=back.at):
                return True
        # Finance, or another event, may have booked the payment since it was looked for.
        found = finding.invoice_of(back.intent_id)
    amount = amounts.from_minor(back.minor, back.currency)
    if found is None or amount is None:
        return False
    with scope.tenant(found.tenant_id):
        if back.undoes and not _is_booked(back.undoes):
            return True
        seller = Invoice.objects.select_related("seller").get(pk=found.id).seller
        paying.record_payment(
            invoice_id=found.id,
            amount=amount,
            currency=back.currency,
            reference=back.reference,
            received_on=local_date(back.at, seller.time_zone),
            actor=None,
            now=now,
            method=Method.STRIPE,
            # What a bank takes is for finance to talk about, and so is money that could not be paid
            # back: neither is something that we paid or got from them.
            is_told=not (back.by_bank or back.undoes),
        )
    return True


def _is_booked(reference: str) -> bool:
    return Payment.objects.filter(method=Method.STRIPE, reference=reference).exists()
