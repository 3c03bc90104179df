"""Watches incidents, lost accounts and privacy requests of all tenants, and writes the messages about them.

What was told stands in a case, which commits together with its messages: looking twice, or by two
processes, writes nothing twice. The messages are sent by alert_sending.
"""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection as database
from django.db.models import F

from integrations.models import (
    AlertCase,
    AlertChannel,
    AlertMessage,
    AlertPlan,
    Connection,
    ConnectionState,
    Delivery,
    DeliveryState,
    Incident,
    IncidentState,
    MessageKind,
    Topic,
)
from integrations.services import (
    alert_counts,
    alert_defaults,
    alert_outbox,
    alert_privacy,
    alert_rules,
    alert_words,
)
from integrations.services.alert_rules import Decision, Known, Seen, Step
from integrations.services.alert_words import Content
from integrations.sync import pipeline
from tenants import scope
from tenants.models import Tenant

TURN_SECONDS = 45.0

# Tenants where something happened since it was looked at, or where a time has come.
_DUE = """
SELECT due.tenant_id FROM (
SELECT i.tenant_id FROM integrations_incident i
LEFT JOIN integrations_alertcase c
  ON c.tenant_id = i.tenant_id AND c.incident_id = i.id AND c.over_at IS NULL
WHERE i.state = 'open' AND c.id IS NULL
UNION
SELECT n.tenant_id FROM integrations_connection n
LEFT JOIN integrations_alertcase c
  ON c.tenant_id = n.tenant_id AND c.connection_id = n.id AND c.over_at IS NULL
  AND c.began_at = n.state_since
WHERE n.state = 'needs_owner' AND c.id IS NULL
UNION
SELECT c.tenant_id FROM integrations_alertcase c
LEFT JOIN integrations_incident i ON i.id = c.incident_id
LEFT JOIN integrations_connection n ON n.id = c.connection_id
WHERE c.over_at IS NULL AND (
  c.due_at <= %(now)s
  OR (c.clear_since IS NULL) <> coalesce(i.state = 'open', n.state = 'needs_owner')
  OR (c.grown_at IS NULL AND i.state = 'open' AND i.last_at > c.looked_at)
)
UNION
SELECT p.tenant_id FROM integrations_privacyrequest p
LEFT JOIN integrations_alertcase c ON c.tenant_id = p.tenant_id AND c.privacy_request_id = p.id
WHERE p.received_at > %(requests_since)s AND c.id IS NULL
) AS due JOIN tenants_tenant t ON t.id = due.tenant_id AND t.erasing_since IS NULL
"""


def watch(now: datetime) -> None:
    """Looks into every tenant where there is something to tell, or where that may be."""
    alert_defaults.make_missing(now)
    end = time.monotonic() + TURN_SECONDS
    for tenant_id in _due_tenants(now):
        if time.monotonic() > end:
            return
        pipeline.survives(
            f"alerts of tenant {tenant_id}", partial(watch_tenant, tenant_id, now=now)
        )


def _due_tenants(now: datetime) -> list[UUID]:
    with scope.door("tenants with something to tell"), database.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "requests_since": now - alert_privacy.WITHIN})
        return [row[0] for row in cursor.fetchall()]


def watch_tenant(tenant_id: UUID, *, now: datetime) -> None:
    """Brings the tenant's cases up to date and writes the messages that are due."""
    with scope.tenant(tenant_id):
        tenant = Tenant.objects.get(pk=tenant_id)
        if tenant.erasing_since is not None:
            return
        alert_defaults.plan(tenant, now=now)
        # Whoever else looks into this tenant waits here.
        AlertPlan.objects.select_for_update().get()
        _put_away_older_losses(now)
        _begin_cases(now)
        alert_privacy.tell_new(tenant, now=now)
        cases = AlertCase.objects.filter(over_at=None).select_related("incident", "connection")
        for case in cases.order_by("id"):
            if case.incident is not None:
                _look_at_incident(case, case.incident, tenant, now)
            elif case.connection is not None:
                _look_at_connection(case, case.connection, tenant, now)


def _put_away_older_losses(now: datetime) -> None:
    """An account that was reconnected and lost again is another loss, told by itself."""
    older = AlertCase.objects.filter(
        over_at=None, connection__state=ConnectionState.NEEDS_OWNER
    ).exclude(began_at=F("connection__state_since"))
    AlertCase.objects.filter(pk__in=list(older.values_list("pk", flat=True))).update(over_at=now)


