"""The long lists cost the same at any number of rows: they walk indexes, and count nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from clarity.web.staff.records.lists import ROWS
from integrations.models import Delivery, Incident
from integrations.services import incident_lists, row_pages
from integrations.services.row_lists import Asked, attempts, deliveries, inbox_items
from mappings.canonical.record import Entity
from tenants import scope
from tests.benchmarks.pages import fill
from tests.web.shops import Shop, make_shop

LONG = re.compile(r"integrations_(inboxitem|delivery|attempt|incident)(_\w+)?\b")
PAGE = ROWS + 1


@pytest.fixture
def busy(transactional_db: None) -> Shop:
    """Some thousand records, of which every twentieth delivery stopped in one incident."""
    shop = make_shop("Harbour Goods")
    fill(shop, rows=4_000, days=1)
    with scope.tenant(shop.tenant.pk):
        one = Incident.objects.create(
            fingerprint="x", side="target", entity="order", connection=shop.pair.pos,
            first_at=shop.tenant.created_at, opened_at=shop.tenant.created_at,
            last_at=shop.tenant.created_at,
        )  # fmt: skip
        stopped = Delivery.objects.order_by("-id").values_list("pk", flat=True)[::20]
        Delivery.objects.filter(pk__in=stopped).update(state="held", incident=one)
    return shop


def test_a_page_reads_a_page_of_each_stretch_of_an_index(busy: Shop) -> None:
    flows = len(busy.flows)
    stretches = 2 * len(Entity)
    with scope.tenant(busy.tenant.pk):
        incident = Incident.objects.get().pk
        shown: list[int] = []
        middle = inbox_items(Asked(), limit=2_000).older
        # What is read, narrowed to what, from where, and how many rows that may look at.
        for read, asked, after, most in (
            (inbox_items, Asked(), "", stretches * PAGE),
            (inbox_items, Asked(), middle, stretches * PAGE),
            (inbox_items, Asked(entity="order"), "", PAGE),
            (inbox_items, Asked(state="held"), "", stretches * PAGE),
            (inbox_items, Asked(incident_id=incident), "", 2 * PAGE),
            (deliveries, Asked(), "", flows * PAGE),
            (deliveries, Asked(), middle, flows * PAGE),
            (deliveries, Asked(state="held"), "", flows * PAGE),
            (deliveries, Asked(incident_id=incident), "", 2 * PAGE),
            (attempts, Asked(), "", PAGE),
            (attempts, Asked(), middle, PAGE),
            (incident_lists.incidents, Asked(), "", 2 * PAGE + 2 * incident_lists.MOST + 2),
            # What no index says is looked for among so many, however few of them fit.
            (attempts, Asked(state="bad"), "", 3 * row_pages.WINDOW),
        ):
            with CaptureQueriesContext(database) as captured:
                shown.append(len(read(asked, after=after, limit=ROWS).rows))  # type: ignore[operator]
            walks = [one["sql"] for one in captured.captured_queries if LONG.search(one["sql"])]
            assert walks, asked
            for sql in walks:
                assert not re.search(r"count\(", sql, re.IGNORECASE) or " LIMIT " in sql, sql
            # First the walk; the rows it leads to are then read by their ids.
            looked_at = [sum(seen(sql)) for sql in walks]
            assert looked_at[0] <= most, (asked, looked_at)
            assert sum(looked_at[1:]) <= 4 * most, (asked, looked_at)
    assert shown == [ROWS, ROWS, ROWS, 0, 0, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, 1, 0]


def seen(sql: str) -> Iterator[int]:
    """The rows that each part of the plan takes out of a long table; none reads one from end to end."""
    with database.cursor() as cursor:
        # A small table is otherwise read whole.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on")
    found = plan if isinstance(plan, list) else json.loads(plan)
    yield from _scans(found[0]["Plan"])


def _scans(node: dict[str, Any]) -> Iterator[int]:
    if LONG.match(node.get("Relation Name", "")):
        assert node["Node Type"] in ("Index Scan", "Index Only Scan"), node
        assert "Index Cond" in node, json.dumps(node)
        loops = node["Actual Loops"]
        yield round(loops * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))
    for inner in node.get("Plans", ()):
        yield from _scans(inner)
