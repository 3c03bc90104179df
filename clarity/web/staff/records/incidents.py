"""Incidents of an account: the list, and one with what is stuck in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import zone_of
from clarity.web.activity import words
from clarity.web.activity.words import Badge
from clarity.web.fragments import fragment
from clarity.web.incidents import sentences
from clarity.web.incidents.one import find
from clarity.web.staff.gate import staff_page
from clarity.web.staff.records import narrowing
from clarity.web.staff.records.lists import delivery_line, item_line
from clarity.web.staff.records.shown import INCIDENTS, shown
from integrations.models import Incident, IncidentState, ReplayState, Side
from integrations.services import incident_lists, row_lists
from integrations.services import incidents as service
from integrations.services.incident_lists import MOST, Counted
from integrations.services.incidents import Listed
from integrations.services.row_lists import Asked
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import May

ROWS = 25
# So many of what is stuck stand on the page of an incident; the lists have them all.
FEW = 20


@dataclass(frozen=True)
class Line:
    counted: Counted
    title: str
    badge: Badge
    entity: str


@staff_page
@require_safe
def incidents(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """What happened last comes first."""
    with staff_door.looking(person, slug, at="the incidents") as tenant:
        asked = narrowing.read(request, tenant, IncidentState.choices)
        page = incident_lists.incidents(asked.asked, after=asked.after, limit=ROWS)
        context = {
            **asked.context(page, IncidentState.choices),
            "lines": [_line(one) for one in page.rows],
            "most": f"{MOST:,}",
        }
    return shown(
        request,
        person,
        "staff/records/incidents.html",
        tenant=tenant,
        tab=INCIDENTS,
        context=context,
        status=asked.status,
    )


@staff_page
@require_safe
def incident(request: HttpRequest, person: User, slug: str, incident_id: int) -> HttpResponse:
    """What happened, what to do, and the newest records that are stuck in it."""
    with staff_door.looking(person, slug, at=f"incident {incident_id}") as tenant:
        found = find(incident_id)
        (counted,) = incident_lists.counted([found])
        context = {
            **_now(counted, person),
            "title": sentences.title(found),
            "values": _values(counted),
            **_stuck(found),
        }
    return shown(
        request,
        person,
        "staff/records/incident.html",
        tenant=tenant,
        tab=INCIDENTS,
        context=context,
    )


@staff_page
@require_safe
def now(request: HttpRequest, person: User, slug: str, incident_id: int) -> HttpResponse:
    """How many are stuck and how a replay goes, asked for anew while the page is open."""
    with staff_door.glancing(person, slug) as tenant:
        (counted,) = incident_lists.counted([find(incident_id)])
        context = {**_now(counted, person), "account": tenant}
    with timezone.override(zone_of(tenant)):
        return fragment(request, "staff/records/incident_now.html", context)


def _now(counted: Counted, person: User) -> dict[str, Any]:
    found = counted.incident
    return {
        "incident": found,
        "badge": sentences.badge(found),
        "said": stuck_words(counted),
        "replay": _replay(found),
        "may_act": staff.may(person, May.ACT),
        "can_replay": found.has_records and counted.stopped > 0 and not found.is_replaying,
    }


def stuck_words(counted: Counted) -> str:
    """ "12 orders are stuck on the way to Store till."; of many only that they are over a thousand."""
    one = counted.incident
    if not counted.is_capped:
        # How many were ever part of it would have to be counted; it is said of none that are stuck.
        listed = Listed(one, counted.stopped, counted.stopped)
        return sentences.what_stopped(listed) if counted.stopped else ""
    return f"More than {sentences.what_stopped(Listed(one, MOST, MOST))}"


def _line(counted: Counted) -> Line:
    one = counted.incident
    return Line(
        counted,
        sentences.title(one),
        sentences.badge(one),
        words.entity_word(one.entity) if one.entity else "",
    )


def _stuck(found: Incident) -> dict[str, Any]:
    """The newest rows that wait in it: notices, or deliveries, by its side."""
    asked = Asked(incident_id=found.pk)
    if found.side == Side.SOURCE:
        items = row_lists.inbox_items(asked, limit=FEW)
        return {"items": [item_line(row) for row in items.rows], "has_more": bool(items.older)}
    rows = row_lists.deliveries(asked, limit=FEW)
    return {"deliveries": [delivery_line(row) for row in rows.rows], "has_more": bool(rows.older)}


def _values(counted: Counted) -> list[service.ValueCount]:
    """The values that stopped records, where they are few enough to be counted while one waits."""
    if not counted.incident.has_records or counted.is_capped:
        return []
    found = service.values(counted.incident)
    return found if len(found) > 1 else []


def _replay(found: Incident) -> tuple[str, str] | None:
    """What its last replay is doing or came to, None when there was none."""
    if not found.replay_state or found.replay_at is None:
        return None
    if found.replay_total <= MOST and (progress := service.progress(found)):
        return sentences.replay_words(found, progress)
    return ReplayState(found.replay_state).label, found.replay_note