def _begin_cases(now: datetime) -> None:
    going = AlertCase.objects.filter(over_at=None)
    known = going.filter(incident__isnull=False).values("incident_id")
    opened = Incident.objects.filter(state=IncidentState.OPEN).exclude(pk__in=known)
    known = going.filter(connection__isnull=False).values("connection_id")
    lost = Connection.objects.filter(state=ConnectionState.NEEDS_OWNER).exclude(pk__in=known)
    AlertCase.objects.bulk_create(
        [
            AlertCase(
                topic=alert_rules.topic_of(row.kind),
                incident=row,
                began_at=row.opened_at,
                looked_at=now,
            )
            for row in opened.order_by("pk")
        ]
        + [
            AlertCase(topic=Topic.OWNER, connection=row, began_at=row.state_since, looked_at=now)
            for row in lost.order_by("pk")
        ]
    )


def _look_at_incident(case: AlertCase, incident: Incident, tenant: Tenant, now: datetime) -> None:
    if incident.is_open:
        case.clear_since = None
    else:
        case.clear_since = case.clear_since or incident.closed_at or now
    known = Known(
        began_at=case.began_at,
        told_at=case.told_at,
        told_count=case.told_count,
        grown_at=case.grown_at,
        clear_since=case.clear_since,
        not_before=None if case.told_at else _cool_down(incident),
    )
    seen = Seen(is_open=incident.is_open, kind=incident.kind, count=_count(case, incident))
    decision = alert_rules.decide(known, seen, now=now)
    kind = _kind(decision)
    found = alert_counts.of_incident(incident) if kind is not None else None
    if kind == MessageKind.FIRST and incident.has_records and found and not found.stopped:
        # All of it got through meanwhile; the incident is about to close.
        decision, kind = Decision(Step.WAIT, now + alert_rules.GATHER), None
    if kind is not None and found is not None:
        if kind != MessageKind.RESOLVED or not case.cause:
            case.cause = alert_words.cause(incident, found.values)[:600]
        content = alert_words.of_incident(
            incident,
            kind,
            tenant=tenant,
            began_at=case.began_at,
            found=found,
            why=case.cause,
            now=case.clear_since or now,
        )
        _tell(case, kind, content, count=found.stopped, now=now)
    _close_look(case, decision, now)


def _look_at_connection(
    case: AlertCase, connection: Connection, tenant: Tenant, now: datetime
) -> None:
    is_lost = connection.state == ConnectionState.NEEDS_OWNER
    case.clear_since = None if is_lost else case.clear_since or connection.state_since
    known = Known(began_at=case.began_at, told_at=case.told_at, clear_since=case.clear_since)
    seen = Seen(is_open=is_lost, kind=Topic.OWNER, count=0, settles=False)
    decision = alert_rules.decide(known, seen, now=now)
    kind = _kind(decision)
    if kind is not None:
        content = alert_words.of_connection(
            connection,
            kind,
            tenant=tenant,
            began_at=case.began_at,
            waiting=Delivery.objects.filter(target=connection, state=DeliveryState.WAITING).count(),
            now=case.clear_since or now,
        )
        _tell(case, kind, content, count=0, now=now)
    _close_look(case, decision, now)


def _count(case: AlertCase, incident: Incident) -> int:
    """How many are stopped, counted only as far as the next message needs."""
    if case.told_at is None or case.grown_at is not None or not incident.is_open:
        return 0
    return alert_counts.at_most(incident, alert_rules.tenfold(case.told_count))


def _cool_down(incident: Incident) -> datetime | None:
    told = AlertCase.objects.filter(incident=incident, told_at__isnull=False)
    return alert_rules.cool_down(
        list(told.order_by("-told_at").values_list("told_at", flat=True)[:10])
    )


def _kind(decision: Decision) -> MessageKind | None:
    """The message a decision asks for."""
    is_message = decision.step in (Step.TELL_FIRST, Step.TELL_GROWN, Step.TELL_RESOLVED)
    return MessageKind(decision.step.value) if is_message else None


def _tell(
    case: AlertCase, kind: MessageKind, content: Content, *, count: int, now: datetime
) -> None:
    channels = AlertChannel.objects.filter(is_on=True)
    if kind == MessageKind.FIRST:
        case.told_at, case.told_count = now, count
        heard = [
            channel
            for channel in channels.filter(hears_from__lte=case.began_at).order_by("pk")
            if case.topic in channel.hears
        ]
    else:
        if kind == MessageKind.GROWN:
            case.grown_at = now
        told = AlertMessage.objects.filter(case=case, kind=MessageKind.FIRST)
        heard = list(channels.filter(pk__in=told.values("channel_id")).order_by("pk"))
    alert_outbox.write(heard, kind, content, case=case, now=now)


def _close_look(case: AlertCase, decision: Decision, now: datetime) -> None:
    case.looked_at, case.due_at = now, decision.due_at
    if decision.step in (Step.TELL_RESOLVED, Step.DROP):
        case.over_at = now
    case.save()
