"""Issues an invoice: the one place that writes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tenants.billing.arithmetic.charging import Charge
from tenants.billing.arithmetic.money import ZERO, shown
from tenants.billing.arithmetic.reminders import grace_ends_on, next_step_on
from tenants.billing.arithmetic.taxes import Rate, tax_on
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import (
    BillingDetails,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    LegalEntity,
    Plan,
    Receivable,
    Subscription,
)
from tenants.billing.services import letters, numbering, tax_table
from tenants.models import Tenant, User
from tenants.services import audit


@dataclass(frozen=True)
class Item:
    """One line to be: a pair, its period, and what it costs."""

    text: str
    pair_id: UUID
    starts_on: date
    ends_on: date
    a_term: Decimal
    charge: Charge


def issue(
    subscription: Subscription,
    *,
    plan: Plan,
    cause: str,
    items: Sequence[Item],
    now: datetime,
    actor: User | None = None,
    rates: tax_table.RateSource = tax_table.rate,
) -> Invoice:
    """An invoice with its lines, its number and what is open; the same one for the same cause.

    Call with the subscription locked, so that two of one cause cannot meet.
    """
    known: Invoice | None = Invoice.objects.filter(cause=cause).first()
    if known is not None:
        return known
    seller, currency = subscription.seller, subscription.currency
    details: BillingDetails | None = BillingDetails.objects.first()
    issued_on = local_date(now, seller.time_zone)
    rate = rates(seller, tax_table.buyer(details), issued_on)
    taxes = [tax_on(item.charge.net, rate.percent, currency) for item in items]
    net, tax = sum((item.charge.net for item in items), ZERO), sum(taxes, ZERO)
    sequence, number = numbering.take(seller, InvoiceKind.INVOICE, issued_on.year)
    invoice: Invoice = Invoice.objects.create(
        kind=InvoiceKind.INVOICE,
        seller=seller,
        year=issued_on.year,
        sequence=sequence,
        number=number,
        cause=cause,
        issued_at=now,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=plan.net_days),
        currency=currency,
        line_count=len(items),
        net=net,
        tax=tax,
        total=net + tax,
        seller_said=said_by_seller(seller),
        buyer_said=_said_by_buyer(subscription.tenant_id, details),
    )
    InvoiceLine.objects.bulk_create(
        [
            _line(invoice, place, item, rate, line_tax)
            for place, (item, line_tax) in enumerate(zip(items, taxes, strict=True), start=1)
        ]
    )
    _open(invoice, plan, now)
    letters.issued(invoice, now=now)
    audit.record(
        action="invoice.issued",
        object_type="Invoice",
        object_id=invoice.pk,
        actor=actor,
        after={"number": number, "cause": cause, "total": shown(net + tax, currency)},
    )
    return invoice


def said_by_seller(seller: LegalEntity) -> dict[str, Any]:
    """The seller as an invoice keeps it."""
    return {
        "name": seller.name,
        "address": seller.address,
        "country": seller.country,
        "tax_id": seller.tax_id,
    }


def _said_by_buyer(tenant_id: UUID, details: BillingDetails | None) -> dict[str, Any]:
    business = Tenant.objects.values_list("name", flat=True).get(pk=tenant_id)
    if details is None:
        return {"name": business}
    return {
        "name": details.name or business,
        "address": details.address,
        "country": details.country,
        "region": details.region,
        "tax_id": details.tax_id,
        "contact_name": details.contact_name,
        "contact_email": details.contact_email,
    }


def _line(invoice: Invoice, number: int, item: Item, rate: Rate, tax: Decimal) -> InvoiceLine:
    charge = item.charge
    return InvoiceLine(
        invoice=invoice,
        number=number,
        text=item.text,
        pair_id=item.pair_id,
        starts_on=item.starts_on,
        ends_on=item.ends_on,
        days=charge.days,
        of_days=charge.of_days,
        a_term=item.a_term,
        gross=charge.gross,
        discount=charge.discount,
        discount_name=charge.discount_name,
        net=charge.net,
        tax_name=rate.name,
        tax_percent=rate.percent,
        tax=tax,
    )


def _open(invoice: Invoice, plan: Plan, now: datetime) -> None:
    is_open = invoice.total > 0
    Receivable.objects.create(
        invoice=invoice,
        open=invoice.total,
        due_on=invoice.due_on,
        reminder_on=next_step_on(due_on=invoice.due_on, steps=plan.reminder_days, done=0)
        if is_open
        else None,
        grace_ends_on=grace_ends_on(due_on=invoice.due_on, grace_days=plan.grace_days),
        settled_at=None if is_open else now,
    )
