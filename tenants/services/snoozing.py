"""Leaving a trouble of the work list alone until a day. Call inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tenants.models import Snooze, User
from tenants.services import audit, staff

LONGEST_DAYS = 30


class BadDay(ValueError):
    """That day is no day to leave a trouble alone until; the message says which are."""


def days(*, now: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last day one may choose."""
    today = now.astimezone(zone).date()
    return today + timedelta(days=1), today + timedelta(days=LONGEST_DAYS)


def snooze(
    kept: dict[str, Any], *, until: str, note: str, by: User, now: datetime, zone: ZoneInfo
) -> Snooze:
    """Leaves a trouble alone until the beginning of a day in the account's zone; a second time moves
    the day. `kept`: the trouble as the work list has it. Raises BadDay, ReasonNeeded."""
    why = staff.said_why(note)
    first, last = days(now=now, zone=zone)
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise BadDay("Choose a day.") from None
    if not first <= day <= last:
        raise BadDay(f"Choose a day from {first:%-d %b %Y} to {last:%-d %b %Y}.")
    row: Snooze
    row, _ = Snooze.objects.update_or_create(
        kind=kept["kind"],
        about=kept["about"],
        defaults={
            "mark": kept.get("mark", ""),
            "until": datetime.combine(day, time.min, tzinfo=zone),
            "note": why,
            "by": by,
            "created_at": now,
        },
    )
    audit.record(
        action="work.left_alone",
        object_type="Tenant",
        object_id=row.tenant_id,
        actor=by,
        after={"trouble": kept["said"], "until": day},
        reason=why,
    )
    return row


def wake(snooze_id: int, *, by: User) -> bool:
    """Takes it up again; False when it was not left alone any more."""
    row: Snooze | None = Snooze.objects.filter(pk=snooze_id).first()
    if row is None:
        return False
    row.delete()
    audit.record(
        action="work.taken_up",
        object_type="Tenant",
        object_id=row.tenant_id,
        actor=by,
        after={"kind": row.kind},
    )
    return True


def running(*, now: datetime) -> Sequence[Snooze]:
    """Those whose day has not come."""
    return list(Snooze.objects.filter(until__gt=now).select_related("by").order_by("until", "pk"))
