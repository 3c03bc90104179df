"""Finance grants one account a trial, makes it longer, or takes back one that has not begun."""

from __future__ import annotations

from datetime import date, datetime

from tenants import scope
from tenants.billing.arithmetic.terms import shown_day, trial_term
from tenants.billing.models import BilledPair, Subscription, Trial
from tenants.billing.services import access, subscribing
from tenants.billing.services.problems import BillingProblem
from tenants.billing.services.renewing import catch_up
from tenants.models import Tenant, User
from tenants.services import audit

LONGEST = 366
LONGEST_REASON = 500


def grant_trial(*, days: int, reason: str, actor: User | None, now: datetime) -> Trial:
    """So many days free of charge, from the next pair that begins a term; while a trial runs, so
    many from its first day, which can only make it longer. The same again changes nothing.

    Raises NotAllowed, and BillingProblem for an account that pays already or days that cannot be.
    """
    access.by_finance(actor)
    why = _why(reason)
    if not 1 <= days <= LONGEST:
        raise BillingProblem(f"Enter 1 to {LONGEST} days, not {days}.", field="days")
    subscription = _held(now)
    if subscription is not None and subscription.is_running:
        return _longer(subscription, days=days, reason=why, actor=actor)
    before: Trial | None = Trial.objects.filter(starts_on=None).first()
    if before is not None and (before.days, before.reason) == (days, why):
        return before
    made, _ = Trial.objects.update_or_create(
        starts_on=None, defaults={"days": days, "reason": why, "granted_by": actor}
    )
    _audit("trial.granted", made, actor, why, was=before.days if before else None)
    return made  # type: ignore[no-any-return]


def withdraw_trial(*, reason: str, actor: User | None, now: datetime) -> bool:
    """Takes back a trial that has not begun; False when none waits. Raises NotAllowed,
    BillingProblem without a reason."""
    access.by_finance(actor)
    why = _why(reason)
    _held(now)
    row: Trial | None = Trial.objects.filter(starts_on=None).first()
    if row is None:
        return False
    _audit("trial.withdrawn", row, actor, why)
    row.delete()
    return True


def _longer(subscription: Subscription, *, days: int, reason: str, actor: User | None) -> Trial:
    if not subscription.is_trial:
        raise BillingProblem(
            f"This account pays for its term since {shown_day(subscription.term_starts_on)}. A trial comes"
            " before the first term; grant a discount or write a credit note instead."
        )
    row: Trial = Trial.objects.exclude(starts_on=None).latest("starts_on", "pk")
    ends_on: date = trial_term(subscription.term_starts_on, days).ends_on
    if ends_on == subscription.renews_on:
        return row
    if ends_on < subscription.renews_on:
        raise BillingProblem(
            f"The trial of {row.days} days runs until {shown_day(subscription.renews_on)} already; {days} would"
            " end it sooner than was promised.",
            field="days",
        )
    was, row.days, row.ends_on = row.days, days, ends_on
    row.reason, row.granted_by = reason, actor
    row.save()
    subscription.renews_on = ends_on
    subscription.save(update_fields=["renews_on"])
    BilledPair.objects.filter(ends_on=None).update(paid_until=ends_on)
    _audit("trial.granted", row, actor, reason, was=was)
    return row


def _held(now: datetime) -> Subscription | None:
    """The subscription, up to date; a first pair that goes live meanwhile waits."""
    Tenant.objects.select_for_update(no_key=True).get(pk=scope.current())
    subscription = subscribing.locked()
    if subscription is not None:
        catch_up(subscription, now=now)
    return subscription


def _why(reason: str) -> str:
    said = " ".join(reason.replace("\x00", "").split())
    if not said or len(said) > LONGEST_REASON:
        raise BillingProblem(f"Say why, in at most {LONGEST_REASON} characters.", field="reason")
    return said


def _audit(
    action: str, row: Trial, actor: User | None, reason: str, *, was: int | None = None
) -> None:
    audit.record(
        action=action,
        object_type="Trial",
        object_id=row.pk,
        actor=actor,
        before=None if was is None else {"days": was},
        after={"days": row.days, "ends_on": row.ends_on},
        reason=reason,
    )
