"""Replaying what was delivered writes nothing at either side, whatever the kind of record."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from integrations.connector_kit.sandbox.witness import Person
from integrations.models import DeliveryState, InboxItem, InboxState
from integrations.services.replay import replay
from tenants import scope
from tests.flow.conftest import Rig

ENDED = (DeliveryState.DELIVERED, DeliveryState.UNCHANGED)
CARRIED = {"order", "customer", "inventory", "shipment"}


def writes(rig: Rig) -> tuple[int, int]:
    """At the till and in the shop, as their journals count them."""
    sides = rig.sides()
    return sides.till.writes(rig.till.log()), sides.store.writes(rig.shop.log())


def newest_items(rig: Rig) -> set[int]:
    """Those that spoke last for each record that was carried: older ones cannot be replayed."""
    carried = {(row.flow_id, row.key) for row in rig.deliveries(state__in=ENDED)}
    rows = rig.deliveries(state__in=(*ENDED, DeliveryState.FILTERED))
    last = {(row.flow_id, row.key): row.inbox_item_id for row in rows}
    return {last[record] for record in carried}


def test_each_entity_is_written_once_however_often_it_is_replayed(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store)
    # Somebody opens an account in the shop and buys nothing yet.
    rig.seen.save_customer(Person("", "new@example.com", "New", "Person"))
    rig.shop.act("orders", count=3, seed=1)
    rig.till.act("sales", count=2, seed=2)
    rig.until(lambda: rig.compare().agrees and rig.waiting() == 0, "both sides agree")
    done = rig.deliveries(state__in=ENDED)
    assert {row.entity for row in done if row.state == DeliveryState.DELIVERED} == CARRIED, (
        rig.describe()
    )
    before = writes(rig)
    assert min(before) > 0

    items: set[int] = set()
    for _ in range(2):
        # Anew, for a poll may have listed a record once more meanwhile.
        newest = newest_items(rig)
        items |= newest
        for pk in sorted(newest):
            with scope.tenant(rig.tenant.pk):
                replay(InboxItem.objects.get(pk=pk), now=timezone.now())
        rig.until(lambda: rig.waiting() == 0, "everything replayed is through")

    assert writes(rig) == before
    replayed = [row for row in rig.items() if row.pk in items]
    assert {row.state for row in replayed} <= {InboxState.PASSED, InboxState.MERGED}
    again = [
        row for row in rig.deliveries(inbox_item__in=items) if row.pk > max(row.pk for row in done)
    ]
    # What was paid came with the orders, so their payments found themselves there.
    assert {row.entity for row in again} == CARRIED | {"payment"}
    assert {row.state for row in again} <= {DeliveryState.UNCHANGED, DeliveryState.FILTERED}
    assert {row.attempts for row in again} == {0}
    assert rig.compare().agrees
