"""How a bill stands, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Min
from django.utils import timezone
from django.utils.formats import date_format

from tenants import support
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import BilledPair, Invoice, InvoiceKind, Receivable, Subscription
from tenants.billing.services import open_sums
from tenants.billing.services.standing import Standing, State


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
OWED = Badge("We owe you", "azure", "minus")
NOTHING = Badge("Nothing to pay", "muted", "check")
NOTE = Badge("Credit note", "muted", "minus")


def badge(document: Invoice, row: Receivable | None, *, now: datetime) -> Badge:
    """How it stands on this day. Call inside the scope."""
    if document.kind == InvoiceKind.CREDIT or row is None:
        return NOTE
    if row.open > 0:
        today = local_date(now, document.seller.time_zone)
        return OVERDUE if row.due_on < today else OPEN
    if row.open < 0:
        return OWED
    if document.total == 0:
        return NOTHING
    return PAID if document.payments.exists() else CREDITED


@dataclass(frozen=True)
class Verdict:
    """How the account stands, in a headline and what follows from it."""

    tone: str
    icon: str
    headline: str
    said: str


def verdict(standing: Standing, subscription: Subscription | None) -> Verdict:
    """Call inside the scope."""
    if subscription is None:
        return Verdict(
            "quiet",
            "minus",
            "Nothing is billed.",
            "A pair of real accounts is billed from the day it goes live. Sandbox pairs are free.",
        )
    if standing.state in (State.OVERDUE, State.PAST_GRACE):
        return _late(standing)
    if standing.state == State.ENDED:
        return _ended(subscription)
    if standing.state == State.CANCELLED:
        return _cancelled(subscription)
    if standing.state == State.NONE:
        return Verdict(
            "quiet", "minus", "No pair is billed now.", "The next one begins a new term."
        )
    return _running(subscription)


def _late(standing: Standing) -> Verdict:
    if standing.state == State.PAST_GRACE:
        said = f"The time to pay it is over. Please pay now, or write to {support.whom()}."
    else:
        grace = Receivable.objects.filter(open__gt=0).aggregate(day=Min("grace_ends_on"))["day"]
        said = f"Please pay it before {_day(grace)}."
    return Verdict(
        "act", "alert", f"{standing.overdue} is overdue.", f"{said} Your records flow on."
    )


def _ended(subscription: Subscription) -> Verdict:
    ended, readable = subscription.ended_on, subscription.readable_until
    said = ["Your pairs are paused."]
    if readable is not None:
        can = "could" if readable < timezone.localdate() else "can"
        said.append(f"Their records {can} be read until {_day(readable)}.")
    if left := open_sums.said(Receivable.objects.filter(open__gt=0)):
        said.append(f"{left} is still to be paid.")
    said.append(
        "Go live again to begin a new term; nothing is billed before you agree to the price."
    )
    headline = f"The subscription ended on {_day(ended)}." if ended else "It has ended."
    return Verdict("quiet", "cross", headline, " ".join(said))


def _cancelled(subscription: Subscription) -> Verdict:
    readable = subscription.renews_on + timedelta(days=subscription.plan.readable_days)
    return Verdict(
        "act",
        "clock",
        f"Cancelled: it ends on {_day(subscription.renews_on)}.",
        "Until then everything runs. Then your pairs are paused, and their records can be read"
        f" until {_day(readable)}. You can take it back before it ends.",
    )


def _in_trial(subscription: Subscription) -> Verdict:
    return Verdict(
        "good",
        "clock",
        f"Your trial runs until {_day(subscription.renews_on - timedelta(days=1))}.",
        f"On {_day(subscription.renews_on)} the first term is billed for the pairs that are live"
        " then. Cancel before, and nothing is billed.",
    )


def _running(subscription: Subscription) -> Verdict:
    if subscription.is_trial:
        return _in_trial(subscription)
    unpaid = Receivable.objects.filter(open__gt=0)
    due = unpaid.aggregate(due=Min("due_on"))["due"]
    renews = f"It renews on {_day(subscription.renews_on)}."
    if not BilledPair.objects.filter(ends_on=None).exists():
        renews = f"No pair is left to renew on {_day(subscription.renews_on)}."
    if due is not None:
        headline = f"{open_sums.said(unpaid)} is to be paid by {_day(due)}."
        return Verdict("wait", "clock", headline, renews)
    return Verdict("good", "check", "Everything is paid.", renews)


def _day(day: date) -> str:
    return date_format(day, "j M Y")
