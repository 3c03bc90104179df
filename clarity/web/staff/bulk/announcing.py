"""The fields of an announcement, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from clarity.web.access import zone_of
from tenants.models import Announcement, Severity, Tenant, User
from tenants.services import announcements
from tenants.services.announcements import BadAnnouncement, Wanted
from tenants.services.staff import said_why

_FORMAT = "%Y-%m-%dT%H:%M"
MOST_ZONES = 40


def form_context(request: HttpRequest, found: Sequence[Tenant]) -> Mapping[str, Any]:
    """What the fields offer: severities, zones of the accounts, and times to begin with, in UTC."""
    now = timezone.now().astimezone(ZoneInfo("UTC")).replace(second=0, microsecond=0)
    zones = sorted({str(zone_of(one)) for one in found} - {"UTC"})
    return {
        "severities": Severity.choices,
        "zones": ["UTC", *zones[:MOST_ZONES]],
        "begins": request.POST.get("begins") or now.strftime(_FORMAT),
        "ends": request.POST.get("ends") or (now + timedelta(days=1)).strftime(_FORMAT),
        "longest_text": announcements.LONGEST,
    }


def wanted(request: HttpRequest) -> Wanted:
    """What the form says. Raises BadAnnouncement."""
    zone = _zone(request.POST.get("zone", "UTC"))
    return announcements.checked(
        Wanted(
            request.POST.get("announcement", ""),
            request.POST.get("severity", ""),
            _moment(request.POST.get("begins", ""), zone, field="begins"),
            _moment(request.POST.get("ends", ""), zone, field="ends"),
        ),
        now=timezone.now(),
    )


def preview(request: HttpRequest) -> tuple[Wanted | None, Mapping[str, str]]:
    """What would be announced, or by field what is wrong with it."""
    try:
        return wanted(request), {}
    except BadAnnouncement as error:
        return None, {error.field: str(error)}


def made(request: HttpRequest, person: User, *, meant_for: str, form_id: UUID) -> Announcement:
    """The announcement of this form, which reaches nobody yet. Raises BadAnnouncement,
    ReasonNeeded."""
    said_why(request.POST.get("reason", ""))
    announcement, _ = announcements.make(
        wanted(request), form_id=form_id, meant_for=meant_for, by=person, now=timezone.now()
    )
    return announcement


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadAnnouncement("Choose the zone of the times from the list.", field="zone") from None


def _moment(text: str, zone: ZoneInfo, *, field: str) -> datetime:
    try:
        found = datetime.strptime(text[:16], _FORMAT).replace(tzinfo=zone)  # noqa: DTZ007
        # Of an hour that the clocks leave out there is no such time; the one it becomes is kept.
        # A time near either end of the calendar is none in another zone.
        return found.astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        raise BadAnnouncement("Enter a day and a time.", field=field) from None
