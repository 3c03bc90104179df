"""How many records an account's production pairs had in a month: for the fair-use figure.

Added up from the hours that services/hours.py counts, which are kept for 100 days. A month is one of
the account's zone; where that is half an hour off, its first half hour counts for the month before.
Nothing is stopped or charged by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

from integrations.models import Environment, HourFigure
from integrations.services.hours import COLUMNS
from tenants import scope
from tenants.billing.services.fair_use import FairUse, fair_use
from tenants.models import Tenant

# What is kept of hours always holds so many months whole.
MONTHS = 3


@dataclass(frozen=True)
class Month:
    """A month by its first day, and the records that were received in it."""

    first_day: date
    records: int


def months(*, now: datetime, count: int = MONTHS) -> list[Month]:
    """This month so far and those before it, newest first; 0 where nothing came. Call inside the
    tenant's scope."""
    zone = ZoneInfo(Tenant.objects.get(pk=scope.current()).time_zone)
    this = now.astimezone(zone).date().replace(day=1)
    days = [_before(this, back) for back in range(min(count, MONTHS))]
    begin = datetime(days[-1].year, days[-1].month, 1, tzinfo=zone)
    received = sum((F(name) for name in COLUMNS[1:]), start=F(COLUMNS[0]))
    rows = (
        HourFigure.objects.filter(
            hour__gte=begin, flow__pair__pos__environment=Environment.PRODUCTION
        )
        .annotate(month=TruncMonth("hour", tzinfo=zone))
        .values("month")
        .annotate(records=Sum(received))
        .order_by("month")
    )
    found = {row["month"].date(): row["records"] for row in rows}
    return [Month(day, found.get(day, 0)) for day in days]


def fair_use_now(*, now: datetime) -> FairUse:
    """This month's records beside what is usual for so many pairs."""
    return fair_use(used=months(now=now, count=1)[0].records)


def _before(first_day: date, months_back: int) -> date:
    years, month = divmod(first_day.month - 1 - months_back, 12)
    return date(first_day.year + years, month + 1, 1)
