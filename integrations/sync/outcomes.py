"""What became of the records of a backfill, counted from their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from integrations.models import Backfill, Delivery, DeliveryState, InboxItem, InboxState, Rank
from integrations.sync.overtaking import topic_of


@dataclass(frozen=True)
class Outcomes:
    """`by_state`: every record that was accepted, once. `recent`: how many were settled since."""

    by_state: Mapping[str, int]
    recent: int


def of_backfill(row: Backfill, *, since: datetime) -> Outcomes:
    """Each record by its own state, or by its latest delivery. Call inside the tenant's scope."""
    mine = {"rank": Rank.BACKFILL, "topic": topic_of(row.flow_id), "event": str(row.pk)}
    counts: Counter[str] = Counter()
    recent = 0
    items = InboxItem.objects.filter(connection_id=row.flow.source_id, **mine).exclude(
        state=InboxState.PASSED
    )
    newer = Delivery.objects.filter(inbox_item=OuterRef("inbox_item"), pk__gt=OuterRef("pk"))
    deliveries = Delivery.objects.filter(
        ~Exists(newer),
        flow_id=row.flow_id,
        inbox_item__connection_id=row.flow.source_id,
        inbox_item__state=InboxState.PASSED,
        **{f"inbox_item__{name}": value for name, value in mine.items()},
    )
    waiting = (InboxState.WAITING.value, DeliveryState.WAITING.value)
    for rows in (items, deliveries):
        for state, count, settled in (
            rows.values_list("state")
            .annotate(count=Count("pk"), settled=Count("pk", filter=Q(finished_at__gte=since)))
            .order_by()
        ):
            counts[state] += count
            recent += 0 if state in waiting else settled
    return Outcomes(dict(counts), recent)
