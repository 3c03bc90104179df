"""Watches over all tenants: do the books agree, and does anything wait too long without a reason?

What is wrong becomes an incident, which is settled as soon as it is right again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection as database

from integrations.models import Balance, Connection, Incident, IncidentState, Rank
from integrations.services.conservation import Account, recount
from integrations.sync import pipeline
from integrations.sync.incidents import raise_alarm, settle_alarm
from tenants import scope
from tenants.models import Tenant

log = logging.getLogger(__name__)

LATE = timedelta(seconds=60)
# One turn of a chore ends before its worker is ended; the rest of the tenants come next time.
TURN_SECONDS = 60.0

CONSERVATION = "conservation"
LATENESS = "lateness"

_LATE_ADVICE = (
    "Nothing is lost, and this ends by itself once the records are through. If no worker is at"
    " them, see that workers run (`manage.py doctor`)."
)
_ADVICE = (
    "Nothing needs to be done in your systems. This is for us to mend: the records named here are"
    " still stored, and `manage.py conservation` shows every number."
)

# What is due for longer than LATE although its account can be called: connected, not resting, its
# pair running. What was tried already waits for a reason, and an initial load takes what is left.
_LATE = """
SELECT open.connection_id, c.name, count(*), min(open.since), coalesce(max(l.lease_until) > %(now)s, false)
FROM (
    SELECT i.connection_id, greatest(i.received_at, i.due_at) AS since
    FROM integrations_inboxitem i
    WHERE i.tenant_id = %(tenant)s AND i.state = 'waiting' AND i.attempts = 0
      AND i.rank < %(backfill)s
      AND EXISTS (SELECT 1 FROM integrations_pair p WHERE p.tenant_id = %(tenant)s
                  AND p.state IN ('testing', 'live') AND i.connection_id IN (p.pos_id, p.store_id))
    UNION ALL
    SELECT d.target_id, greatest(d.created_at, d.due_at)
    FROM integrations_delivery d
    JOIN integrations_flow f ON f.id = d.flow_id AND f.is_on
    JOIN integrations_pair p ON p.id = f.pair_id AND p.state IN ('testing', 'live')
    WHERE d.tenant_id = %(tenant)s AND d.state = 'waiting' AND d.attempts = 0
      AND d.rank < %(backfill)s
) AS open
JOIN integrations_connection c ON c.id = open.connection_id AND c.state = 'active'
LEFT JOIN integrations_lane l ON l.connection_id = c.id
WHERE open.since < %(late)s AND c.state_since < %(late)s
  AND (l.parked_until IS NULL OR l.parked_until < %(late)s)
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Late:
    """Records of one account that nobody has tried although they could be. `is_worked`: a worker
    is at the account at this moment."""

    connection_id: UUID
    name: str
    count: int
    oldest: datetime
    is_worked: bool


def watch_books(now: datetime) -> None:
    """Counts every tenant that is due, the one that has waited longest first."""
    _each(_due_tenants(now), lambda tenant_id: _watch_books(tenant_id, now=now), "conservation")


def watch_lateness(now: datetime) -> None:
    """Looks in every tenant for records that nobody works on although they could."""
    _each(_all_tenants(), lambda tenant_id: _watch_lateness(tenant_id, now=now), "lateness")


def _each(tenants: Sequence[UUID], work: Callable[[UUID], None], what: str) -> None:
    """One tenant's trouble is its own. The turn is short; who is left comes first next time."""
    end = time.monotonic() + TURN_SECONDS
    for done, tenant_id in enumerate(tenants):
        if time.monotonic() > end:
            log.warning("%s of %s tenants waits for the next turn", what, len(tenants) - done)
            return
        pipeline.survives(f"{what} of tenant {tenant_id}", partial(work, tenant_id))


def _due_tenants(now: datetime) -> list[UUID]:
    with scope.door("tenants to count"):
        leaving = set(Tenant.objects.exclude(erasing_since=None).values_list("pk", flat=True))
        due = dict(Balance.objects.values_list("tenant_id", "due_at"))
        ids = Tenant.objects.order_by("created_at", "pk").values_list("pk", flat=True)
        never = [pk for pk in ids if pk not in due]
    found = never + [pk for pk, at in sorted(due.items(), key=lambda row: row[1]) if at <= now]
    return [pk for pk in found if pk not in leaving]


def _all_tenants() -> list[UUID]:
    with scope.door("tenants to watch"), database.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id FROM integrations_inboxitem WHERE state = 'waiting' UNION"
            " SELECT tenant_id FROM integrations_delivery WHERE state = 'waiting' UNION"
            " SELECT tenant_id FROM integrations_incident WHERE kind = %s AND state = 'open'",
            [LATENESS],
        )
        return [row[0] for row in cursor.fetchall()]


def _watch_books(tenant_id: UUID, *, now: datetime) -> None:
    told = recount(tenant_id, now=now)
    for account in told.accounts:
        said = _off(account)
        if said:
            log.error("conservation of connection %s is off: %s", account.connection.pk, said)
            raise_alarm(
                tenant_id=tenant_id,
                kind=CONSERVATION,
                connection=account.connection,
                message=f"{account.connection.name}: {said}",
                advice=_ADVICE,
                now=now,
            )
        else:
            settle_alarm(
                tenant_id=tenant_id, kind=CONSERVATION, connection=account.connection, now=now
            )


def _off(account: Account) -> str:
    """What is off in the books of one connection, "" when nothing is."""
    said = []
    for line in account.lines:
        if line.sum.missing:
            said.append(f"The parts of {line.name} differ from its sum by {line.sum.missing:,}.")
        said += [found.sentence for found in line.imbalances]
    return " ".join(said)


def late_records(*, now: datetime) -> list[Late]:
    """What waits too long without a reason, by account. Call inside the tenant's scope."""
    with database.cursor() as cursor:
        cursor.execute(
            _LATE,
            {"tenant": scope.current(), "now": now, "late": now - LATE, "backfill": Rank.BACKFILL},
        )
        return [Late(*row) for row in cursor.fetchall()]


def _watch_lateness(tenant_id: UUID, *, now: datetime) -> None:
    with scope.tenant(tenant_id):
        late = {row.connection_id: row for row in late_records(now=now)}
        told = Incident.objects.filter(kind=LATENESS, state=IncidentState.OPEN)
        ids = {*late, *told.values_list("connection_id", flat=True)}
        connections = list(Connection.objects.filter(pk__in=ids))
    for connection in connections:
        row = late.get(connection.pk)
        if row is None:
            settle_alarm(tenant_id=tenant_id, kind=LATENESS, connection=connection, now=now)
            continue
        log.warning("connection %s has %s records waiting too long", connection.pk, row.count)
        raise_alarm(
            tenant_id=tenant_id,
            kind=LATENESS,
            connection=connection,
            message=_late_words(row, now=now),
            advice=_LATE_ADVICE,
            now=now,
        )


def _late_words(row: Late, *, now: datetime) -> str:
    seconds = round((now - row.oldest).total_seconds())
    since = f"{seconds} s" if seconds < 120 else f"{seconds // 60:,} min"
    many = "1 record has" if row.count == 1 else f"{row.count:,} records have"
    them = "it" if row.count == 1 else "them"
    worked = f"A worker is at {them} now." if row.is_worked else f"No worker is at {them}."
    return (
        f"{many} waited for {row.name}, the oldest for {since}, although it can be called. {worked}"
    )
