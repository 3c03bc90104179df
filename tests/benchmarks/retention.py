"""What the retention costs with a million records: the hot path, and dropping what is old.

`measure` fills the database it is given; call it on one that may be thrown away. Rows are made by
SQL, spread evenly over the days and over some tenants.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.db import connection
from django.utils import timezone

from clarity.postgres.base import as_owner
from integrations.connector_kit.base import Notice
from integrations.models import Delivery, InboxItem
from integrations.services import retention
from integrations.services.partitions import (
    IDS_A_DAY,
    ITEMS,
    PAYLOADS,
    TABLES,
    Partition,
    attach,
    create,
    first_id,
    partitions,
    prepare_days,
    run,
    utc_day,
)
from integrations.sync import history, intake
from integrations.sync.stages import deliver, receive
from mappings.canonical.record import Entity
from tenants import scope
from tests.web.shops import Shop, make_shop

ROUNDS, REPEATS = 5, 40

_FILL = {
    "integrations_payload": """
        INSERT INTO integrations_payload (id, tenant_id, context, sealed, created_at)
        SELECT id, tenant, 'inbox/' || g, decode(repeat(md5(g::text), 10), 'hex'), at
        FROM made""",
    "integrations_inboxitem": """
        INSERT INTO integrations_inboxitem (id, tenant_id, connection_id, entity, key, topic, event,
            delivery, version, payload_id, rank, state, passed_to, number, reason, field, said,
            advice, attempts, trying_seconds, due_at, received_at, finished_at)
        SELECT id, tenant, source, 'order', key, 'orders/create', 'e' || g, 'd' || g, '', id, 1,
            CASE WHEN is_held THEN 'held' ELSE 'passed' END, 1, '#' || g, '', '', '', '', 0, 0,
            at, at, CASE WHEN NOT is_held THEN at END
        FROM made""",
    "integrations_delivery": """
        INSERT INTO integrations_delivery (id, tenant_id, flow_id, inbox_item_id, target_id, entity,
            key, number, reference, version, content_hash, mapping_version, rank, state, reason,
            field, said, advice, needs, progress, attempts, trying_seconds, due_at, target_key,
            target_label, created_at, finished_at)
        SELECT id, tenant, flow, id, target, 'order', key, '#' || g, '', '', '', '', 1, 'delivered',
            '', '', '', '', '[]', '{}', 1, 0, at, key, '', at, at
        FROM made WHERE NOT is_held""",
    "integrations_attempt": """
        INSERT INTO integrations_attempt (id, tenant_id, delivery_id, number, started_at,
            finished_at, outcome, message, calls)
        SELECT id, tenant, id, 1, at, at, 'created', '', 1
        FROM made WHERE NOT is_held""",
}

# One item in 20,000 waits for a person; every third record comes again and again.
_MADE = """
WITH shops AS (
    SELECT row_number() OVER (ORDER BY id) - 1 AS shop, tenant_id, source_id, target_id, id
    FROM integrations_flow WHERE entity = 'order'
), made AS (
    SELECT g, %(first)s + (g * %(days)s / %(rows)s) * %(day)s + g %% %(day)s AS id,
        s.tenant_id AS tenant, s.source_id AS source, s.target_id AS target, s.id AS flow,
        (g / 3)::text AS key, g %% 20000 = 7 AS is_held,
        %(start)s + g * %(days)s * interval '1 day' / %(rows)s AS at
    FROM generate_series(0::bigint, %(rows)s - 1) g JOIN shops s ON s.shop = g %% %(shops)s
)"""


def measure(rows: int = 1_000_000, days: int = 90, shops: int = 20) -> dict[str, Any]:
    """Milliseconds of CPU of the hot path before and after filling, seconds of dropping a day."""
    now = timezone.now()
    _past_partitions(now, days)
    made = [make_shop(f"Shop{number} Goods") for number in range(shops)]
    empty = _hot_path(made[3])
    _fill(now, rows, days, shops)
    full, explained = _hot_path(made[3]), _explained(made[3])
    report = retention.run(now + timedelta(days=8))
    return {
        "rows": rows,
        "days": days,
        "partitions": {table.name: len(partitions(table)) for table in TABLES},
        "cpu_milliseconds_empty": empty,
        "cpu_milliseconds_full": full,
        "explained_claim": explained,
        **_dropped(report),
    }


def _past_partitions(now: datetime, days: int) -> None:
    """The partitions an installation has that has run for so many days."""
    start = first_id(utc_day(now - timedelta(days=days)))
    with as_owner():
        for table in TABLES:
            run(*[f"DROP TABLE {one.name}" for one in partitions(table)])
            name = f"{table.name}_first"
            create(table, name)
            attach(Partition(table, name, None, start))
            run(f"SELECT setval('{table.name}_id_seq', 1, false)")
    for age in range(days, -1, -1):
        prepare_days(now - timedelta(days=age))


def _fill(now: datetime, rows: int, days: int, shops: int) -> None:
    start = now - timedelta(days=days)
    values = {
        "rows": rows,
        "days": days,
        "shops": shops,
        "day": IDS_A_DAY,
        "first": first_id(utc_day(start)),
        "start": start,
    }
    for statement in _FILL.values():
        with scope.door("benchmark"), connection.cursor() as cursor:
            cursor.execute(_MADE + statement, values)
    with as_owner():
        run(*[f"ANALYZE {table}" for table in _FILL])


def _hot_path(shop: Shop) -> dict[str, float]:
    """CPU of what a lane does for each record, in the tenant's scope."""
    now = timezone.now()
    flow = shop.flows[Entity.ORDER]
    source: Any = SimpleNamespace(connection=flow.source, tenant_id=shop.tenant.pk)
    target: Any = SimpleNamespace(connection=flow.target, tenant_id=shop.tenant.pk)
    numbers = iter(range(10**9))

    def accept() -> None:
        number = str(next(numbers))
        notice = Notice(
            Entity.ORDER, number, topic="orders/create", event=str(now) + number, delivery=number
        )
        intake.accept(
            tenant_id=shop.tenant.pk, connection_id=flow.source_id, notices=[notice], now=now
        )

    with scope.tenant(shop.tenant.pk):
        found = {
            "accept a notice": _median(accept),
            "claim items": _median(lambda: receive.claim(source, now=now)),
            "claim deliveries": _median(lambda: deliver.claim(target, now=now)),
        }
        item = InboxItem.objects.order_by("-id")[:1].get()
        found["item by id"] = _median(lambda: InboxItem.objects.get(pk=item.pk))
        new = Delivery(flow=flow, key="none", pk=item.pk, entity="order", inbox_item=item)
        found["earlier try of a record"] = _median(lambda: history.tried_deliveries([new]))
        found["held before, of a record"] = _median(
            lambda: (history.older_deliveries([new]), history.stopped_items([new]))
        )
        found["page of the newest records"] = _median(
            lambda: list(
                InboxItem.objects.filter(connection=flow.source).order_by("-received_at", "-id")[
                    :26
                ]
            )
        )
        # The notices of this benchmark are none of the next one's.
        InboxItem.objects.filter(topic="orders/create", state__in=("waiting", "merged")).delete()
    return found


