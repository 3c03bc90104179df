"""How a bill stands, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Invoice, InvoiceKind, Receivable


@dataclass(frozen=True)
class Badge:
    """A word with its colour and sign."""

    word: str
    tone: str
    icon: str


PAID = Badge("Paid", "green", "check")
OPEN = Badge("To be paid", "azure", "clock")
OVERDUE = Badge("Overdue", "red", "alert")
CREDITED = Badge("Credited", "muted", "minus")
NOTHING = Badge("Nothing to pay", "muted", "check")
NOTE = Badge("Credit note", "muted", "minus")


def badge(document: Invoice, row: Receivable | None, *, now: datetime) -> Badge:
    """How it stands on this day. Call inside the scope."""
    if document.kind == InvoiceKind.CREDIT or row is None:
        return NOTE
    if row.open > 0:
        today = local_date(now, document.seller.time_zone)
        return OVERDUE if row.due_on < today else OPEN
    if document.total == 0:
        return NOTHING
    return PAID if document.payments.exists() else CREDITED
