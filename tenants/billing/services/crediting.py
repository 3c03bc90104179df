"""Credit notes: the only way to correct an invoice. They name its lines, and never more than those."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from tenants.billing.arithmetic.money import ZERO, is_whole, shown
from tenants.billing.arithmetic.taxes import tax_given_back
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Invoice, InvoiceKind, InvoiceLine
from tenants.billing.services import access, letters, numbering, paying
from tenants.billing.services.problems import BillingProblem
from tenants.models import User
from tenants.services import audit

LONGEST_KEY = 80


def credit(
    *,
    invoice_id: UUID,
    amounts: Mapping[int, Decimal] | None,
    reason: str,
    key: str,
    actor: User | None,
    now: datetime,
) -> Invoice:
    """A credit note over net amounts by line number, or over all that is left of the invoice.

    `key` names the wish: the same one again (a double click) is the same credit note. Tax follows
    the lines. Raises NotAllowed, Unknown, BillingProblem.
    """
    access.by_finance(actor)
    said = " ".join(reason.replace("\x00", "").split())
    if not said:
        raise BillingProblem("Say why it is credited; it is printed on the note.", field="reason")
    row = paying.locked(invoice_id)
    invoice, cause = row.invoice, f"credit {key[:LONGEST_KEY]}"
    known: Invoice | None = Invoice.objects.filter(cause=cause).first()
    if known is not None:
        return known
    lines = _lines(invoice, amounts)
    note = _issue(invoice, lines, cause=cause, reason=said, now=now)
    paying.change_open(row, by=note.total, now=now)
    letters.issued(note, now=now)
    audit.record(
        action="credit_note.issued",
        object_type="Invoice",
        object_id=note.pk,
        actor=actor,
        after={"number": note.number, "corrects": invoice.number, "total": str(note.total)},
        reason=said,
    )
    return note


def left_to_credit(invoice: Invoice) -> dict[int, Decimal]:
    """The net that can still be credited, by line number."""
    done = _credited(invoice)
    return {
        line.number: line.net - done.get(line.number, ZERO)
        for line in invoice.lines.order_by("number")
    }


def _credited(invoice: Invoice) -> dict[int, Decimal]:
    of_notes = InvoiceLine.objects.filter(invoice__corrects=invoice)
    sums = of_notes.values("credits_number").annotate(net=Sum("net")).order_by("credits_number")
    return {one["credits_number"]: -one["net"] for one in sums}


def _lines(invoice: Invoice, amounts: Mapping[int, Decimal] | None) -> list[InvoiceLine]:
    """The lines of the note, which bear no note yet."""
    left, done = left_to_credit(invoice), _credited(invoice)
    wanted = {n: net for n, net in left.items() if net > 0} if amounts is None else dict(amounts)
    for number, net in wanted.items():
        _check(invoice, number, net, left)
    if not wanted:
        raise BillingProblem(f"Nothing is left of invoice {invoice.number} to credit.")
    by_number = {line.number: line for line in invoice.lines.all()}
    return [
        _line(by_number[n], wanted[n], done.get(n, ZERO), invoice.currency) for n in sorted(wanted)
    ]


def _check(invoice: Invoice, number: int, net: Decimal, left: Mapping[int, Decimal]) -> None:
    if number not in left:
        raise BillingProblem(f"Invoice {invoice.number} has no line {number}.", field="lines")
    if not is_whole(net, invoice.currency) or net <= 0:
        raise BillingProblem(
            f"{net} is not an amount that can be credited in {invoice.currency}.", field="lines"
        )
    if net > left[number]:
        raise BillingProblem(
            f"Of line {number} of invoice {invoice.number} {shown(left[number], invoice.currency)}"
            f" is left to credit, which is less than {shown(net, invoice.currency)}.",
            field="lines",
        )


def _line(line: InvoiceLine, net: Decimal, before: Decimal, currency: str) -> InvoiceLine:
    tax = tax_given_back(
        line_net=line.net, line_tax=line.tax, before=before, now=net, currency=currency
    )
    return InvoiceLine(
        credits_number=line.number,
        text=f"Credit of line {line.number}: {line.text}"[:300],
        pair_id=line.pair_id,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        days=line.days,
        of_days=line.of_days,
        a_term=line.a_term,
        gross=-net,
        discount=ZERO,
        net=-net,
        tax_name=line.tax_name,
        tax_percent=line.tax_percent,
        tax=-tax,
    )


def _issue(
    invoice: Invoice, lines: list[InvoiceLine], *, cause: str, reason: str, now: datetime
) -> Invoice:
    seller = invoice.seller
    issued_on = local_date(now, seller.time_zone)
    net, tax = sum((line.net for line in lines), ZERO), sum((line.tax for line in lines), ZERO)
    sequence, number = numbering.take(seller, InvoiceKind.CREDIT, issued_on.year)
    note: Invoice = Invoice.objects.create(
        kind=InvoiceKind.CREDIT,
        corrects=invoice,
        seller=seller,
        year=issued_on.year,
        sequence=sequence,
        number=number,
        cause=cause,
        issued_at=now,
        issued_on=issued_on,
        due_on=issued_on,
        currency=invoice.currency,
        line_count=len(lines),
        net=net,
        tax=tax,
        total=net + tax,
        seller_said=invoice.seller_said,
        buyer_said=invoice.buyer_said,
        reason=reason,
    )
    for place, line in enumerate(lines, start=1):
        line.invoice, line.number = note, place
    InvoiceLine.objects.bulk_create(lines)
    return note
