"""The daily digest: what is open, what was resolved, and what of ours does not work."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from integrations.models import (
    AlertCase,
    AlertChannel,
    AlertPlan,
    Connection,
    ConnectionState,
    Incident,
    IncidentState,
    MessageKind,
)
from integrations.services import (
    alert_counts,
    alert_outbox,
    alert_rules,
    alert_words,
)
from integrations.services.alert_words import Content
from integrations.sync import pipeline
from tenants import scope
from tenants.models import Tenant

MOST_LINES = 15
SPAN = timedelta(days=1)


def make_due(now: datetime) -> None:
    """Writes the digest of every tenant whose hour has come; at most one a day and channel."""
    for tenant_id, day in _due(now):
        pipeline.survives(
            f"digest of tenant {tenant_id}", partial(make, tenant_id, day=day, now=now)
        )


def _due(now: datetime) -> list[tuple[UUID, date]]:
    found = []
    with scope.door("tenants whose digest is due"):
        for plan in (
            AlertPlan.objects.filter(tenant__erasing_since=None)
            .select_related("tenant")
            .order_by("pk")
        ):
            day = alert_rules.digest_day(
                now=now,
                zone=alert_words.zone_of(plan.tenant),
                hour=plan.digest_hour,
                last=plan.digest_day,
            )
            if day is not None:
                found.append((plan.tenant_id, day))
    return found


def make(tenant_id: UUID, *, day: date, now: datetime) -> None:
    """The digest of one day. Nothing is written when there is nothing to tell, unless that is
    asked for; the day is over either way."""
    with scope.tenant(tenant_id):
        plan: AlertPlan = AlertPlan.objects.select_for_update().get()
        if plan.digest_day is not None and plan.digest_day >= day:
            return
        plan.digest_day = day
        plan.save(update_fields=["digest_day"])
        content = of_day(Tenant.objects.get(pk=tenant_id), now=now)
        if content.lines or plan.digests_nothing:
            channels = AlertChannel.objects.filter(is_on=True, has_digest=True).order_by("pk")
            alert_outbox.write(channels, MessageKind.DIGEST, content, day=day, now=now)


def of_day(tenant: Tenant, *, now: datetime) -> Content:
    """What there is to tell of the last 24 hours. Call inside the tenant's scope."""
    lost = Connection.objects.filter(state=ConnectionState.NEEDS_OWNER).order_by("name", "pk")
    opened = Incident.objects.filter(state=IncidentState.OPEN).select_related("connection")
    resolved = AlertCase.objects.filter(
        over_at__gt=now - SPAN, told_at__isnull=False, incident__state=IncidentState.CLOSED
    )
    failing = AlertChannel.objects.filter(
        is_on=True, failures__gte=alert_rules.FAILING_FROM
    ).order_by("name", "pk")
    open_count, resolved_count = opened.count(), resolved.count()
    lines = [f"Please reconnect {row.name}: nothing goes to it or comes from it." for row in lost]
    lines += [_line(row, tenant) for row in opened.order_by("-last_at", "-id")[:MOST_LINES]]
    if open_count > MOST_LINES:
        lines.append(f"And {open_count - MOST_LINES:,} more open incidents.")
    lines += [
        f"Resolved: {case.cause}" for case in resolved.order_by("-over_at", "-id")[:MOST_LINES]
    ]
    lines += [f"The alert channel {row.name} does not work: {row.problem}" for row in failing]
    return Content(
        event="digest",
        title=f"{tenant.name}: {_sum(open_count, resolved_count, lost.count())}",
        said="" if lines else "Everything flows, and nothing waits for a person.",
        lines=lines,
        link=alert_words.link("incidents", tenant),
        link_words="Open the incidents",
        tenant=tenant.name,
        about={"open": open_count, "resolved": resolved_count},
    )


def _line(incident: Incident, tenant: Tenant) -> str:
    found = alert_counts.of_incident(incident)
    why = alert_words.cause(incident, found.values)
    since = alert_words.moment(incident.opened_at, tenant)
    if not incident.has_records:
        return f"{why} (since {since})"
    given_up = found.given_up == found.stopped > 0
    held = alert_words.held_words(incident.entity, found.stopped, given_up=given_up)
    return f"{held}: {why} (since {since})"


def _sum(opened: int, resolved: int, lost: int) -> str:
    parts = [f"{lost:,} to reconnect"] if lost else []
    if opened:
        parts.append(f"{opened:,} open incident{'s' if opened != 1 else ''}")
    if resolved:
        parts.append(f"{resolved:,} resolved since yesterday")
    return ", ".join(parts) or "nothing to report"
