"""Terms and their days.

Days are calendar days in the account's own zone, fixed when its subscription begins. A term is
counted in dates, never in hours, so a clock change neither adds nor takes anything.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Term:
    """From the first day to the day before `ends_on`, which is the day of renewal."""

    starts_on: date
    ends_on: date

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days

    def days_from(self, day: date) -> int:
        """Days left of the term, `day` included; at most all of them, at least none."""
        return max(0, (self.ends_on - max(day, self.starts_on)).days)


def local_date(at: datetime, zone: str) -> date:
    """The day an instant falls on there. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone falls on no day")
    return at.astimezone(ZoneInfo(zone)).date()


def shown_day(day: date | None) -> str:
    """ "1 March 2026", as sentences to a person say it; "" for none."""
    return f"{day.day} {day:%B %Y}" if day else ""


def trial_term(first_day: date, days: int) -> Term:
    """So many days that cost nothing; the day it ends on begins the first term that is billed."""
    return Term(first_day, first_day + timedelta(days=days))


def months_after(anchor: date, months: int) -> date:
    """The same day so many months on; the last day of the month where it has no such day."""
    years, month = divmod(anchor.month - 1 + months, 12)
    year, month = anchor.year + years, month + 1
    return date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))


def term_at(anchor: date, day: date, months: int = 12) -> Term:
    """The term that `day` falls in, of those counted from `anchor`.

    Counted from the anchor each time: who began on 29 February renews on 28 February, and on the
    29th again in a leap year. Raises ValueError for a day before the anchor.
    """
    if day < anchor:
        raise ValueError(f"{day} is before the first term, which begins on {anchor}")
    passed = (day.year - anchor.year) * 12 + day.month - anchor.month
    number = passed // months
    if months_after(anchor, number * months) > day:
        number -= 1
    elif months_after(anchor, (number + 1) * months) <= day:
        number += 1
    return Term(months_after(anchor, number * months), months_after(anchor, (number + 1) * months))
