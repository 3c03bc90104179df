"""The page of one account, for whoever looks after it. Opening it is in the account's audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import zone_of
from clarity.web.activity.words import Badge
from clarity.web.audit.views import line as audit_line
from clarity.web.dashboard.words import number, took
from clarity.web.flows.words import name_of
from clarity.web.incidents import sentences
from clarity.web.staff.frame import account_page
from clarity.web.staff.gate import staff_page
from clarity.web.staff.lines import BADGES, lines_of
from clarity.web.staff.subscribed import subscribed
from clarity.web.tenant_settings import words
from integrations.models import Connection, DeliveryState, Flow, IncidentState, Pair
from integrations.services import accuracy, figures, hours, incidents, onboarding, troubles, usage
from integrations.services.connection_facts import system_of
from integrations.services.figures import Span
from integrations.services.overview import Group, Open, open_records
from integrations.services.troubles import Kind
from tenants.models import Membership, Standing, Tenant, User
from tenants.services import audit_log, deputations, invitations, snoozing, staff, staff_door
from tenants.services.audit_log import Asked, Cursor
from tenants.services.staff import May

INCIDENTS = 20
ENTRIES = 50
FEW_ENTRIES = 10


@dataclass(frozen=True)
class ConnectionLine:
    connection: Connection
    system: str
    badge: Badge
    said: str
    can_resume: bool


@dataclass(frozen=True)
class FlowLine:
    """One flow and what it has open."""

    flow: Flow
    name: str
    waiting: Open
    stopped: int


@dataclass(frozen=True)
class PairLine:
    """A pair, its flows, and the share of articles that agreed when both sides were last compared."""

    pair: Pair
    badge: Badge
    flows: Sequence[FlowLine]
    compared: str


@staff_page
@require_safe
def account(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """How the account stands at this moment; the work list is put right by the way."""
    now = timezone.now()
    with staff_door.looking(person, slug, at="the account's page") as tenant:
        standing = troubles.look(now=now)
        context: dict[str, Any] = {
            "lines": lines_of(standing, person, is_alone=False),
            "alone": _alone(standing, now=now),
            "ways": [(way, onboarding.progress(way)) for way in onboarding.open_ways()],
            "connections": _connections(),
            "pairs": _pairs(),
            "day": _day(now=now, tenant=tenant),
            "incidents": _incidents(),
            "members": list(Membership.objects.select_related("user").order_by("created_at", "pk")),
            "invitations": [(one, one.expires_at <= now) for one in invitations.open_ones()],
            "subscribed": subscribed(now=now) if staff.may(person, May.BILL) else None,
            "usage": _usage(now=now),
            "deputies": deputations.running(now=now),
            "notes": staff_door.notes(),
            "entries": [
                audit_line(entry, slug=slug)
                for entry in audit_log.entries(Asked(), limit=FEW_ENTRIES)
            ],
            "may_act": staff.may(person, May.ACT),
            "form_id": uuid4(),
        }
    return account_page(
        request, person, "staff/account.html", tenant=tenant, tab="account", context=context
    )


@staff_page
@require_safe
def audit_log_page(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """The whole log of the account, newest first."""
    after = Cursor.parse(request.GET.get("after", ""))
    with staff_door.looking(person, slug, at="the audit log") as tenant:
        found = audit_log.entries(Asked(), after=after, limit=ENTRIES + 1)
        shown = [audit_line(entry, slug=slug) for entry in found[:ENTRIES]]
    context = {
        "entries": shown,
        "is_first": after is None,
        "next": str(audit_log.cursor_of(found[ENTRIES - 1])) if len(found) > ENTRIES else "",
    }
    return account_page(
        request, person, "staff/audit.html", tenant=tenant, tab="account-audit", context=context
    )


def _alone(standing: Standing, *, now: datetime) -> list[dict[str, Any]]:
    """What is left alone until a day, and is still so."""
    said = {(one["kind"], one["about"]): one for one in standing.troubles if one["is_alone"]}
    return [
        {"snooze": one, "said": said[key]["said"], "badge": BADGES[Kind(one.kind)]}
        for one in snoozing.running(now=now)
        if (key := (one.kind, one.about)) in said
    ]


def _connections() -> list[ConnectionLine]:
    return [
        ConnectionLine(
            one,
            system_of(one),
            words.connection_badge(one),
            words.connection_said(one),
            one.state == "paused",
        )
        for one in Connection.objects.order_by("name", "pk")
    ]


def _pairs() -> list[PairLine]:
    pairs = list(Pair.objects.select_related("pos", "store").order_by("name", "pk"))
    flows = list(Flow.objects.filter(pair__in=pairs).order_by("direction", "pk"))
    open_now = open_records(flows)
    runs = accuracy.latest_of(pairs=pairs)
    return [
        PairLine(
            pair,
            words.pair_badge(pair),
            [_flow(flow, open_now) for flow in flows if flow.pair_id == pair.pk],
            _compared(runs.get(pair.pk)),
        )
        for pair in pairs
    ]


def _usage(*, now: datetime) -> list[tuple[str, str]]:
    """Records of production pairs by month, and how that stands to fair use."""
    found = [(f"{one.first_day:%B %Y}", number(one.records)) for one in usage.months(now=now)]
    fair = usage.fair_use_now(now=now)
    return [*found, ("Fair use", f"{fair.percent} % of {number(fair.usual)}")]


def _day(*, now: datetime, tenant: Tenant) -> list[tuple[str, str]]:
    """What came in the last 24 hours and what became of it, [] when nothing came."""
    total = figures.read(
        flows=list(Flow.objects.order_by("pk")), span=Span.DAY, now=now, zone=zone_of(tenant)
    ).total
    if not total.received:
        return []
    counts = [("received", total.received)]
    counts += [(name, total.counts[name]) for name in hours.COLUMNS if total.counts[name]]
    found = [(name.capitalize(), number(count)) for name, count in counts]
    if total.freshness.p95 is not None:
        found.append(("95 % arrived within", took(total.freshness.p95)))
    return found


def _flow(flow: Flow, open_now: dict[Group, Open]) -> FlowLine:
    none = Open(0, None)
    return FlowLine(
        flow,
        name_of(flow),
        open_now.get((flow.pk, DeliveryState.WAITING.value), none),
        sum(
            open_now.get((flow.pk, state.value), none).count
            for state in (DeliveryState.HELD, DeliveryState.DEAD)
        ),
    )


def _compared(run: Any) -> str:
    if run is None or not run.matched:
        return ""
    return f"{run.equal:,} of {run.matched:,} articles have the same stock on both sides"


def _incidents() -> list[dict[str, Any]]:
    rows = list(incidents.incidents(state=IncidentState.OPEN)[:INCIDENTS])
    return [
        {
            "incident": one.incident,
            "title": sentences.title(one.incident),
            "badge": sentences.badge(one.incident),
            "said": sentences.what_stopped(one),
            "can_replay": one.incident.has_records
            and not one.incident.is_replaying
            and one.stopped > 0,
        }
        for one in incidents.listed(rows)
    ]
