"""Incidents of an account by what happened last, with how much is stuck, which is never counted out.

Call everything inside the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection as database
from django.db.models import Q

from integrations.models import Incident, IncidentState
from integrations.services import row_walks
from integrations.services.row_lists import Asked
from integrations.services.row_pages import Rows, Source, in_order
from tenants import scope

# Counting ends here: more is "over a thousand".
MOST = 1_000


@dataclass(frozen=True)
class Counted:
    """An incident with the records that wait in it for a person: at most MOST, `is_capped` with more."""

    incident: Incident
    stopped: int

    @property
    def is_capped(self) -> bool:
        return self.stopped > MOST


def incidents(asked: Asked, *, after: str = "", limit: int = 50) -> Rows[Counted]:
    """Of one state or all. Times are those of what happened last; flows narrow nothing."""
    states = [asked.state] if asked.state in IncidentState.values else IncidentState.values
    match = Q(entity=asked.entity) if asked.entity else Q()
    if asked.connection_id:
        match &= Q(connection=asked.connection_id)
    stretch = asked.stretch(after)

    def load(ids: Sequence[int]) -> list[Counted]:
        rows = Incident.objects.filter(pk__in=ids).select_related("connection")
        return counted(in_order(rows, ids))

    def fit(ids: Sequence[int]) -> Collection[int]:
        return Incident.objects.filter(match, pk__in=ids).values_list("pk", flat=True)

    return Source(
        walk=lambda size: row_walks.incidents(replace(stretch, limit=size), states=states),
        load=load,
        fit=None if match == Q() else fit,
    ).page(limit)


_STOPPED = """
SELECT n.id,
  (SELECT count(*) FROM (
     SELECT FROM integrations_inboxitem i WHERE i.tenant_id = %(tenant)s AND i.incident_id = n.id
       AND i.state IN ('held', 'dead') LIMIT %(limit)s) AS read)
  + (SELECT count(DISTINCT stuck.inbox_item_id) FROM (
     SELECT d.inbox_item_id FROM integrations_delivery d
     WHERE d.tenant_id = %(tenant)s AND d.incident_id = n.id
       AND d.state IN ('held', 'dead') LIMIT %(limit)s) AS stuck)
FROM unnest(%(ids)s::bigint[]) AS n (id)
"""


def counted(rows: Sequence[Incident]) -> list[Counted]:
    """Each with its count, in one query that reads at most so many rows of each."""
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "ids": [row.pk for row in rows],
        "limit": MOST + 1,
    }
    with database.cursor() as cursor:
        cursor.execute(_STOPPED, values)
        stopped = dict(cursor.fetchall())
    return [Counted(row, stopped.get(row.pk, 0)) for row in rows]
