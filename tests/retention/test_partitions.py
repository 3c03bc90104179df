"""The calendar of ids, names that outlive their notices, and the way there and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

from django.db import connection

from integrations.connector_kit.base import Notice
from integrations.models import InboxItem, NoticeName
from integrations.services import retention
from integrations.services.partitions import (
    ITEMS,
    PAYLOADS,
    TABLES,
    day_of,
    first_id,
    partitions,
    prepare_days,
    utc_day,
)
from integrations.sync import intake, lanes
from mappings.canonical.record import Entity
from tenants import scope
from tests.retention.conftest import days
from tests.web.shops import Shop, notice


def test_the_id_tells_the_day() -> None:
    assert first_id(date(2020, 1, 2)) == 10**10
    assert day_of(first_id(date(2026, 11, 21)) + 5) == date(2026, 11, 21)
    assert utc_day(datetime.fromisoformat("2026-03-01T20:00:00-05:00")) == date(2026, 3, 2)


def test_days_are_prepared_once_and_ids_move_on(shop: Shop, now: datetime) -> None:
    assert prepare_days(now) == []
    first = notice(shop)
    assert day_of(first.pk) == now.date()
    later = now + days(9)
    with ThreadPoolExecutor(3) as threads:

        def prepare(_: int) -> list[str]:
            try:
                return prepare_days(later)
            finally:
                connection.close()

        made = [name for names in threads.map(prepare, range(3)) for name in names]
    assert len(made) == len(set(made)) >= 7
    second = notice(shop)
    assert day_of(second.pk) == later.astimezone(UTC).date()
    assert prepare_days(now) == []
    assert notice(shop).pk == second.pk + 1
    for table in TABLES:
        found = partitions(table)
        assert found[0].is_attic
        assert all(one.low == before.high for before, one in zip(found, found[1:], strict=False))
    assert partitions(PAYLOADS)[-1].high == first_id((later + days(7)).date())
    assert partitions(ITEMS)[-1].high >= first_id((later + days(7)).date())


def test_a_time_nobody_prepared_for_fails_nothing(shop: Shop, now: datetime) -> None:
    prepare_days(now + days(60))
    assert day_of(notice(shop).pk) == (now + days(60)).date()
    retention.run(now + days(200))
    assert day_of(notice(shop).pk) == (now + days(200)).date()


def named(shop: Shop, event: str, delivery: str, *, key: str = "1") -> Notice:
    return Notice(Entity.ORDER, key, topic="orders/create", event=event, delivery=delivery)


def take(shop: Shop, *notices: Notice, at: datetime) -> int:
    return intake.accept(
        tenant_id=shop.tenant.pk, connection_id=shop.pair.store_id, notices=notices, now=at
    )


def test_a_name_is_known_longer_than_its_notice(shop: Shop, now: datetime) -> None:
    assert take(shop, named(shop, "e1", "d1"), at=now) == 1
    with scope.tenant(shop.tenant.pk):
        InboxItem.objects.update(state="filtered", finished_at=now)
    retention.run(now + days(100))
    with scope.tenant(shop.tenant.pk):
        assert not InboxItem.objects.exists()
    assert take(shop, named(shop, "e1", "d2"), at=now + days(100)) == 0
    assert take(shop, named(shop, "e2", "d1"), at=now + days(100)) == 0
    assert take(shop, named(shop, "e1", "d1", key="2"), at=now + days(100)) == 1
    assert retention.run(now + days(402)).forgotten == 2
    assert take(shop, named(shop, "e1", "d1"), at=now + days(402)) == 1


def test_a_refused_notice_leaves_no_name(shop: Shop, now: datetime) -> None:
    assert take(shop, named(shop, "e1", "d1"), at=now) == 1
    assert take(shop, named(shop, "e1", "d2"), at=now) == 0
    assert take(shop, named(shop, "e2", "d2"), at=now) == 1
    with scope.tenant(shop.tenant.pk):
        assert NoticeName.objects.count() == 4


def test_names_of_tenants_never_meet(shop: Shop, other_shop: Shop, now: datetime) -> None:
    assert take(shop, named(shop, "e1", "d1"), at=now) == 1
    assert take(other_shop, named(other_shop, "e1", "d1"), at=now) == 1


def test_a_process_of_the_first_version_takes_notices_in(shop: Shop, now: datetime) -> None:
    store = shop.pair.store_id
    values = [shop.tenant.pk, store, lanes.lock_key(store), "order", "1", "orders/create", "e1"]
    values += ["d1", "", "inbox/1", b"sealed", None, now]
    holes = ", ".join(["%s"] * 10) + ", %s::bytea, %s::timestamptz, %s"
    with connection.cursor() as cursor:
        answers = []
        for _ in range(2):
            cursor.execute(f"SELECT clarity_accept({holes})", values)
            answers.append(cursor.fetchone()[0])
    assert answers == [2, 0]
    assert take(shop, named(shop, "e1", "d9"), at=now) == 0
