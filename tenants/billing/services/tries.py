"""What was tried to have invoices paid through Stripe, for pages, mails and work lists."""

from __future__ import annotations

from tenants.billing.models import Invoice, PaymentTry, TryState, Way
from tenants.billing.services import unmatched


def under_way(invoice: Invoice) -> PaymentTry | None:
    """The try that goes on for it: a page of Stripe that is open, or a bank that is at it."""
    rows = PaymentTry.objects.filter(invoice=invoice).order_by("-number")
    found: PaymentTry | None = rows.first()
    return found if found is not None and found.is_running else None


def being_paid(invoice: Invoice) -> str:
    """Why it need not be paid now though it is open, in a sentence; "" when it is to be paid."""
    if unmatched.waits_for(invoice.number):
        return "A payment for it came that does not fit what was asked for. We look at it."
    one = under_way(invoice)
    if one is not None and one.state == TryState.PROCESSING:
        return "The bank is at its payment."
    return ""


def last_refusal(invoice: Invoice) -> PaymentTry | None:
    """How the last charge of the kept card failed; None when the last one did not."""
    rows = PaymentTry.objects.filter(invoice=invoice, way=Way.KEPT)
    found: PaymentTry | None = rows.order_by("-number").first()
    return found if found is not None and found.state == TryState.FAILED else None


def refused_charges() -> list[PaymentTry]:
    """Of each invoice that is open still: how the last charge of the kept card failed."""
    last = PaymentTry.objects.filter(way=Way.KEPT, invoice__receivable__open__gt=0)
    newest = last.order_by("invoice_id", "-number").distinct("invoice_id").select_related("invoice")
    return [one for one in newest if one.state == TryState.FAILED]
