"""A database whose calendar a test may turn on; afterwards it is today again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from clarity.postgres.base import as_owner
from integrations.models import DayTotal, Delivery, InboxItem
from integrations.services.partitions import (
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
from tenants import scope
from tests.web.shops import Shop, make_shop


def start_again() -> None:
    """As right after the migration: one empty partition up to today, then the coming days."""
    today = first_id(utc_day(timezone.now()))
    with as_owner():
        for table in TABLES:
            run(*[f"DROP TABLE {one.name}" for one in partitions(table)])
            name = f"{table.name}_first"
            create(table, name)
            attach(Partition(table, name, None, today))
            run(f"SELECT setval('{table.name}_id_seq', 1, false)")
    prepare_days(timezone.now())


@pytest.fixture
def now(transactional_db: None) -> Iterator[datetime]:
    """The moment the test begins. Rows are made today; runs happen so many days later."""
    start_again()
    yield timezone.now()
    start_again()


@pytest.fixture
def shop(now: datetime) -> Shop:
    return make_shop("Harbour Goods")


@pytest.fixture
def other_shop(now: datetime) -> Shop:
    return make_shop("Field Supplies")


def days(count: float) -> timedelta:
    return timedelta(days=count)


def ever(shop: Shop) -> tuple[Counter[str], Counter[str]]:
    """Every item and delivery there ever was, by state: rows that are there, and totals."""
    with scope.tenant(shop.tenant.pk):
        found = {
            "item": Counter(InboxItem.objects.values_list("state", flat=True)),
            "delivery": Counter(Delivery.objects.values_list("state", flat=True)),
        }
        for total in DayTotal.objects.all():
            found[total.row][total.outcome] += total.count
    return found["item"], found["delivery"]
