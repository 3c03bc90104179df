"""How long the server takes for each piece of the live page when a tenant has a million records.

`measure` makes the rows itself, in the database it is given, and answers milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection as database
from django.test import Client
from django.utils import timezone

from clarity.postgres.base import as_owner
from integrations.models import InboxItem, Lane
from integrations.services import hours
from integrations.services.conservation import recount
from integrations.services.figures import Span
from mappings.canonical.record import Entity
from tenants import scope
from tests.web.shops import Shop, make_shop

ROWS = 1_000_000
REQUESTS = 30
TARGET_MS = 100
# Of ten thousand records so many are open; of the rest most were delivered.
HELD, DEAD, WAITING = 10, 5, 5

_ITEMS = """
INSERT INTO integrations_inboxitem (
    tenant_id, connection_id, entity, key, topic, event, delivery, version, rank, state, passed_to,
    number, reason, field, said, advice, attempts, trying_seconds, due_at, received_at, finished_at)
SELECT %(tenant)s, %(source)s, %(entity)s, n::text, 'changed', '', '', '', 2,
       CASE WHEN n %% 50 = 7 THEN 'merged' ELSE 'passed' END,
       CASE WHEN n %% 50 = 7 THEN 0 ELSE 1 END,
       %(entity)s || '-' || n, '', '', '', '', 0, 0, at, at, at + interval '0.1 s'
FROM generate_series(1, %(rows)s) AS n,
     LATERAL (SELECT %(start)s::timestamptz + n * (%(seconds)s / %(rows)s::float) * interval '1 s'
              AS at) AS moment
"""
_DELIVERIES = """
INSERT INTO integrations_delivery (
    tenant_id, flow_id, inbox_item_id, target_id, entity, key, number, reference, version,
    content_hash, mapping_version, rank, state, reason, field, said, advice, needs, progress,
    attempts, trying_seconds, due_at, target_key, target_label, created_at, finished_at)
SELECT %(tenant)s, %(flow)s, i.id, %(target)s, i.entity, i.key, i.number, '', '', repeat('0', 64),
       'rules@1', 2, s.state,
       CASE WHEN s.state = 'held' THEN 'no item for SKU ' || i.id %% 7 ELSE '' END, '', '', '',
       '[]', '{}', 1, 0, i.due_at, 'there-' || i.key, 'T-' || i.key, i.finished_at,
       CASE WHEN s.state <> 'waiting' THEN i.finished_at + interval '0.4 s' END
FROM integrations_inboxitem i,
     LATERAL (SELECT CASE WHEN i.id %% 10000 < %(held)s THEN 'held'
                          WHEN i.id %% 10000 < %(dead)s THEN 'dead'
                          WHEN i.id %% 10000 < %(waiting)s THEN 'waiting'
                          WHEN i.id %% 5 = 0 THEN 'unchanged' ELSE 'delivered' END AS state) AS s
WHERE i.tenant_id = %(tenant)s AND i.entity = %(entity)s AND i.state = 'passed'
"""
_ATTEMPTS = """
INSERT INTO integrations_attempt (
    tenant_id, delivery_id, number, started_at, finished_at, outcome, message, calls)
SELECT tenant_id, id, 1, created_at, finished_at, 'created', '', 1
FROM integrations_delivery WHERE tenant_id = %(tenant)s
"""
_LINKS = """
INSERT INTO integrations_link (
    tenant_id, pair_id, entity, pos_key, store_key, label, updated_at)
SELECT d.tenant_id, f.pair_id, d.entity,
       CASE f.direction WHEN 'to_pos' THEN d.target_key ELSE d.key END,
       CASE f.direction WHEN 'to_pos' THEN d.key ELSE d.target_key END, d.number,
       d.created_at
