"""What is sold and by whom, as finance keeps it: plans, sellers, and how long a tax rate holds.

The same for all accounts, so what is changed is told in the log of the installation, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from tenants import scope
from tenants.billing.arithmetic.money import DIGITS
from tenants.billing.models import LegalEntity, Plan, TaxRate
from tenants.billing.services import access
from tenants.billing.services.problems import BillingProblem
from tenants.models import User
from tenants.services import audit

LATEST_REMINDER = 365
# Others were made by them: invoices, terms, numbers.
FIXED_OF_PLAN = ("code", "months")
FIXED_OF_SELLER = ("code", "prefix")


def keep_plan(row: Plan, *, changed: Sequence[str], actor: User | None, reason: str) -> None:
    """A new plan, or changes of one. Running terms go on; reminders and days to pay count for
    invoices from now on. Passes the door. Raises NotAllowed, BillingProblem."""
    access.by_finance(actor)
    _refuse(changed if not row._state.adding else (), FIXED_OF_PLAN)
    check_reminders(row.reminder_days)
    _keep(row, "plan.saved", changed, actor, reason)


def keep_seller(
    row: LegalEntity, *, changed: Sequence[str], actor: User | None, reason: str
) -> None:
    """A new seller, or changes of one; issued invoices keep what they say. The usual one sells to new
    accounts, and there is always one. Passes the door. Raises NotAllowed, BillingProblem."""
    access.by_finance(actor)
    _refuse(changed if not row._state.adding else (), FIXED_OF_SELLER)
    check_seller(row)
    with scope.door("keep a seller"):
        others = LegalEntity.objects.select_for_update().exclude(pk=row.pk).order_by("pk")
        usual = [one for one in others if one.is_usual]
        if row.is_usual:
            LegalEntity.objects.filter(pk__in=[one.pk for one in usual]).update(is_usual=False)
        elif not usual:
            raise BillingProblem(
                "Somebody has to sell to new accounts: mark another seller as the usual one instead.",
                field="is_usual",
            )
        _keep(row, "seller.saved", changed, actor, reason)


def end_tax_rate(row: TaxRate, *, ends_on: date | None, actor: User | None, reason: str) -> None:
    """How long the rate holds; what was billed stays. Passes the door. Raises NotAllowed,
    BillingProblem."""
    access.by_finance(actor)
    if ends_on is not None and ends_on <= row.starts_on:
        raise BillingProblem("It would end before it begins.", field="ends_on")
    row.ends_on = ends_on
    _keep(row, "tax_rate.ended", ["ends_on"], actor, reason)


def check_reminders(days: Any) -> None:
    """Raises BillingProblem unless they are rising days after an invoice is due, as [3, 10, 21]."""
    fits = isinstance(days, list) and all(
        isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= LATEST_REMINDER
        for one in days
    )
    if not fits or days != sorted(set(days)):
        raise BillingProblem(
            "Enter days after an invoice is due, rising, in brackets: [3, 10, 21].",
            field="reminder_days",
        )


def check_seller(row: LegalEntity) -> None:
    """Raises BillingProblem for a zone, country or currency that there is not."""
    if row.time_zone not in available_timezones():
        raise BillingProblem(
            f"{row.time_zone} is no time zone; Europe/Berlin is one.", field="time_zone"
        )
    if row.currency not in DIGITS:
        raise BillingProblem(
            f"{row.currency} is not billed in. Choose one of {', '.join(DIGITS)}.",
            field="currency",
        )
    if not (len(row.country) == 2 and row.country.isascii() and row.country.isupper()):
        raise BillingProblem(f"{row.country} is no country code; DE is one.", field="country")


def _refuse(changed: Sequence[str], fixed: Sequence[str]) -> None:
    if found := [name for name in changed if name in fixed]:
        raise BillingProblem("It stays as it is, since others were made by it.", field=found[0])


def _keep(
    row: Plan | LegalEntity | TaxRate,
    action: str,
    changed: Sequence[str],
    actor: User | None,
    reason: str,
) -> None:
    model = type(row)
    with scope.door("keep what is sold", actor=actor):
        before = model._default_manager.filter(pk=row.pk).values(*changed).first() or {}
        row.save()
        audit.record(
            action=action,
            object_type=model.__name__,
            object_id=row.pk,
            actor=actor,
            before=before if changed else None,
            after={name: getattr(row, name) for name in changed},
            reason=reason,
        )
