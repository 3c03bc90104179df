"""The first page of our own people: which tenants need them, and where to begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clarity.web.activity.words import Badge
from clarity.web.staff.gate import staff_page
from integrations.services.troubles import URGENCY, Kind
from tenants.models import StaffRole, Standing, User
from tenants.services import staff, standings
from tenants.services.staff import May
from tenants.services.standings import Place

ROWS = 50

RED, ORANGE, AZURE = "red", "orange", "azure"
BADGES: Mapping[Kind, Badge] = {
    Kind.RECONNECT: Badge("Reconnect", RED, "key"),
    Kind.INCIDENTS: Badge("Incidents", RED, "alert"),
    Kind.BACKLOG: Badge("Backlog", RED, "clock"),
    Kind.RENEWAL: Badge("Credentials end", ORANGE, "key"),
    Kind.PAUSED: Badge("Paused", ORANGE, "pause"),
    Kind.PAIR_PAUSED: Badge("Paused", ORANGE, "pause"),
    Kind.ACCURACY: Badge("Stock differs", ORANGE, "equal"),
    Kind.ONBOARDING: Badge("Setting up", AZURE, "map"),
    Kind.TOKEN: Badge("Token ends", AZURE, "key"),
}
# What the button says, and the part of the account's page it leads to.
ACTIONS: Mapping[Kind, tuple[str, str]] = {
    Kind.RECONNECT: ("See the connection", "connections"),
    Kind.INCIDENTS: ("See the incidents", "incidents"),
    Kind.BACKLOG: ("See what waits", "pairs"),
    Kind.RENEWAL: ("See the connection", "connections"),
    Kind.PAUSED: ("See the connection", "connections"),
    Kind.PAIR_PAUSED: ("See the pair", "pairs"),
    Kind.ACCURACY: ("See the pair", "pairs"),
    Kind.ONBOARDING: ("See the step", "setting-up"),
    Kind.TOKEN: ("See the members", "members"),
}


@dataclass(frozen=True)
class Line:
    """One trouble, with the one thing to press."""

    badge: Badge
    said: str
    since: datetime
    label: str
    url: str


@dataclass(frozen=True)
class Row:
    """One tenant of the list."""

    standing: Standing
    lines: Sequence[Line]


@staff_page
@require_safe
def work_list(request: HttpRequest, person: User) -> HttpResponse:
    """The most urgent tenant first, the longest in trouble first among equals."""
    if staff.role_of(person) == StaffRole.FINANCE:
        # Shows no figure of anybody; invoices will be told here.
        return render(request, "staff/work.html", {"here": "work", "is_finance": True})
    after = Place.parse(request.GET.get("after", ""))
    found = standings.work_list(person, after=after, limit=ROWS + 1)
    shown = found[:ROWS]
    context = {
        "here": "work",
        "rows": [Row(one, lines_of(one, person)) for one in shown],
        "is_first": after is None,
        "next": str(standings.place_of(shown[-1])) if len(found) > ROWS else "",
        "has_accounts": bool(shown) or bool(staff.assigned(person, limit=1)),
    }
    return render(request, "staff/work.html", context)


def lines_of(standing: Standing, person: User) -> list[Line]:
    """The troubles of one tenant as they were written down, worst first, for this reader."""
    may_act = staff.may(person, May.ACT)
    return [
        _line(one, standing.tenant.slug, may_act=may_act)
        for one in standing.troubles
        if one["kind"] in URGENCY
    ]


def _line(kept: Mapping[str, Any], slug: str, *, may_act: bool) -> Line:
    kind = Kind(kept["kind"])
    label, part = ACTIONS[kind]
    if kind is Kind.PAUSED and may_act:
        label = "Resume"
        url = reverse("admin:account-resume", kwargs={"slug": slug, "connection_id": kept["about"]})
    else:
        url = f"{reverse('admin:account', kwargs={'slug': slug})}#{part}"
    return Line(BADGES[kind], kept["said"], datetime.fromisoformat(kept["since"]), label, url)