FROM integrations_delivery d JOIN integrations_flow f ON f.id = d.flow_id
WHERE d.tenant_id = %(tenant)s AND d.state = 'delivered'
"""
SHARES = {Entity.INVENTORY: 0.6, Entity.ORDER: 0.3, Entity.CUSTOMER: 0.1}


def measure(*, rows: int = ROWS, days: float = 1.0, requests: int = REQUESTS) -> dict[str, Any]:
    """Makes `rows` records over the last `days` and asks for each page `requests` times.

    {"rows", "days", "target_p95_ms", "count_seconds": how long the minute's count took,
    "hours_seconds": how long counting all hours of the charts took, "hour_seconds": one of them,
    "pages": {name: {"p50_ms", "p95_ms"}}, "worst_p95_ms"}
    """
    shop = make_shop(f"Benchmark {timezone.now():%H%M%S%f}")
    fill(shop, rows=rows, days=days)
    found = recount(shop.tenant.pk, now=timezone.now())
    hours_seconds = count_hours(shop)
    client = Client()
    client.force_login(shop.owner)
    pages = {name: times(client, url, requests) for name, url in _urls(shop).items()}
    return {
        "rows": rows,
        "days": days,
        "target_p95_ms": TARGET_MS,
        "books_are_right": found.is_right,
        "count_seconds": round(found.seconds, 2),
        **hours_seconds,
        "pages": pages,
        "worst_p95_ms": max(page["p95_ms"] for page in pages.values()),
    }


def fill(shop: Shop, *, rows: int, days: float) -> None:
    """The records, as the engine leaves them. One flow (shipments) stays without any."""
    now = timezone.now()
    common = {
        "tenant": shop.tenant.pk,
        "start": now - timedelta(days=days),
        "seconds": days * 86_400 - 1,
        "held": HELD,
        "dead": HELD + DEAD,
        "waiting": HELD + DEAD + WAITING,
    }
    with scope.tenant(shop.tenant.pk), database.cursor() as cursor:
        for entity, share in SHARES.items():
            flow = shop.flows[entity]
            values = {
                **common,
                "flow": flow.pk,
                "source": flow.source_id,
                "target": flow.target_id,
                "entity": entity.value,
                "rows": round(rows * share),
            }
            cursor.execute(_ITEMS, values)
            cursor.execute(_DELIVERIES, values)
        Lane.objects.update(due_at=now)
        cursor.execute(_ATTEMPTS, common)
        cursor.execute(_LINKS, common)
    # What autovacuum would do in a minute.
    with as_owner(), database.cursor() as cursor:
        for table in ("inboxitem", "delivery", "attempt", "link"):
            cursor.execute(f"VACUUM ANALYZE integrations_{table}")


def count_hours(shop: Shop) -> Mapping[str, float]:
    """The figures of the charts, as the chore counts them: all of them, then the hour that runs.

    A busy tenant is counted on the spot only up to figures.FEW records, so the rest must be kept.
    """
    began = time.perf_counter()
    hours.count_tenant(shop.tenant.pk, now=timezone.now())
    all_of_them = time.perf_counter() - began
    began = time.perf_counter()
    with scope.tenant(shop.tenant.pk):
        now = timezone.now()
        hours.recount(hours.hour_of(now) - hours.HOUR, hours.hour_of(now), now=now)
    return {
        "hours_seconds": round(all_of_them, 2),
        "hour_seconds": round(time.perf_counter() - began, 2),
    }


def _urls(shop: Shop) -> Mapping[str, str]:
    with scope.tenant(shop.tenant.pk):
        item = InboxItem.objects.order_by("pk")[0]
        middle = InboxItem.objects.filter(entity="order").order_by("pk")[1000]
    records = f"{shop.live}records/"
    mark = f"{round(middle.received_at.timestamp() * 1_000_000)}-{middle.pk}"
    overview = f"/t/{shop.tenant.slug}/"
    return {
        "home": "/?list",
        "dashboard": overview,
        "dashboard now": f"{overview}dashboard/now/",
        **{f"dashboard {span}": f"{overview}dashboard/charts/?span={span}" for span in Span},
        "convergence": f"{overview}convergence/{shop.pair.pk}/",
        "live": shop.live,
        "now": f"{shop.live}now/",
        "records": records,
        "records older": f"{records}?before={mark}",
        "records of one kind": f"{records}?entity=order",
        "records of a kind without any": f"{records}?entity=shipment",
        **{f"records {show}": f"{records}?show={show}" for show in SHOWS},
        "search a number": f"{records}?q={middle.number}",
        "search a part": f"{records}?q=rder-29",
        "search in vain": f"{records}?q=nothing-like-it",
        "record": shop.record(item),
    }


SHOWS = ("delivered", "waiting", "held", "dead", "quiet")


def times(client: Client, url: str, requests: int) -> dict[str, float]:
    """How long the server takes for one page, once it is warm."""
    # A name the product answers to; that of Django's test client is none.
    client.defaults["SERVER_NAME"] = "127.0.0.1"
    for _ in range(3):
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
    took = []
    for _ in range(requests):
        began = time.perf_counter()
        client.get(url)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "p50_ms": round(median(took), 1),
        "p95_ms": round(took[max(0, -(-len(took) * 95 // 100) - 1)], 1),
    }
