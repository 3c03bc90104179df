"""What a lane asks for each record touches few partitions, and finds rows of any age."""

from __future__ import annotations

import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Delivery, DeliveryState, InboxItem, InboxState
from integrations.services import retention
from integrations.services.partitions import ITEMS, first_id, partitions, prepare_days
from integrations.services.replay import replay
from integrations.sync import floors, history
from integrations.sync.stages import deliver, receive
from mappings.canonical.record import Entity
from tenants import scope
from tests.retention.conftest import days
from tests.web.shops import Shop, delivery, notice


@pytest.fixture
def side(shop: Shop) -> Any:
    flow = shop.flows[Entity.ORDER]
    return SimpleNamespace(
        tenant_id=shop.tenant.pk,
        source=SimpleNamespace(connection=flow.source, tenant_id=shop.tenant.pk),
        target=SimpleNamespace(connection=flow.target, tenant_id=shop.tenant.pk),
    )


def partitions_read(statement: str) -> int:
    """How many partitions of inbox and deliveries the plan of a statement names."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    return len(set(re.findall(r"on (integrations_(?:inboxitem|delivery)_\w+)", plan)))


def test_claims_read_few_partitions(shop: Shop, side: Any, now: datetime) -> None:
    for week in range(12):
        prepare_days(now + days(7 * week))
    assert len(partitions(ITEMS)) > 12
    delivery(shop, notice(shop, state=InboxState.PASSED), DeliveryState.WAITING)
    notice(shop, number="#7")
    with scope.tenant(shop.tenant.pk):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert len(receive.claim(side.source, now=now + days(90))) == 1
            assert len(deliver.claim(side.target, now=now + days(90))) == 1
        found = [
            partitions_read(one["sql"])
            for one in asked.captured_queries
            if re.search(r'FROM "integrations_(inboxitem|delivery)"', one["sql"])
        ]
    assert len(found) >= 3
    assert max(found) <= 3


def test_a_floor_goes_down_for_a_record_that_is_opened_anew(
    shop: Shop, side: Any, now: datetime
) -> None:
    old = notice(shop, state=InboxState.HELD)
    retention.run(now + days(100))
    assert partitions(ITEMS)[0].high > old.pk
    notice(shop)
    with scope.tenant(shop.tenant.pk):
        assert floors.items_from(side.source.connection.pk) > old.pk
        replay(InboxItem.objects.get(pk=old.pk), now=now + days(100))
        assert floors.items_from(side.source.connection.pk) == 0
        claimed = receive.claim(side.source, now=now + days(101))
        assert old.pk in [entry.item.pk for entry in claimed]


def test_where_nothing_waits_a_new_record_is_found(shop: Shop, side: Any, now: datetime) -> None:
    with scope.tenant(shop.tenant.pk):
        items = floors.items_from(side.source.connection.pk)
        deliveries = floors.deliveries_from(side.target.connection.pk)
    item = notice(shop)
    made = delivery(shop, item, DeliveryState.WAITING)
    assert item.pk >= items > first_id(now.date()) - 2 * 10**10
    assert made.pk >= deliveries


def test_earlier_rows_of_a_record_are_found_at_any_age(shop: Shop, now: datetime) -> None:
    held = notice(shop, key="7", state=InboxState.HELD)
    passed = notice(shop, key="7", state=InboxState.PASSED)
    tried = delivery(shop, passed, DeliveryState.DEAD, attempts=[("TryLater", "down")])
    other = delivery(shop, notice(shop, key="8", state=InboxState.PASSED), DeliveryState.HELD)
    retention.run(now + days(100))
    new = delivery(shop, notice(shop, key="7"), DeliveryState.WAITING)
    with scope.tenant(shop.tenant.pk):
        row = Delivery.objects.select_related("flow").get(pk=new.pk)
        assert history.tried_deliveries([row]) == {new.pk: tried.pk}
        assert history.older_deliveries([row]) == [tried.pk]
        assert history.stopped_items([row]) == [held.pk]
        assert history.older_deliveries([Delivery.objects.get(pk=other.pk)]) == []
