"""What each mail about bills says, put together from the ledger when it goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.urls import reverse

from tenants import support
from tenants.billing.arithmetic.money import ZERO, shown
from tenants.billing.arithmetic.terms import shown_day
from tenants.billing.models import (
    Invoice,
    Letter,
    LetterKind,
    Receivable,
    Subscription,
    SubscriptionState,
)
from tenants.billing.services import cancelling, tries
from tenants.billing.services.how_to_pay import how_to_pay
from tenants.models import Tenant


class NotNeeded(Exception):
    """What the mail was to say is not so any more; the message says what is."""


@dataclass(frozen=True)
class Content:
    """A mail: its subject, sentences, figures, and where to go on. `has_file`: its document is
    attached."""

    subject: str
    said: list[str]
    facts: list[tuple[str, str]] = field(default_factory=list)
    link: str = ""
    link_words: str = ""
    has_file: bool = False


def content(letter: Letter, tenant: Tenant) -> Content:
    """Call inside the scope. Raises NotNeeded."""
    return _WORDS[LetterKind(letter.kind)](letter, tenant)


def _issued(letter: Letter, tenant: Tenant) -> Content:
    document, row = _document(letter)
    total = shown(document.total, document.currency)
    facts = [("Invoice", document.number), ("Total", total)]
    charged = how_to_pay(document).charged if row.open > 0 else ""
    if charged:
        said = (
            f"Here is invoice {document.number}. Your {charged} is charged for it in the next days;"
            " there is nothing to do."
        )
    elif row.open > 0:
        said = f"Here is invoice {document.number}. Please pay it by {shown_day(document.due_on)}."
        facts.append(("To be paid by", shown_day(document.due_on)))
    elif document.total == 0:
        said = f"Here is invoice {document.number}. There is nothing to pay."
    else:
        said = f"Here is invoice {document.number}. It is paid already; this is for your books."
    subject = f"Invoice {document.number}: {total}"
    return Content(subject, [said], facts, *_to_document(letter, tenant), has_file=True)


def _credited(letter: Letter, tenant: Tenant) -> Content:
    note: Invoice = Invoice.objects.get(pk=letter.invoice_id)
    row = Receivable.objects.select_related("invoice").get(invoice=note.corrects_id)
    corrected = row.invoice
    total = shown(-note.total, note.currency)
    said = [f"Here is credit note {note.number} over {total}. It corrects {corrected.number}."]
    if row.open < 0:
        said.append(f"We owe you {shown(-row.open, note.currency)} and will be in touch about it.")
    facts = [("Credit note", note.number), ("Corrects", corrected.number), ("Reason", note.reason)]
    subject = f"Credit note {note.number}: {total}"
    return Content(subject, said, facts, *_to_document(letter, tenant), has_file=True)


def _reminder(letter: Letter, tenant: Tenant) -> Content:
    document, row = _document(letter)
    if row.open <= 0:
        raise NotNeeded("Nothing is open of the invoice.")
    if why := tries.being_paid(document):
        raise NotNeeded(why)
    left = shown(row.open, document.currency)
    said = [
        f"Invoice {document.number} was to be paid by {shown_day(row.due_on)}. {left} is still open.",
        f"The grace period ends on {shown_day(row.grace_ends_on)}. Please pay before then, or write to"
        f" {support.whom()} if something is wrong with the invoice. Nothing is switched off by this mail.",
    ]
    facts = [("Invoice", document.number), ("Still open", left)]
    subject = f"Please pay invoice {document.number}: {left} is open"
    return Content(subject, said, facts, *_to_document(letter, tenant), has_file=True)


def _paid(letter: Letter, tenant: Tenant) -> Content:
    document, row = _document(letter)
    amount = letter.facts["said"]
    link = _to_document(letter, tenant)
    if letter.facts["amount"].startswith("-"):
        said = f"We paid back {amount} of invoice {document.number}."
        return Content(f"{amount} paid back", [said], [("Invoice", document.number)], *link)
    left = shown(max(row.open, ZERO), document.currency)
    facts = [("Invoice", document.number), ("Paid", amount), ("Still open", left)]
    said = f"We received {amount} for invoice {document.number}. Thank you."
    subject = f"We received {amount} for invoice {document.number}"
    return Content(subject, [said], facts, *link, has_file=row.open <= 0)


def _card_failed(letter: Letter, tenant: Tenant) -> Content:
    document, row = _document(letter)
    if row.open <= 0:
        raise NotNeeded("Nothing is open of the invoice.")
    said = [
        f"Your card could not be charged {letter.facts['said']} for invoice {document.number}."
        f" {letter.facts['why']}".strip(),
        "Nothing was taken. Open the invoice to pay it with another card or by transfer. What runs"
        " goes on running.",
    ]
    facts = [("Invoice", document.number), ("Still open", shown(row.open, document.currency))]
    subject = f"Your card was not charged for invoice {document.number}"
    return Content(subject, said, facts, *_to_document(letter, tenant))


def _cancelled(_letter: Letter, tenant: Tenant) -> Content:
    subscription = _subscription()
    if subscription.state != SubscriptionState.CANCELLED:
        raise NotNeeded("The cancellation was taken back, or the subscription has ended.")
    ends = shown_day(subscription.renews_on)
    said = [
        f"The subscription of {tenant.name} is cancelled. It runs until {ends}, and nothing is"
        " charged for it any more.",
        "On that day its pairs are paused: orders and stock no longer go between your systems. The"
        f" data can be read for {subscription.plan.readable_days} days after that.",
        "Until then you can take the cancellation back.",
    ]
    subject = f"Your cancellation is confirmed: it ends on {ends}"
    return Content(subject, said, [], *_to_invoices(tenant))


def _trial_ending(_letter: Letter, tenant: Tenant) -> Content:
    subscription = _subscription()
    charge = cancelling.next_charge(subscription) if subscription.is_trial else None
    if charge is None:
        raise NotNeeded("The trial is over, or nothing will be billed when it ends.")
    pairs = "1 pair" if charge.pairs == 1 else f"{charge.pairs} pairs"
    total = shown(charge.total, charge.currency)
    said = [
        f"The trial of {tenant.name} ends on {shown_day(charge.on)}. On that day the first term of"
        f" {pairs} is billed: {total}, as agreed when they went live.",
        "Cancel before that day, and nothing is billed.",
    ]
    facts = [("Trial ends on", shown_day(charge.on)), ("Then billed", total)]
    subject = f"Your trial ends on {shown_day(charge.on)}"
    return Content(subject, said, facts, *_to_invoices(tenant))


def _ended(_letter: Letter, tenant: Tenant) -> Content:
    subscription = _ended_subscription()
    until = shown_day(subscription.readable_until)
    said = [
        f"The subscription of {tenant.name} ended on {shown_day(subscription.ended_on)}. Its pairs are"
        " paused: orders and stock no longer go between your systems.",
        f"Your data can be read and exported until {until}. To go on, open a pair and go live again;"
        " nothing is billed before you confirm the price.",
    ]
    subject = f"Your subscription has ended; data can be read until {until}"
    return Content(subject, said, [], *_to_invoices(tenant))


def _reading_ending(_letter: Letter, tenant: Tenant) -> Content:
    until = shown_day(_ended_subscription().readable_until)
    said = [
        f"The subscription of {tenant.name} has ended, and its data can be read until {until}.",
        "Make an export before then if you want to keep it: Settings, Data.",
    ]
    subject = f"Your data can be read until {until}"
    return Content(subject, said, [], *_to_invoices(tenant))


def _document(letter: Letter) -> tuple[Invoice, Receivable]:
    row = Receivable.objects.select_related("invoice").get(invoice=letter.invoice_id)
    return row.invoice, row


def _subscription() -> Subscription:
    found: Subscription | None = Subscription.objects.select_related("plan", "next_plan").first()
    if found is None:
        raise NotNeeded("The account has no subscription.")
    return found


def _ended_subscription() -> Subscription:
    found = _subscription()
    if found.state != SubscriptionState.ENDED:
        raise NotNeeded("The subscription has begun anew.")
    return found


def _to_document(letter: Letter, tenant: Tenant) -> tuple[str, str]:
    where = {"slug": tenant.slug, "invoice_id": letter.invoice_id}
    return f"{settings.CLARITY_PUBLIC_URL}{reverse('billing-invoice', kwargs=where)}", "Open it"


def _to_invoices(tenant: Tenant) -> tuple[str, str]:
    path = reverse("billing-invoices", kwargs={"slug": tenant.slug})
    return f"{settings.CLARITY_PUBLIC_URL}{path}", "Open billing"


_WORDS: Mapping[LetterKind, Callable[[Letter, Tenant], Content]] = {
    LetterKind.ISSUED: _issued,
    LetterKind.CREDITED: _credited,
    LetterKind.REMINDER: _reminder,
    LetterKind.PAID: _paid,
    LetterKind.CARD_FAILED: _card_failed,
    LetterKind.CANCELLED: _cancelled,
    LetterKind.TRIAL_ENDING: _trial_ending,
    LetterKind.ENDED: _ended,
    LetterKind.READING_ENDING: _reading_ending,
}
