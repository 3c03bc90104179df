"""Dunning: which reminder an unpaid invoice is at. Counted from days, so late or twice is the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.reminders import next_step_on, step_on
from tenants.billing.arithmetic.terms import local_date
from tenants.billing.models import Plan, Receivable, Subscription
from tenants.billing.services import catalogue, letters
from tenants.billing.services.renewing import Surviving
from tenants.services import audit

REASON = "remind of unpaid invoices"
_EAST = timedelta(hours=14)


def run_due(now: datetime, *, survives: Surviving) -> int:
    """Takes every unpaid invoice to the reminder its day asks for; answers how many accounts were
    looked at. Call outside any scope. Raises RuntimeError at the end when some failed."""
    with scope.door(REASON):
        due = Receivable.objects.filter(open__gt=0, reminder_on__lte=(now + _EAST).date())
        tenant_ids = list(due.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())
    failed = sum(not survives(f"reminders of {one}", _one(one, now)) for one in tenant_ids)
    if failed:
        raise RuntimeError(f"the reminders of {failed} accounts failed; the log says which")
    return len(tenant_ids)


def _one(tenant_id: UUID, now: datetime) -> Callable[[], None]:
    def remind() -> None:
        with scope.tenant(tenant_id):
            subscription: Subscription | None = Subscription.objects.first()
            plan = subscription.plan if subscription else catalogue.plan()
            rows = Receivable.objects.select_for_update(of=("self",)).select_related(
                "invoice__seller"
            )
            for row in rows.filter(open__gt=0).exclude(reminder_on=None).order_by("pk"):
                _advance(row, plan, now)

    return remind


def _advance(row: Receivable, plan: Plan, now: datetime) -> None:
    today = local_date(now, row.invoice.seller.time_zone)
    steps = plan.reminder_days
    step = max(row.reminders, step_on(due_on=row.due_on, steps=steps, today=today))
    following = next_step_on(due_on=row.due_on, steps=steps, done=step)
    if (step, following) == (row.reminders, row.reminder_on):
        return
    is_new, row.reminders, row.reminder_on = step > row.reminders, step, following
    row.save(update_fields=["reminders", "reminder_on"])
    if is_new:
        letters.reminder(row.invoice, step=step, now=now)
        audit.record(
            action="invoice.reminder_due",
            object_type="Invoice",
            object_id=row.invoice_id,
            after={"number": row.invoice.number, "reminder": step, "due_on": row.due_on},
        )
