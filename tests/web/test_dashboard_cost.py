"""The dashboard costs the same at any number of records: it reads figures, not records."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.services import figures, hours, tally
from tenants import scope
from tests.benchmarks.pages import fill
from tests.web.shops import Shop
from tests.web.test_dashboard import url

ROWS = 3_000


@pytest.fixture
def busy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """More than is counted while someone waits, as the engine leaves it, over a day."""
    # An hour that has just begun holds a handful, which are counted at once: here none are.
    monkeypatch.setattr(figures, "FEW", 0)
    fill(shop, rows=ROWS, days=1)
    hours.count_tenant(shop.tenant.pk, now=timezone.now())
    return shop


def asked(page: Client, address: str) -> list[str]:
    page.get(address)
    with CaptureQueriesContext(database) as captured:
        assert page.get(address).status_code == 200
    return [str(query["sql"]) for query in captured.captured_queries]


def test_figures_of_a_busy_tenant_are_those_of_its_books(busy: Shop) -> None:
    now = timezone.now()
    with scope.tenant(busy.tenant.pk):
        found = figures.since(
            flows=list(busy.flows.values()), moment=now - timedelta(hours=26), now=now
        )
        books = tally.count([busy.pair.pos_id, busy.pair.store_id])
    for flow in busy.flows.values():
        wanted = Counter(
            {name: count for name, count in books.of_flow(flow).parts.items() if count}
        )
        wanted["waiting"] = wanted.pop("in_flight", 0)
        assert found.by_flow[flow.pk].counts == +wanted
    assert found.total.received == ROWS


def test_pages_of_a_busy_tenant_look_at_no_record_but_open_ones(page: Client, busy: Shop) -> None:
    charts = asked(page, url(busy, "dashboard/charts/?span=30d"))
    about_records = [sql for sql in charts if "inboxitem" in sql or "_delivery" in sql]
    # Only whether so few came that they can be counted at once, which ends behind FEW of the index.
    assert len(about_records) == 1
    assert about_records[0].count("LIMIT 1\n") == 2
    lately = asked(page, url(busy, "dashboard/now/"))
    for sql in lately:
        if "inboxitem" in sql or "_delivery" in sql:
            assert "LIMIT" in sql or " IN (" in sql or "state" in sql, sql
    assert len(lately) <= 32
    assert len(charts) <= 16


def test_each_look_walks_an_index(busy: Shop) -> None:
    flows = list(busy.flows.values())
    with scope.tenant(busy.tenant.pk), CaptureQueriesContext(database) as captured:
        now = timezone.now()
        figures.read(flows=flows, span=figures.Span.MONTH, now=now, zone=ZoneInfo("UTC"))
    plans = {name: plan(busy, captured, name) for name in ("integrations_inboxitem", "ages[1]")}
    assert "Index Only Scan" in plans["integrations_inboxitem"]
    assert "Seq Scan" not in plans["integrations_inboxitem"]
    assert "Index Scan" in plans["ages[1]"]


def plan(shop: Shop, captured: Any, part: str) -> str:
    """How PostgreSQL goes about the query that names `part`. A small table is otherwise read whole."""
    (sql,) = (query["sql"] for query in captured.captured_queries if part in query["sql"])
    with scope.tenant(shop.tenant.pk), database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())
