"""Which old rows are kept, as conditions in SQL, and the totals of those that are not.

What is still open keeps its whole story: an inbox item that waits, is held or was given up, or one
of whose deliveries does, stays with all its deliveries, attempts and payloads. In every condition
`p` is the partition, and no condition answers NULL.
"""

# ruff: noqa: S608 - every name that is put together here is one of ours

from __future__ import annotations

from integrations.services.partitions import ATTEMPTS, DELIVERIES, ITEMS, PAYLOADS, Table

_OPEN = "('waiting', 'held', 'dead')"

# Items whose story is not over.
_STORIES = f"""
SELECT id FROM integrations_inboxitem WHERE state IN {_OPEN}
UNION ALL SELECT inbox_item_id FROM integrations_delivery WHERE state IN {_OPEN}
"""

_DELIVERIES_OF_STORIES = f"SELECT id FROM integrations_delivery WHERE inbox_item_id IN ({_STORIES})"

_PAYLOADS_OF_STORIES = f"""
SELECT payload_id FROM integrations_inboxitem
WHERE id IN ({_STORIES}) AND payload_id IS NOT NULL
UNION ALL SELECT payload_id FROM integrations_delivery
WHERE inbox_item_id IN ({_STORIES}) AND payload_id IS NOT NULL
UNION ALL SELECT payload_id FROM integrations_attempt
WHERE delivery_id IN ({_DELIVERIES_OF_STORIES}) AND payload_id IS NOT NULL
"""

# %(cutoff)s: what was finished after it stays although its partition is old.
# %(tenants)s: whose payloads of this age are to go.
_KEPT = {
    ITEMS: f"""(p.state IN {_OPEN} OR coalesce(p.finished_at >= %(cutoff)s, false)
        OR p.id IN ({_STORIES}))""",
    DELIVERIES: f"""(p.state IN {_OPEN} OR coalesce(p.finished_at >= %(cutoff)s, false)
        OR p.inbox_item_id IN ({_STORIES}))""",
    ATTEMPTS: f"""(coalesce(p.finished_at >= %(cutoff)s, false)
        OR p.delivery_id IN ({_DELIVERIES_OF_STORIES}))""",
    PAYLOADS: f"(NOT p.tenant_id = ANY(%(tenants)s) OR p.id IN ({_PAYLOADS_OF_STORIES}))",
}

_COLUMNS = """integrations_daytotal
    (tenant_id, connection_id, flow_id, entity, day, "row", outcome, count, passed_to)"""

_ADD = """DO UPDATE SET count = integrations_daytotal.count + excluded.count,
    passed_to = integrations_daytotal.passed_to + excluded.passed_to"""

# By what the rows are counted; `g` are the rows that go.
_TOTALS = {
    ITEMS: f"""
        INSERT INTO {_COLUMNS}
        SELECT g.tenant_id, g.connection_id, NULL::bigint, g.entity,
            (g.received_at AT TIME ZONE 'UTC')::date, 'item', g.state, count(*), sum(g.passed_to)
        FROM {{gone}} g GROUP BY 1, 2, 4, 5, 7
        ON CONFLICT (tenant_id, connection_id, entity, day, outcome) WHERE "row" = 'item' {_ADD}""",
    DELIVERIES: f"""
        INSERT INTO {_COLUMNS}
        SELECT g.tenant_id, f.source_id, g.flow_id, g.entity,
            (g.created_at AT TIME ZONE 'UTC')::date, 'delivery', g.state, count(*), 0
        FROM {{gone}} g JOIN integrations_flow f ON f.id = g.flow_id GROUP BY 1, 2, 3, 4, 5, 7
        ON CONFLICT (tenant_id, flow_id, entity, day, outcome) WHERE "row" = 'delivery' {_ADD}""",
}


def count(table: Table, name: str) -> str:
    """A query: how many rows of a partition go, and how many are kept."""
    return (
        f"SELECT count(*) FILTER (WHERE NOT kept), count(*) FILTER (WHERE kept)"
        f" FROM (SELECT {_KEPT[table]} AS kept FROM {name} p) rated"
    )


def any_gone(table: Table, name: str) -> str:
    """A query: whether any row of a partition goes."""
    return f"SELECT EXISTS (SELECT FROM {name} p WHERE NOT {_KEPT[table]})"


def copy_kept(table: Table, name: str, to: str) -> str:
    """A statement that copies the kept rows of a partition."""
    return f"INSERT INTO {to} SELECT p.* FROM {name} p WHERE {_KEPT[table]}"


def add_totals(table: Table, name: str) -> str | None:
    """A statement that counts the rows of a partition that go; None for rows nobody counts."""
    if table not in _TOTALS:
        return None
    return _TOTALS[table].format(gone=f"(SELECT p.* FROM {name} p WHERE NOT {_KEPT[table]})")


def delete_some(table: Table, name: str) -> str:
    """A statement that deletes, and counts, up to %(batch)s rows that go, from id %(after)s on.

    Answers how many those were and the last id. A row is locked and looked at again first: one
    that was opened anew meanwhile stays.
    """
    totals = _TOTALS.get(table, "SELECT 1").format(gone="deleted")
    return f"""
        WITH doomed AS (
            SELECT p.id FROM {name} p WHERE p.id > %(after)s AND NOT {_KEPT[table]}
            ORDER BY p.id LIMIT %(batch)s FOR UPDATE OF p SKIP LOCKED
        ), deleted AS (
            DELETE FROM {name} p USING doomed WHERE p.id = doomed.id RETURNING p.*
        ), counted AS ({totals})
        SELECT count(*), max(id) FROM deleted
    """
