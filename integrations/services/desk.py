"""What an account manager asks for from the command line, across tenants: each passes the door."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from integrations.models import InboxItem, Incident, IncidentState
from integrations.services import group_replay
from integrations.services.incidents import incidents as found_incidents
from integrations.services.incidents import listed
from integrations.services.replay import replay
from tenants import scope
from tenants.models import Tenant
from tenants.services import audit


class NotFound(LookupError):
    """There is no such tenant, incident or record; the message says which."""


class Line(NamedTuple):
    """One incident for a list. `stopped` records wait for a person."""

    id: int
    tenant: str
    state: str
    kind: str
    connection: str
    entity: str
    field: str
    message: str
    stopped: int
    replay: str
    last_at: datetime

    @property
    def is_about_records(self) -> bool:
        return self.kind == "records"


def incidents(tenant: str = "", *, with_closed: bool = False) -> list[Line]:
    """Incidents of a tenant (slug or id), or of all. Raises NotFound."""
    with scope.door("list incidents"):
        tenants = list(Tenant.objects.filter(_named(tenant)).order_by("slug"))
    if tenant and not tenants:
        raise NotFound(f"There is no tenant {tenant}.")
    lines: list[Line] = []
    for each in tenants:
        with scope.tenant(each.pk):
            rows = found_incidents(state="" if with_closed else IncidentState.OPEN)
            lines += [
                Line(
                    id=row.incident.pk,
                    tenant=each.slug,
                    state=row.incident.state,
                    kind=row.incident.kind,
                    connection=row.incident.connection.name if row.incident.connection else "",
                    entity=row.incident.entity,
                    field=row.incident.field,
                    message=row.incident.message,
                    stopped=row.stopped,
                    replay=row.incident.replay_state,
                    last_at=row.incident.last_at,
                )
                for row in listed(list(rows))
            ]
    return lines


def replay_incident(incident_id: int, *, now: datetime) -> int:
    """Starts the replay; answers how many records take part. Raises NotFound, CannotReplay."""
    with scope.door("find incident"):
        found = Incident.objects.filter(pk=incident_id).first()
    if found is None:
        raise NotFound(f"There is no incident {incident_id}.")
    with scope.tenant(found.tenant_id):
        started = group_replay.start(found, actor=None, now=now)
    return int(started.replay_total)


def replay_item(item_id: int, *, now: datetime) -> None:
    """Runs one record again. Raises NotFound, CannotReplay."""
    with scope.door("find record"):
        found = InboxItem.objects.filter(pk=item_id).first()
    if found is None:
        raise NotFound(f"There is no record {item_id}.")
    with scope.tenant(found.tenant_id):
        replay(found, now=now)
        audit.record(action="record.replayed", object_type="InboxItem", object_id=item_id)


def _named(tenant: str) -> Q:
    if not tenant:
        return Q()
    try:
        return Q(pk=UUID(tenant))
    except ValueError:
        return Q(slug=tenant)
