"""Workers killed at several points of a backfill: it goes on where it stood, once for each record."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db.models import Count

from clarity import supervisor
from integrations.models import Backfill, BackfillState, Delivery, DeliveryState, InboxItem, Link
from tenants import scope
from tests import processes
from tests.flow import test_crash
from tests.flow.backfills import differences, figures, now, started
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls

SKUS, CUSTOMERS = 400, 120
wait = partial(test_crash.wait, seconds=120.0)


def kill_when(rig: Rig, done: Callable[[], int], reached: Callable[[], bool], what: str) -> None:
    """kill -9 to every worker process at that moment; the next ones take their lanes over.

    Not before these workers have done something themselves.
    """
    before = done()
    with processes.running(supervisor.workers()) as workers:
        wait(rig, lambda: reached() and done() > before, what)
        assert processes.kill_all(workers) > 3


@pytest.mark.timeout(400)
def test_a_backfill_survives_every_kill(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLARITY_LEASE_SECONDS", "3")
    rig = make_rig(
        size=SKUS,
        shop_options={"opening_stock": False, "customers": CUSTOMERS},
        till_settings={"poll_seconds": "1"},
    )
    stock, customers = started(rig, "inventory"), started(rig, "customer")

    def written(row: Backfill) -> int:
        return figures(rig, row).counts.get("delivered", 0)

    def done() -> int:
        return now(rig, stock).listed + sum(written(row) for row in (stock, customers))

    kill_when(rig, done, lambda: now(rig, stock).listed > 0, "the shop's articles are being listed")
    kill_when(rig, done, lambda: now(rig, stock).read > 0, "the first page was read")
    kill_when(rig, done, lambda: written(customers) > 5, "the first customers are written")
    kill_when(rig, done, lambda: written(stock) > 0, "the first stock is written")
    kill_when(
        rig, done, lambda: written(customers) > CUSTOMERS // 2, "half of the customers are written"
    )
    assert now(rig, stock).state == BackfillState.RUNNING or written(customers) < CUSTOMERS

    with processes.running(supervisor.workers()):
        for row in (stock, customers):
            wait(rig, lambda row=row: now(rig, row).state == BackfillState.DONE, "both end")
        wait(rig, lambda: rig.waiting() == 0, "nothing waits")

    # Three services of the till keep no stock. A written level that is sent again is unchanged.
    assert now(rig, stock).read == SKUS + 3
    ended = figures(rig, stock).counts
    assert ended.pop("filtered") == 3
    assert sum(ended.values()) == SKUS
    assert set(ended) <= {"delivered", "unchanged"}
    ended = figures(rig, customers).counts
    assert sum(ended.values()) == CUSTOMERS
    assert set(ended) <= {"delivered", "unchanged"}
    assert differences(rig) == 0
    _nothing_is_doubled(rig)


def _nothing_is_doubled(rig: Rig) -> None:
    emails = [row["email"] for row in TillCalls(rig).get("/customers", per_page="all")["results"]]
    assert len(emails) == len(set(emails)) == CUSTOMERS
    with scope.tenant(rig.tenant.pk):
        assert Link.objects.filter(entity="customer").count() == CUSTOMERS
        assert Link.objects.filter(entity="inventory").count() == SKUS
        twice = InboxItem.objects.filter(topic__startswith="backfill/").values("entity", "key")
        assert not twice.annotate(times=Count("pk")).filter(times__gt=1).exists()
        sent = Delivery.objects.filter(
            state__in=(DeliveryState.DELIVERED, DeliveryState.UNCHANGED),
            inbox_item__topic__startswith="backfill/",
        ).values("flow_id", "key")
        assert sent.count() == SKUS + CUSTOMERS
        assert not sent.annotate(times=Count("pk")).filter(times__gt=1).exists()
