"""Lets records go on that waited for an entry of a lookup table, canary first."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from integrations.models import RECORDS, Incident, IncidentState, Pair, Side
from integrations.services import group_replay
from integrations.services.replay import CannotReplay
from integrations.services.replay_rows import stopped_rows
from integrations.sync import pipeline, rulebooks
from integrations.sync.causes import missed_table
from integrations.sync.incidents import REPLAYING
from integrations.sync.rulebooks import read_label
from mappings.models import LookupTable
from tenants import scope
from tenants.models import User

log = logging.getLogger(__name__)

MARK = "no entry in the table "
# Of one incident, so many different values are looked at.
MOST_VALUES = 1_000


@dataclass(frozen=True)
class Released:
    """A replay that has begun: how many records take part. With `obstacle` it has not, yet."""

    incident: Incident
    records: int
    obstacle: str = ""


def release(pair: Pair, *, actor: User | None, now: datetime) -> list[Released]:
    """Replays what the pair's tables know by now. Call inside the tenant's scope.

    Whoever writes rows in the same transaction first holds the lanes' advisory locks, as everybody
    does who replays.
    """
    targets = pair.flows.values_list("target_id", flat=True)
    found = (
        _release(incident, pair, actor=actor, now=now)
        for incident in _waiting().filter(connection_id__in=targets).order_by("pk")
    )
    return [one for one in found if one is not None]


def release_due(now: datetime) -> None:
    """Begins replays that could not begin when the entry came, because another one went on."""
    with scope.door("incidents that wait for a table"):
        due = list(_waiting().exclude(replay_state__in=REPLAYING).values_list("tenant_id", "pk"))
    for tenant_id, incident_id in due:
        pipeline.survives(
            f"release of incident {incident_id}",
            partial(_release_one, tenant_id, incident_id, now=now),
        )


def _release_one(tenant_id: Any, incident_id: int, *, now: datetime) -> None:
    with scope.tenant(tenant_id):
        incident: Incident | None = Incident.objects.filter(pk=incident_id).first()
        if incident is None:
            return
        pairs = Pair.objects.filter(
            flows__target_id=incident.connection_id, mapping_set__isnull=False
        )
        for pair in pairs.distinct():
            released = _release(incident, pair, actor=None, now=now)
            if released is not None and not released.obstacle:
                log.info("incident %s: %s records go on", incident_id, released.records)
                return


def _waiting() -> Any:
    return Incident.objects.filter(
        state=IncidentState.OPEN, kind=RECORDS, side=Side.TARGET, message__contains=MARK
    )


def _release(
    incident: Incident, pair: Pair, *, actor: User | None, now: datetime
) -> Released | None:
    """Replays the incident's records whose value is known by now; None when there is none."""
    values = sorted(_known(incident, pair))
    if not values:
        return None
    try:
        started = group_replay.start(incident, actor=actor, now=now, values=values, pair_id=pair.pk)
    except CannotReplay as error:
        return Released(incident, 0, str(error))
    return Released(started, started.replay_total)


def _known(incident: Incident, pair: Pair) -> set[str]:
    """Values of its stopped records for which there is an entry that was not there before."""
    tables = {
        table.name: table for table in LookupTable.objects.filter(set_id=rulebooks.set_id_of(pair))
    }
    # An earlier replay may have been for some values only.
    incident.replay_value, incident.replay_values, incident.replay_pair = "", [], None
    rows = (
        stopped_rows(incident)
        .filter(flow__pair=pair)
        .values_list("said", "reason", "mapping_version")
        .distinct()[:MOST_VALUES]
    )
    return {said for said, reason, label in rows if _is_known(said, reason, label, tables)}


def _is_known(said: str, reason: str, label: str, tables: Mapping[str, LookupTable]) -> bool:
    table = tables.get(missed_table(reason))
    named = read_label(label)
    tried = named.tables_revision if named else 0
    return table is not None and said in table.rows and table.revision > tried