def _median(work: Callable[[], object]) -> float:
    """Milliseconds of CPU for one call, of the database and of this process: the median of some
    rounds. On a machine that does other things as well, elapsed time says little."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    times = []
    for _ in range(ROUNDS):
        began = _cpu(backend)
        for _ in range(REPEATS):
            work()
        times.append((_cpu(backend) - began) / REPEATS)
    return round(statistics.median(times) * 1000, 3)


def _cpu(backend: int) -> float:
    """Seconds of CPU so far; of this process alone when the database runs elsewhere."""
    file = Path(f"/proc/{backend}/schedstat")
    theirs = int(file.read_text().split()[0]) / 1e9 if file.exists() else 0.0
    return theirs + time.process_time()


def _explained(shop: Shop) -> list[str]:
    """How PostgreSQL claims a lane's deliveries."""
    flow = shop.flows[Entity.ORDER]
    target: Any = SimpleNamespace(connection=flow.target, tenant_id=shop.tenant.pk)
    with scope.tenant(shop.tenant.pk):
        due = deliver.running(target).filter(due_at__lte=timezone.now())
        claimed = due.select_related("flow").order_by("rank", "due_at", "id")[: deliver.BATCH]
        return claimed.explain(analyze=True, buffers=True).splitlines()


def _dropped(report: retention.Report) -> dict[str, Any]:
    days = [step for step in report.steps if step.table == PAYLOADS.name and step.gone]
    weeks = [step for step in report.steps if step.table == ITEMS.name and step.gone]
    return {
        "payload_days_dropped": len(days),
        "payloads_gone": sum(step.gone for step in days),
        "seconds_per_payload_day": statistics.median(step.seconds for step in days),
        "item_weeks_dropped": len(weeks),
        "items_gone": sum(step.gone for step in weeks),
        "items_kept": sum(step.kept for step in weeks[-1:]),
        "seconds_per_item_week": max(step.seconds for step in weeks),
        "target_seconds": 1,
        "seconds_of_the_whole_run": report.seconds,
    }
