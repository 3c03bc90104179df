"""A try is written down before Stripe is asked, so that a crash between the two is known."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from tenants.billing.arithmetic.money import shown
from tenants.billing.models import Invoice, PaymentTry, Receivable, Way
from tenants.billing.services import unmatched
from tenants.billing.services.problems import BillingProblem
from tenants.models import User


def running(invoice_id: UUID) -> PaymentTry | None:
    """The try that goes on for an invoice. In the scope of its account."""
    rows = PaymentTry.objects.filter(invoice_id=invoice_id).select_related("invoice")
    found: PaymentTry | None = rows.order_by("-number").first()
    return found if found is not None and found.is_running else None


def write_down(
    row: Receivable,
    *,
    way: Way,
    method_id: str = "",
    keeps_card: bool = False,
    actor: User | None,
    now: datetime,
) -> PaymentTry:
    """A try over all that is open. Call with the receivable locked and none running."""
    last = PaymentTry.objects.filter(invoice_id=row.invoice_id).order_by("-number").first()
    made: PaymentTry = PaymentTry.objects.create(
        invoice=row.invoice,
        number=last.number + 1 if last else 1,
        way=way,
        amount=row.open,
        currency=row.invoice.currency,
        method_id=method_id,
        keeps_card=keeps_card,
        asked_by=actor,
        created_at=now,
    )
    return made


def check_open(row: Receivable, looked_at: Decimal) -> None:
    """Raises BillingProblem when nothing is open, something else than the page showed, or when money
    for it came that finance has to look at first: it would be paid twice."""
    invoice: Invoice = row.invoice
    if row.open <= 0:
        raise BillingProblem(f"Nothing is open of invoice {invoice.number} any more.")
    if row.open != looked_at:
        raise BillingProblem(
            f"{shown(row.open, invoice.currency)} is open of invoice {invoice.number} now, not"
            f" {shown(looked_at, invoice.currency)} as the page showed. Nothing was charged. Look at"
            " it again, then pay."
        )
    if unmatched.waits_for(invoice.number):
        raise BillingProblem(
            f"A payment for invoice {invoice.number} came that does not fit what was asked for. We"
            " look at it; nothing was charged now, and you need not pay again."
        )


def is_wanted(one: PaymentTry) -> bool:
    """Whether what was asked for is still what is to be paid: nobody paid or credited anything since,
    and no money for it waits for finance. In the scope of its account."""
    left = Receivable.objects.values_list("open", flat=True).get(invoice_id=one.invoice_id)
    return left == one.amount and not unmatched.waits_for(one.invoice.number)


def said_of(one: PaymentTry, tenant_id: UUID) -> dict[str, str]:
    """What a payment at Stripe says of itself, so that it is found whatever comes first."""
    return {"try": str(one.pk), "invoice": one.invoice.number, "account": str(tenant_id)}
