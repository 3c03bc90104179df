"""An invoice or credit note as PDF, as things stand: what was issued, and what was paid since.

Made anew each time it is asked for, which takes a few hundredths of a second; nothing is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tenants import support
from tenants.billing.documents.content import Facts, content
from tenants.billing.documents.typesetting import pdf
from tenants.billing.models import Invoice, InvoiceKind, Receivable
from tenants.billing.services.how_to_pay import how_to_pay
from tenants.billing.services.problems import Unknown


@dataclass(frozen=True)
class Printed:
    """A file: its name, and the PDF."""

    name: str
    data: bytes


def printed(invoice_id: UUID) -> Printed:
    """The document of the account in scope. Raises Unknown."""
    facts = facts_of(invoice_id)
    data = pdf("invoice", content(facts), dated=facts.document.issued_at)
    return Printed(f"{facts.document.number}.pdf", data)


def facts_of(invoice_id: UUID) -> Facts:
    """Everything that is told of a document. Raises Unknown."""
    rows = Invoice.objects.select_related("corrects", "seller")
    document: Invoice | None = rows.filter(pk=invoice_id).first()
    if document is None:
        raise Unknown("There is no such invoice in this account.", field="invoice")
    notes = Invoice.objects.filter(corrects=document, kind=InvoiceKind.CREDIT)
    receivable = Receivable.objects.filter(invoice=document).first()
    return Facts(
        document=document,
        lines=list(document.lines.order_by("number")),
        receivable=receivable,
        payments=list(document.payments.order_by("received_on", "created_at", "pk")),
        credit_notes=list(notes.order_by("issued_on", "sequence")),
        pay=_how_to_pay(document, receivable),
    )


def _how_to_pay(document: Invoice, receivable: Receivable | None) -> list[str]:
    if receivable is None or receivable.open <= 0:
        return []
    how = how_to_pay(document)
    if how.charged:
        return [f"Your {how.charged} is charged for it. There is nothing to do."]
    said = [f"Please say {document.number} with your payment."]
    if how.by_card:
        said.insert(0, "It can be paid by card on its page in Clarity Connect, or by transfer.")
    if not how.bank_lines and not how.by_card:
        said.insert(0, f"Write to {support.whom()} for the account to transfer it to.")
    return [*how.bank_lines, *said]
