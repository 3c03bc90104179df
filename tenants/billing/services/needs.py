"""What of an account's bills needs one of our people: for the work list. Reads, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, OuterRef, Subquery

from tenants.billing.arithmetic.money import shown
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import LetterState, PaymentTry, Receivable, Subscription, TryState
from tenants.billing.services import letter_sending, letters, open_sums
from tenants.billing.services.trials import TrialState, trial_of

TRIAL_ENDS_WITHIN = 7
# With the times between them a little over an hour.
TRIED_IN_VAIN = 4
MOST_MAILS = 100


class Need(StrEnum):
    PAST_GRACE = "past_grace"
    CHARGE = "charge"
    UNPAID = "unpaid"
    MAIL = "mail"
    TRIAL = "trial"


@dataclass(frozen=True)
class Found:
    """One need. `mark` is another one when it is not the same need any more; `act` is the id of what
    can be acted on, "" for nothing."""

    need: Need
    said: str
    since: datetime
    mark: str
    act: str = ""


def needs(*, now: datetime) -> Iterator[Found]:
    """The needs of the account in scope."""
    subscription: Subscription | None = Subscription.objects.first()
    if subscription is None:
        return
    zone = ZoneInfo(subscription.time_zone)
    today = local_date(now, subscription.time_zone)
    yield from _unpaid(zone, today)
    yield from _refused(subscription)
    yield from _mails()
    yield from _trial(now, zone)


def _unpaid(zone: ZoneInfo, today: date) -> Iterator[Found]:
    late = Receivable.objects.filter(open__gt=0, due_on__lt=today)
    sums = late.aggregate(count=Count("pk"), due=Min("due_on"), grace=Min("grace_ends_on"))
    if not sums["count"]:
        return
    invoices = "1 invoice is" if sums["count"] == 1 else f"{sums['count']} invoices are"
    said = f"{invoices} overdue: {open_sums.said(late)}"
    mark = f"{sums['count']} {sums['due']}"
    if today >= sums["grace"]:
        since = _begins(sums["grace"], zone)
        yield Found(Need.PAST_GRACE, f"{said}, past the grace period.", since, mark)
    else:
        since = _begins(sums["due"], zone)
        yield Found(Need.UNPAID, f"{said}, the oldest due on {sums['due']:%-d %b %Y}.", since, mark)


def _refused(subscription: Subscription) -> Iterator[Found]:
    """Invoices that are open and whose latest payment was refused."""
    latest = PaymentTry.objects.filter(invoice=OuterRef("invoice")).order_by("-number")
    rows = (
        Receivable.objects.filter(open__gt=0)
        .annotate(latest=Subquery(latest.values("pk")[:1]))
        .exclude(latest=None)
    )
    tries = PaymentTry.objects.filter(pk__in=rows.values("latest"), state=TryState.FAILED)
    for one in tries.select_related("invoice").order_by("created_at", "pk"):
        why = one.problem.rstrip(".") or "the bank did not say why"
        said = f"{shown(one.amount, one.currency)} for {one.invoice.number} could not be charged: {why}."
        yield Found(Need.CHARGE, said, one.ended_at or one.created_at, str(one.pk))


def _mails() -> Iterator[Found]:
    """Mails that wait for longer than a server is away for a moment, or that were given up."""
    stuck = [
        one
        for one in letters.not_sent(limit=MOST_MAILS)
        if one.state == LetterState.GIVEN_UP
        or one.attempts >= TRIED_IN_VAIN
        or one.outcome == letter_sending.OUR_ERROR
    ]
    if not stuck:
        return
    newest, oldest = stuck[0], stuck[-1]
    mails = "1 mail" if len(stuck) == 1 else f"{len(stuck)} mails"
    about = f" {oldest.invoice.number}" if oldest.invoice else ""
    said = (
        f"{mails} about bills could not be sent, the oldest {oldest.get_kind_display()}{about}:"
        f" {oldest.outcome}"
    )
    mark = f"{newest.pk} {newest.rounds}"
    yield Found(Need.MAIL, said, oldest.created_at, mark, act=str(oldest.pk))


def _trial(now: datetime, zone: ZoneInfo) -> Iterator[Found]:
    trial = trial_of(now=now)
    if trial is None or trial.state != TrialState.RUNNING or trial.days_left > TRIAL_ENDS_WITHIN:
        return
    if trial.ends_on is None or trial.starts_on is None:
        return
    days = "1 day" if trial.days_left == 1 else f"{trial.days_left} days"
    then = "Then its pairs are billed." if trial.is_billed_after else "It was cancelled."
    began = max(trial.starts_on.toordinal(), trial.ends_on.toordinal() - TRIAL_ENDS_WITHIN)
    yield Found(
        Need.TRIAL,
        f"The trial ends in {days}. {then}",
        _begins(date.fromordinal(began), zone),
        str(trial.ends_on),
    )


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
