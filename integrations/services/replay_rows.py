"""Which rows take part in the replay of an incident, and how far they have come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet

from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    Side,
)
from integrations.sync.incidents import STOPPED_DELIVERY, STOPPED_ITEM


def stopped_items(incident: Incident) -> QuerySet[InboxItem]:
    """Items that take part in the replay and have not run since it began, oldest first."""
    rows = stopped_rows(incident).filter(pk__lte=incident.replay_upto)
    if incident.side == Side.SOURCE:
        # Replaying an item makes it due then; a delivery gets a successor instead.
        return rows.filter(due_at__lt=incident.replay_at).order_by("id")
    return InboxItem.objects.filter(pk__in=rows.values("inbox_item_id")).order_by("id")


def failed_again(incident: Incident) -> int:
    """How many records that took part in the replay have stopped for the same cause since."""
    mine = taking_part(incident)
    if incident.side == Side.SOURCE:
        return mine.filter(state__in=STOPPED_ITEM).count()
    return (
        stopped_rows(incident)
        .filter(pk__gt=incident.replay_upto, inbox_item__in=mine.values("pk"))
        .count()
    )


def running(incident: Incident) -> int:
    """How many records of the replay are on their way at this moment."""
    mine = taking_part(incident)
    items = mine.filter(state=InboxState.WAITING).count()
    return items + (
        Delivery.objects.filter(state=DeliveryState.WAITING, inbox_item__in=mine.values("pk"))
        .values("inbox_item_id")
        .distinct()
        .count()
    )


def taking_part(incident: Incident) -> QuerySet[InboxItem]:
    """Items that were replayed since the replay began."""
    since = {"incident": incident, "pk__lte": incident.replay_upto}
    if incident.side == Side.SOURCE:
        return InboxItem.objects.filter(due_at__gte=incident.replay_at, **since)
    replayed = Delivery.objects.filter(
        state=DeliveryState.REPLACED, finished_at__gte=incident.replay_at, **since
    )
    return InboxItem.objects.filter(pk__in=replayed.values("inbox_item_id"))


def stopped_rows(incident: Incident) -> QuerySet[Any]:
    """What of the incident is stopped: inbox items or deliveries, by its side."""
    if incident.side == Side.SOURCE:
        rows = InboxItem.objects.filter(incident=incident, state__in=STOPPED_ITEM)
    else:
        rows = Delivery.objects.filter(incident=incident, state__in=STOPPED_DELIVERY)
        if incident.replay_pair:
            rows = rows.filter(flow__pair_id=incident.replay_pair)
    if incident.replay_values:
        return rows.filter(said__in=incident.replay_values)
    return rows.filter(said=incident.replay_value) if incident.replay_value else rows


def draw_line(incident: Incident, *, now: datetime) -> None:
    """Draws the line between what takes part and what does not.

    Later than every time its rows hold: the clocks of hosts differ, and what was replayed by an
    earlier run is not counted again.
    """
    if incident.side == Side.SOURCE:
        latest = stopped_rows(incident).aggregate(at=Max("due_at"))["at"]
    else:
        latest = Delivery.objects.filter(incident=incident).aggregate(at=Max("finished_at"))["at"]
    incident.replay_at = max(now, latest + timedelta(microseconds=1)) if latest else now
    incident.replay_upto = stopped_rows(incident).aggregate(pk=Max("pk"))["pk"] or 0
    incident.replay_total = stopped_items(incident).count()
