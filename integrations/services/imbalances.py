"""Proves that nothing was lost or made up: each fact is entered twice, and the entries must agree.

An item says how many deliveries it became, a delivery how often it was tried; the deliveries, the
attempts and the links are the other entries. One statement for each proof; all of them see one
moment when they run inside `conservation.one_moment`, and none of them locks anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection as database

from integrations.services.tally import SKEW
from tenants import scope

EXAMPLES = 5
# A slice carries the flows it was opened with to its end.
OPENING = timedelta(seconds=60)
# A lane is hinted anew by the pulse after this time at the latest.
UNSEEN = timedelta(seconds=30)


@dataclass(frozen=True)
class Imbalance:
    """Two entries that do not agree. `examples` are ids of inbox items, a few of all `count`."""

    kind: str
    sentence: str
    count: int
    examples: Sequence[int]
    connection_id: str
    flow_id: int | None

    def as_json(self) -> Mapping[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Proof:
    """`rows` are the offenders: kind, connection, flow and inbox item of each."""

    rows: str
    sentences: Mapping[str, str]


_PASSED_ON = _Proof(
    """
    SELECT CASE WHEN i.passed_to > coalesce(d.made, 0) THEN 'missing' ELSE 'surplus' END AS kind,
           i.connection_id, NULL::bigint AS flow_id, i.id
    FROM integrations_inboxitem i
    LEFT JOIN (
        SELECT inbox_item_id, count(*) AS made FROM integrations_delivery
        WHERE tenant_id = %(tenant)s AND created_at >= %(before)s GROUP BY 1
    ) d ON d.inbox_item_id = i.id
    WHERE i.tenant_id = %(tenant)s AND i.received_at >= %(since)s
      AND i.passed_to <> coalesce(d.made, 0)
    """,
    {
        "missing": "{records} passed on as more deliveries than there are: a delivery has vanished.",
        "surplus": "{records} more deliveries than the inbox passed on: a delivery came from nowhere.",
    },
)

# Retention drops an item's day before that of its delivery. How many deliveries outlive their items
# is known: what the dropped items were passed on as, less the deliveries dropped.
_ORPHANS = _Proof(
    """
    WITH lone AS (
        SELECT f.source_id, d.inbox_item_id AS id, count(*) OVER (PARTITION BY f.source_id) AS found
        FROM integrations_delivery d JOIN integrations_flow f ON f.id = d.flow_id
        WHERE d.tenant_id = %(tenant)s AND d.created_at >= %(since)s
          AND NOT EXISTS (
            SELECT 1 FROM integrations_inboxitem i
            WHERE i.tenant_id = %(tenant)s AND i.id = d.inbox_item_id)
          AND (%(is_whole)s OR NOT EXISTS (
            SELECT 1 FROM integrations_daytotal t WHERE t.tenant_id = %(tenant)s))
    ), dropped AS (
        SELECT connection_id, sum(passed_to) - coalesce(sum(count) FILTER (WHERE "row" = 'delivery'), 0) AS known
        FROM integrations_daytotal WHERE tenant_id = %(tenant)s AND %(is_whole)s GROUP BY 1
    )
    SELECT 'orphan' AS kind, lone.source_id AS connection_id, NULL::bigint AS flow_id, lone.id
    FROM lone LEFT JOIN dropped ON dropped.connection_id = lone.source_id
    WHERE lone.found > coalesce(dropped.known, 0)
    UNION ALL
    SELECT 'vanished', dropped.connection_id, NULL, NULL
    FROM dropped
    CROSS JOIN LATERAL (
        SELECT count(*) AS found FROM lone WHERE lone.source_id = dropped.connection_id) AS left_over
    CROSS JOIN LATERAL generate_series(1, (dropped.known - left_over.found)::bigint)
    """,
    {
        "orphan": "{records} a delivery, but the notice it came from is not in the inbox.",
        "vanished": "{records} removed with age before it was counted what became of them.",
    },
)

# What a backfill has read is for its own flow alone (sync/overtaking.py).
_UNCARRIED = _Proof(
    """
    SELECT 'uncarried' AS kind, i.connection_id, f.id AS flow_id, i.id
    FROM integrations_flow f
    JOIN integrations_pair p ON p.id = f.pair_id AND p.state <> 'draft'
    JOIN integrations_inboxitem i
      ON i.connection_id = f.source_id AND i.entity = f.entity AND i.state = 'passed'
    WHERE f.tenant_id = %(tenant)s AND i.tenant_id = %(tenant)s AND f.is_on
      AND i.received_at >= %(since)s AND i.finished_at > f.on_since + %(opening)s
      AND (NOT starts_with(i.topic, 'backfill/') OR i.topic = 'backfill/' || f.id)
      AND NOT EXISTS (
        SELECT 1 FROM integrations_delivery d
        WHERE d.tenant_id = %(tenant)s AND d.inbox_item_id = i.id AND d.flow_id = f.id)
    """,
    {"uncarried": "{records} passed on while this flow was on, without a delivery for it."},
)

# An attempt is written down with its outcome: one that is under way, or that a crash cut off, is
# counted on its delivery only.
_TRIED = _Proof(
    """
    SELECT CASE WHEN d.attempts <> coalesce(a.made, 0) THEN 'unlogged' ELSE 'unproved' END AS kind,
           d.target_id AS connection_id, d.flow_id, d.inbox_item_id AS id
    FROM integrations_delivery d
    LEFT JOIN (
        SELECT delivery_id, count(*) AS made FROM integrations_attempt
        WHERE tenant_id = %(tenant)s AND started_at >= %(before)s GROUP BY 1
    ) a ON a.delivery_id = d.id
    WHERE d.tenant_id = %(tenant)s AND d.created_at >= %(since)s
      AND (d.attempts <> coalesce(a.made, 0) OR (d.state = 'delivered' AND d.attempts = 0))
      AND NOT (d.state = 'waiting' AND d.attempts = coalesce(a.made, 0) + 1)
    """,
    {
        "unlogged": "{records} tried another number of times than attempts are written down.",
        "unproved": "{records} marked delivered, but nothing was ever sent.",
    },
)

# A link gives way when its target is linked to another record: then the target is still linked.
_LINKED = _Proof(
    """
    WITH sides AS (
        SELECT pair_id, entity, 'to_pos' AS direction, store_key AS source, pos_key AS target
        FROM integrations_link WHERE tenant_id = %(tenant)s
        UNION ALL
        SELECT pair_id, entity, 'to_store', pos_key, store_key
        FROM integrations_link WHERE tenant_id = %(tenant)s
    )
    SELECT 'unlinked' AS kind, d.target_id AS connection_id, d.flow_id, d.inbox_item_id AS id
    FROM integrations_delivery d
    JOIN integrations_flow f ON f.id = d.flow_id AND f.tenant_id = %(tenant)s
    WHERE d.tenant_id = %(tenant)s AND d.created_at >= %(since)s AND d.state = 'delivered'
      AND NOT EXISTS (
        SELECT 1 FROM sides WHERE sides.pair_id = f.pair_id AND sides.entity = d.entity
        AND sides.direction = f.direction AND sides.source = d.key)
      AND NOT EXISTS (
        SELECT 1 FROM sides WHERE sides.pair_id = f.pair_id AND sides.entity = d.entity
        AND sides.direction = f.direction AND sides.target = d.target_key)
    """,
    {"unlinked": "{records} delivered, but not linked to what they became on the other side."},
)

_FINISHED = _Proof(
    """
    SELECT CASE WHEN state = 'waiting' THEN 'closed' ELSE 'unclosed' END AS kind,
           connection_id, NULL::bigint AS flow_id, id
    FROM integrations_inboxitem
    WHERE tenant_id = %(tenant)s AND received_at >= %(since)s
      AND (state = 'waiting') <> (finished_at IS NULL)
    UNION ALL
    SELECT CASE WHEN state = 'waiting' THEN 'closed' ELSE 'unclosed' END,
           target_id, flow_id, inbox_item_id
    FROM integrations_delivery
    WHERE tenant_id = %(tenant)s AND created_at >= %(since)s
      AND (state = 'waiting') <> (finished_at IS NULL)
    """,
    {
        "closed": "{records} waiting, yet marked as finished.",
        "unclosed": "{records} finished, yet without the time at which that happened.",
    },
)

# Work nobody will look at: its account is in order, nobody holds or was told of the lane, and the
# lane's next turn is not set, or comes later than the work (a rest that was asked for is fine).
_STRANDED = _Proof(
    """
    WITH idle AS (
        SELECT c.id, l.due_at, l.parked_until,
               EXISTS (SELECT 1 FROM integrations_pair p WHERE p.tenant_id = %(tenant)s
                       AND p.state <> 'draft' AND c.id IN (p.pos_id, p.store_id)) AS is_used
        FROM integrations_connection c
        LEFT JOIN integrations_lane l ON l.connection_id = c.id
        WHERE c.tenant_id = %(tenant)s AND c.state = 'active'
          AND (l.lease_until IS NULL OR l.lease_until < %(now)s)
          AND (l.hinted_at IS NULL OR l.hinted_at < %(unseen)s)
    )
    SELECT 'stranded' AS kind, idle.id AS connection_id, NULL::bigint AS flow_id, i.id
    FROM idle JOIN integrations_inboxitem i ON i.connection_id = idle.id
    WHERE i.tenant_id = %(tenant)s AND i.state = 'waiting' AND i.received_at >= %(since)s
      AND idle.is_used
      AND (idle.due_at IS NULL
           OR idle.due_at > greatest(i.due_at, idle.parked_until, %(now)s) + interval '1 second')
    UNION ALL
    SELECT 'stranded', idle.id, d.flow_id, d.inbox_item_id
    FROM idle
    JOIN integrations_delivery d ON d.target_id = idle.id
    JOIN integrations_flow f ON f.id = d.flow_id AND f.is_on
    JOIN integrations_pair p ON p.id = f.pair_id AND p.state IN ('testing', 'live')
    WHERE d.tenant_id = %(tenant)s AND d.state = 'waiting' AND d.created_at >= %(since)s
      AND (idle.due_at IS NULL
           OR idle.due_at > greatest(d.due_at, idle.parked_until, %(now)s) + interval '1 second')
    """,
    {"stranded": "{records} waiting, but no worker is going to look at them."},
)

_PROOFS = (_PASSED_ON, _ORPHANS, _UNCARRIED, _TRIED, _LINKED, _FINISHED, _STRANDED)

# How each sentence begins.
_VERBS = {
    "missing": ("was", "were"),
    "surplus": ("has", "have"),
    "orphan": ("has", "have"),
    "vanished": ("was", "were"),
    "uncarried": ("was", "were"),
    "unlogged": ("was", "were"),
    "unproved": ("is", "are"),
    "unlinked": ("was", "were"),
    "closed": ("is", "are"),
    "unclosed": ("is", "are"),
    "stranded": ("is", "are"),
}


def find(*, now: datetime, since: datetime | None = None) -> list[Imbalance]:
    """Everything that does not agree, the gravest first. Call inside the tenant's scope.

    `since`: looks at items received, and at deliveries made and tried, from then on only. Items
    received before it whose deliveries came after it are then out of the comparison.
    """
    values: dict[str, Any] = {
        "tenant": scope.current(),
        "now": now,
        "since": since or "-infinity",
        "is_whole": since is None,
        "before": since - SKEW if since else "-infinity",
        "opening": OPENING + timedelta(seconds=settings.CLARITY_LANE_SLICE_SECONDS),
        "unseen": now - UNSEEN,
    }
    return [found for proof in _PROOFS for found in _offenders(proof, values)]


def _offenders(proof: _Proof, values: Mapping[str, Any]) -> list[Imbalance]:
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT kind, connection_id, flow_id, count(*), (array_agg(id ORDER BY id) FILTER (WHERE id IS NOT NULL))[1:{EXAMPLES}]
            FROM ({proof.rows}) AS offenders GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,  # noqa: S608 - made of constants
            values,
        )
        return [_imbalance(proof, *row) for row in cursor.fetchall()]


def _imbalance(
    proof: _Proof,
    kind: str,
    connection_id: UUID,
    flow_id: int | None,
    count: int,
    examples: Sequence[int] | None,
) -> Imbalance:
    one, many = _VERBS[kind]
    records = f"1 record {one}" if count == 1 else f"{count:,} records {many}"
    return Imbalance(
        kind=kind,
        sentence=proof.sentences[kind].format(records=records),
        count=count,
        examples=list(examples or ()),
        connection_id=str(connection_id),
        flow_id=flow_id,
    )
