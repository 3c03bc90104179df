"""What people see of incidents: the list of a tenant, one of them, and the records in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from integrations.models import (
    Connection,
    Delivery,
    Flow,
    InboxItem,
    Incident,
    IncidentState,
    Side,
)
from integrations.services import replay_rows
from integrations.services.records import with_outcome
from integrations.sync.incidents import STOPPED_DELIVERY, STOPPED_ITEM

MOST_VALUES = 12


@dataclass(frozen=True)
class Listed:
    """One incident with what it holds now. `stopped` records wait for a person; `records` were
    ever part of it."""

    incident: Incident
    stopped: int
    records: int


@dataclass(frozen=True)
class Affected:
    """One record of an incident. `outcome` is what became of it since, `reason` and `said` why it
    stopped."""

    item: InboxItem
    outcome: str
    reason: str
    said: str


@dataclass(frozen=True)
class ValueCount:
    """How many stopped records have one value in the field to blame."""

    value: str
    count: int


@dataclass(frozen=True)
class Progress:
    """How far a replay has come. The parts add up to `total`, unless records left by other ways."""

    total: int
    left: int
    running: int
    failed: int

    @property
    def through(self) -> int:
        return max(0, self.total - self.left - self.running - self.failed)

    @property
    def percent(self) -> int:
        return 100 * (self.through + self.failed) // self.total if self.total else 100


def incidents(
    *, state: str = "", pair_id: str = "", connection_id: str = "", entity: str = ""
) -> QuerySet[Incident]:
    """A tenant's incidents: open ones first, in each part what happened last. Call inside its
    scope.

    Those of a pair are those of its two accounts: an account that two pairs share counts for both.
    """
    rows: QuerySet[Incident] = Incident.objects.select_related("connection")
    if state in IncidentState.values:
        rows = rows.filter(state=state)
    if pair_id:
        mine = Q(pairs_as_pos=pair_id) | Q(pairs_as_store=pair_id)
        rows = rows.filter(connection__in=Connection.objects.filter(mine).values("pk"))
    if connection_id:
        rows = rows.filter(connection_id=connection_id)
    if entity:
        rows = rows.filter(entity=entity)
    open_first = Case(
        When(state=IncidentState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return rows.order_by(open_first, "-last_at", "-id")


def listed(rows: Sequence[Incident]) -> list[Listed]:
    """Each with its counts, in two queries a kind of row however many there are."""
    ids = [row.pk for row in rows]
    stopped = _counts(
        ids, items=Q(state__in=STOPPED_ITEM), deliveries=Q(state__in=STOPPED_DELIVERY)
    )
    ever = _counts(ids, items=Q(), deliveries=Q())
    return [Listed(row, stopped[row.pk], ever[row.pk]) for row in rows]


def _counts(ids: Sequence[int], *, items: Q, deliveries: Q) -> Counter[int]:
    found: Counter[int] = Counter()
    for rows, column in (
        (InboxItem.objects.filter(items, incident__in=ids), "pk"),
        (Delivery.objects.filter(deliveries, incident__in=ids), "inbox_item"),
    ):
        for pk, count in rows.values_list("incident_id").annotate(
            count=Count(column, distinct=True)
        ):
            found[pk] += count
    return found


def open_count() -> int:
    """How many incidents are open. Call inside the tenant's scope."""
    return Incident.objects.filter(state=IncidentState.OPEN).count()


def affected(incident: Incident, *, only_stopped: bool, value: str = "") -> QuerySet[Any]:
    """Items of the incident with their `outcome`, newest first."""
    match = Q(incident=incident) & (Q(said=value) if value else Q())
    if incident.side == Side.SOURCE:
        items = InboxItem.objects.filter(match)
        if only_stopped:
            items = items.filter(state__in=STOPPED_ITEM)
    else:
        deliveries = Delivery.objects.filter(match)
        if only_stopped:
            deliveries = deliveries.filter(state__in=STOPPED_DELIVERY)
        items = InboxItem.objects.filter(pk__in=deliveries.values("inbox_item_id"))
    return with_outcome(items, _flows(incident)).order_by("-id")


def described(incident: Incident, items: Sequence[Any]) -> list[Affected]:
    """The items of a page with why they stopped: as the incident's last row of each says."""
    last: Mapping[int, Delivery] = {}
    if incident.side != Side.SOURCE:
        rows = Delivery.objects.filter(
            incident=incident, inbox_item_id__in=[item.pk for item in items]
        ).order_by("id")
        last = {row.inbox_item_id: row for row in rows}
    found = []
    for item in items:
        row = last.get(item.pk, item)
        found.append(Affected(item, str(item.outcome), row.reason or item.reason, row.said))
    return found


def _flows(incident: Incident) -> list[int]:
    rows = Flow.objects.filter(entity=incident.entity)
    if incident.side == Side.SOURCE:
        rows = rows.filter(source_id=incident.connection_id)
    else:
        rows = rows.filter(target_id=incident.connection_id)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def values(incident: Incident) -> list[ValueCount]:
    """The values that stopped records, the most frequent first; [] when they name none."""
    if incident.side == Side.SOURCE:
        rows = InboxItem.objects.filter(incident=incident, state__in=STOPPED_ITEM)
    else:
        rows = Delivery.objects.filter(incident=incident, state__in=STOPPED_DELIVERY)
    counted = (
        rows.exclude(said="")
        .values_list("said")
        .annotate(count=Count("pk"))
        .order_by("-count", "said")[:MOST_VALUES]
    )
    return [ValueCount(said, count) for said, count in counted]


def progress(incident: Incident) -> Progress | None:
    """How far the replay of the incident has come, None when there never was one."""
    if not incident.replay_state or incident.replay_at is None:
        return None
    return Progress(
        total=incident.replay_total,
        left=replay_rows.stopped_items(incident).count(),
        running=replay_rows.running(incident),
        failed=replay_rows.failed_again(incident),
    )


def of_record(item: InboxItem) -> Incident | None:
    """The open incident a stopped record is part of, None when it is not stopped."""
    if item.state in STOPPED_ITEM and item.incident_id:
        pk: int | None = item.incident_id
    else:
        pk = (
            item.deliveries.filter(state__in=STOPPED_DELIVERY, incident__isnull=False)
            .order_by("-id")
            .values_list("incident_id", flat=True)
            .first()
        )
    found: Incident | None = Incident.objects.filter(pk=pk).first() if pk else None
    return found
