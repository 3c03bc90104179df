"""Figures of hours and days: the same as the rows say, whoever counts them and how often."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from integrations.models import DeliveryState, HourFigure, InboxItem, InboxState, Rank
from integrations.services import figures, hours
from integrations.services.figures import Figures, Span
from mappings.canonical.record import Entity
from tenants import scope
from tests.web.shops import Shop, delivery, held_order, notice

NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def now() -> datetime:
    """Well inside an hour, so that a few seconds do not matter."""
    return timezone.now().replace(minute=30, second=0, microsecond=0)


def read(shop: Shop, now: datetime, span: Span = Span.DAY, zone: ZoneInfo = NEW_YORK) -> Figures:
    with scope.tenant(shop.tenant.pk):
        return figures.read(flows=list(shop.flows.values()), span=span, now=now, zone=zone)


def rows(shop: Shop) -> list[HourFigure]:
    with scope.tenant(shop.tenant.pk):
        return list(HourFigure.objects.order_by("hour", "flow"))


def numbers(shop: Shop) -> list[tuple[object, ...]]:
    return [
        (row.flow_id, row.hour, row.delivered, row.held, row.waiting, tuple(row.ages))
        for row in rows(shop)
    ]


def a_day(shop: Shop, now: datetime) -> None:
    """One record of every outcome, over the day."""
    for hours_ago, seconds in ((0, 0.4), (0, 4.0), (2, 40.0)):
        item = notice(shop, state=InboxState.PASSED, at=now - timedelta(hours=hours_ago))
        delivery(shop, item, seconds=seconds)
    item = notice(shop, state=InboxState.PASSED, at=now - timedelta(hours=2))
    delivery(shop, item, DeliveryState.UNCHANGED)
    for state in (InboxState.MERGED, InboxState.FILTERED, InboxState.DEAD, InboxState.WAITING):
        notice(shop, state=state, at=now - timedelta(hours=1))
    held_order(shop, "#1", at=now - timedelta(hours=1))
    # Held, replayed and delivered: the latest delivery speaks for it.
    again = held_order(shop, "#2", at=now - timedelta(hours=1))
    with scope.tenant(shop.tenant.pk):
        again.deliveries.update(state=DeliveryState.REPLACED)
    delivery(shop, again, seconds=600)
    # The flow was off when it came.
    notice(shop, state=InboxState.PASSED, at=now - timedelta(hours=3))
    # An initial load says nothing of how fresh a record is.
    load = notice(shop, Entity.INVENTORY, state=InboxState.PASSED, at=now, rank=Rank.BACKFILL)
    delivery(shop, load, seconds=50_000)


EXPECTED = Counter(
    {"delivered": 4, "unchanged": 1, "merged": 1, "filtered": 2, "held": 1, "dead": 1, "waiting": 1}
)


def test_figures_say_what_the_rows_say_before_and_after_they_are_counted(
    shop: Shop, other_shop: Shop, now: datetime
) -> None:
    a_day(shop, now)
    delivery(other_shop, notice(other_shop, state=InboxState.PASSED, at=now))
    on_the_spot = read(shop, now)
    assert rows(shop) == []
    assert hours.count_tenant(shop.tenant.pk, now=now) == 5
    kept = read(shop, now)
    order = shop.flows[Entity.ORDER].pk
    for found in (on_the_spot, kept):
        assert found.by_flow[order].counts == EXPECTED
        assert found.by_flow[shop.flows[Entity.INVENTORY].pk].counts == Counter(delivered=1)
        assert found.by_flow[shop.flows[Entity.INVENTORY].pk].freshness.count == 0
        assert found.total.received == 12
        assert found.counted_at == now
        assert len(found.buckets) == 24
        last = [bucket.line.received for bucket in found.buckets][-4:]
        assert last == [1, 2, 6, 3]
        fresh = found.by_flow[order].freshness
        assert fresh.count == 4
        assert fresh.half == 5.0  # the end of the step from 4 to 5
        assert fresh.p95 == pytest.approx(600 + 0.8 * 1200)
    assert rows(other_shop) == []


def test_counting_again_changes_nothing_and_keeps_one_row_an_hour(
    shop: Shop, now: datetime
) -> None:
    a_day(shop, now)
    hours.count_tenant(shop.tenant.pk, now=now)
    first = numbers(shop)
    later = now + timedelta(minutes=2)
    assert hours.count_tenant(shop.tenant.pk, now=later) > 0
    with scope.tenant(shop.tenant.pk):
        hours.recount(now - timedelta(days=1), now, now=later)
    assert numbers(shop) == first


def test_counting_goes_on_from_where_it_stopped(shop: Shop, now: datetime) -> None:
    a_day(shop, now)
    # A turn that has no time left counts one hour at a time.
    counted = [hours.count_tenant(shop.tenant.pk, now=now, end=0.0)]
    assert counted == [1]
    step = now
    while sum(row.delivered + row.held for row in rows(shop)) < 6:
        step += timedelta(minutes=1)
        assert hours.count_tenant(shop.tenant.pk, now=step, end=0.0) > 0
    whole = numbers(shop)
    hours.count_tenant(shop.tenant.pk, now=step + timedelta(minutes=3))
    assert numbers(shop) == whole


def test_a_record_that_goes_on_later_is_counted_anew(shop: Shop, now: datetime) -> None:
    item = held_order(shop, "#1", at=now - timedelta(hours=5))
    hours.count_tenant(shop.tenant.pk, now=now)
    assert [(row.held, row.delivered) for row in rows(shop)] == [(1, 0)]
    with scope.tenant(shop.tenant.pk):
        item.deliveries.update(state=DeliveryState.DELIVERED, finished_at=now)
    hours.count_tenant(shop.tenant.pk, now=now + timedelta(minutes=10))
    assert [(row.held, row.delivered) for row in rows(shop)] == [(0, 1)]


def test_what_was_not_looked_at_for_a_day_is_counted_again(shop: Shop, now: datetime) -> None:
    item = notice(shop, state=InboxState.FILTERED, at=now - timedelta(hours=30))
    hours.count_tenant(shop.tenant.pk, now=now - timedelta(hours=25))
    with scope.tenant(shop.tenant.pk):
        InboxItem.objects.filter(pk=item.pk).update(state=InboxState.MERGED)
    hours.count_tenant(shop.tenant.pk, now=now)
    assert [(row.filtered, row.merged) for row in rows(shop)] == [(0, 1)]


def test_hours_whose_rows_may_be_gone_keep_their_figures(
    shop: Shop, now: datetime, settings: object
) -> None:
    item = held_order(shop, "#1", at=now - timedelta(hours=5))
    hours.count_tenant(shop.tenant.pk, now=now)
    with scope.tenant(shop.tenant.pk):
        item.deliveries.all().delete()
        item.delete()
    hours.count_tenant(shop.tenant.pk, now=now + timedelta(days=95))
    assert [row.held for row in rows(shop)] == [1]
    hours.count_tenant(shop.tenant.pk, now=now + timedelta(days=101))
    assert rows(shop) == []


def test_a_large_tenant_is_told_when_it_was_counted(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "FEW", 2)
    a_day(shop, now)
    never = read(shop, now)
    assert (never.counted_at, never.total.received) == (None, 0)
    hours.count_tenant(shop.tenant.pk, now=now)
    later = now + timedelta(minutes=1)
    for _ in range(3):
        notice(shop, state=InboxState.DEAD, at=later)
    found = read(shop, later)
    assert (found.counted_at, found.total.received) == (now, 12)
    hours.count_tenant(shop.tenant.pk, now=later)
    assert read(shop, later).total.received == 15


def test_the_chore_counts_every_tenant(shop: Shop, other_shop: Shop, now: datetime) -> None:
    for one in (shop, other_shop):
        delivery(one, notice(one, state=InboxState.PASSED, at=now))
    hours.count_all(now)
    assert [len(rows(one)) for one in (shop, other_shop)] == [1, 1]


def test_the_chore_opens_only_tenants_with_something_to_count(
    shop: Shop, other_shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Shop] = []
    shops = {one.tenant.pk: one for one in (shop, other_shop)}
    count = hours.count_tenant

    def spied(tenant_id: UUID, **rest: Any) -> int:
        opened.append(shops[tenant_id])
        return count(tenant_id, **rest)

    monkeypatch.setattr(hours, "count_tenant", spied)

    def at(moment: datetime) -> list[Shop]:
        opened.clear()
        hours.count_all(moment)
        return list(opened)

    delivery(shop, notice(shop, state=InboxState.PASSED, at=now))
    assert at(now) == [shop]
    later = now + timedelta(hours=3)
    # Its hour was not over; then it is, and nothing came since.
    assert at(later) == [shop]
    assert at(later + timedelta(minutes=2)) == []
    notice(other_shop, at=later)
    assert at(later + timedelta(minutes=4)) == [other_shop]
    # What is open may have changed, and every hour is looked at once a day.
    assert at(later + timedelta(hours=5)) == [other_shop]
    assert at(later + timedelta(hours=25)) == [shop, other_shop]
    # Both were counted at one moment, so neither is the first of them.
    both = at(later + timedelta(days=101))
    assert len(both) == 2
    assert shop in both
    assert other_shop in both
    assert rows(shop) == rows(other_shop) == []


@pytest.mark.parametrize("zone", [NEW_YORK, KOLKATA])
def test_days_are_those_of_the_zone(shop: Shop, now: datetime, zone: ZoneInfo) -> None:
    now = now.astimezone(zone).replace(hour=12).astimezone(UTC)
    midnight = figures.midnight(now, zone=zone)
    for at in (midnight + timedelta(minutes=45), midnight - timedelta(hours=1, minutes=15)):
        notice(shop, state=InboxState.DEAD, at=at)
    for _ in range(2):
        week = read(shop, now, Span.WEEK, zone)
        assert [bucket.line.counts["dead"] for bucket in week.buckets] == [0, 0, 0, 0, 0, 1, 1]
        assert week.buckets[-1].start == midnight
        assert len(read(shop, now, Span.MONTH, zone).buckets) == 30
        hours.count_tenant(shop.tenant.pk, now=now)
