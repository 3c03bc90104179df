"""How many records an incident holds, as its messages tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    Side,
)
from integrations.services import incidents
from integrations.sync.incidents import STOPPED_DELIVERY, STOPPED_ITEM


@dataclass(frozen=True)
class Found:
    """`stopped` records wait now, `given_up` of them after many tries; `ever` were part of it.
    `values`: at which values they stopped, the most frequent first."""

    stopped: int
    given_up: int
    ever: int
    values: tuple[str, ...]


def of_incident(incident: Incident) -> Found:
    """Call inside the tenant's scope. All zero for an alarm of the engine."""
    if not incident.has_records:
        return Found(0, 0, 0, ())
    dead = InboxState.DEAD if incident.side == Side.SOURCE else DeliveryState.DEAD
    counts = _rows(incident).aggregate(
        stopped=Count("pk", filter=Q(state__in=_stopped(incident))),
        given_up=Count("pk", filter=Q(state=dead)),
    )
    (listed,) = incidents.listed([incident])
    return Found(
        stopped=counts["stopped"],
        given_up=counts["given_up"],
        ever=listed.records,
        values=tuple(each.value for each in incidents.values(incident)),
    )


def at_most(incident: Incident, limit: int) -> int:
    """How many are stopped now, counting no further than `limit`."""
    if not incident.has_records:
        return 0
    return int(_rows(incident).filter(state__in=_stopped(incident))[:limit].count())


def _rows(incident: Incident) -> Any:
    model = InboxItem if incident.side == Side.SOURCE else Delivery
    return model.objects.filter(incident=incident)


def _stopped(incident: Incident) -> tuple[str, ...]:
    return STOPPED_ITEM if incident.side == Side.SOURCE else STOPPED_DELIVERY
