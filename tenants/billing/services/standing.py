"""How an account stands, in one word and one sentence: for banners, work lists and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Min

from tenants.billing.arithmetic.terms import local_date, shown_day
from tenants.billing.models import BilledPair, Receivable, Subscription, SubscriptionState
from tenants.billing.services import open_sums


class State(StrEnum):
    """From good to bad; the first that holds from the bottom up counts."""

    NONE = "none"
    GOOD = "good"
    CANCELLED = "cancelled"
    OVERDUE = "overdue"
    PAST_GRACE = "past grace"
    ENDED = "ended"


@dataclass(frozen=True)
class Standing:
    """`overdue` is what is open past its day, in words, "" for nothing. `may_write`: data may change,
    not only be read."""

    state: State
    said: str
    overdue: str = ""
    readable_until: date | None = None

    @property
    def may_write(self) -> bool:
        return self.state != State.ENDED


def standing(*, now: datetime) -> Standing:
    """How the account in scope stands now."""
    subscription: Subscription | None = Subscription.objects.first()
    if subscription is None:
        return Standing(State.NONE, "No pair is billed yet.")
    today = local_date(now, subscription.time_zone)
    if subscription.state == SubscriptionState.ENDED:
        return Standing(
            State.ENDED,
            f"The subscription ended on {shown_day(subscription.ended_on)}. Its data can be read until"
            f" {shown_day(subscription.readable_until)}.",
            readable_until=subscription.readable_until,
        )
    late = Receivable.objects.filter(open__gt=0, due_on__lt=today)
    grace: date | None = late.aggregate(grace=Min("grace_ends_on"))["grace"]
    if grace is not None:
        overdue, is_past = open_sums.said(late), today >= grace
        said = f"{overdue} is overdue. " + (
            f"The grace period ended on {shown_day(grace)}."
            if is_past
            else f"Pay it before {shown_day(grace)}."
        )
        return Standing(State.PAST_GRACE if is_past else State.OVERDUE, said, overdue)
    if subscription.state == SubscriptionState.CANCELLED:
        return Standing(State.CANCELLED, f"It ends on {shown_day(subscription.renews_on)}.")
    if subscription.state == SubscriptionState.RESTING:
        return Standing(State.NONE, "No pair is billed now.")
    if subscription.is_trial:
        said = (
            f"The trial ends on {shown_day(subscription.renews_on)}; the first term is billed then."
        )
        return Standing(State.GOOD, said)
    if not BilledPair.objects.filter(ends_on=None).exists():
        day = shown_day(subscription.renews_on)
        return Standing(State.GOOD, f"No pair is left to renew on {day}.")
    return Standing(State.GOOD, f"It renews on {shown_day(subscription.renews_on)}.")
