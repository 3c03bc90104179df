"""What a backfill has read may be older than news that came meanwhile; the news wins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from integrations.models import Flow, InboxItem, Rank

_TOPIC = "backfill/"


def topic_of(flow_id: int) -> str:
    """The topic of what a backfill reads: it names the only flow that carries it."""
    return f"{_TOPIC}{flow_id}"


def is_for(item: InboxItem, flow: Flow) -> bool:
    """Whether the flow carries the item: a backfill is for one flow, all other news for each."""
    return not item.topic.startswith(_TOPIC) or item.topic == topic_of(flow.pk)


def overtaken(rows: Sequence[InboxItem]) -> set[int]:
    """Ids of backfill items of which there was news after their page was asked for.

    Versions tell which of two records is newer; this is for records that have none. Such an item
    notes as `occurred_at` when its page was asked for.
    """
    asked: dict[tuple[str, str], InboxItem] = {
        (row.entity, row.key): row
        for row in rows
        if row.rank == Rank.BACKFILL and not row.version and row.occurred_at
    }
    if not asked:
        return set()
    news = (
        InboxItem.objects.filter(
            connection_id=rows[0].connection_id,
            entity__in={entity for entity, _ in asked},
            key__in=[key for _, key in asked],
            rank__lt=Rank.BACKFILL,
        )
        .values_list("entity", "key")
        .annotate(at=Max("received_at"))
        .order_by()
    )
    return {
        asked[entity, key].pk
        for entity, key, at in news
        if (entity, key) in asked and _since(asked[entity, key], at)
    }


def _since(item: InboxItem, at: datetime) -> bool:
    return item.occurred_at is not None and at >= item.occurred_at
