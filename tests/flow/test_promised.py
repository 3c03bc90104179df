"""A target of stock is told which of its orders a number is lowered by, and of no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.models import Delivery, Link, Reservation
from integrations.sync import promised
from integrations.sync.sessions import load
from tenants import scope
from tests.flow.conftest import Rig

SKU = "TEE-BLK-S"


def buy(rig: Rig, quantity: int) -> str:
    line = [{"sku": SKU, "quantity": quantity}]
    return str(rig.shop.act("orders", count=1, lines_exact=line)["orders"][0]["id"])


def last_number(rig: Rig) -> Delivery:
    states = ("delivered", "unchanged")
    return rig.deliveries(entity="inventory", number=SKU, state__in=states)[-1]


def asked(rig: Rig, row: Delivery, *orders: str) -> Mapping[str, int | None]:
    with scope.tenant(rig.tenant.pk):
        row = Delivery.objects.select_related("flow").get(pk=row.pk)
        tell = promised.of(row, load(row.payload_id))
    return tell(orders)


def test_an_order_counts_once_the_number_is_lowered_by_it(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=8)
    rig.till.act("stock", sku=SKU, delta=1)
    rig.until(lambda: bool(rig.deliveries(entity="inventory", number=SKU)), "stock flows")
    rig.until(lambda: rig.waiting() == 0, "nothing waits")
    before = last_number(rig)
    rig.till.act("faults", kind="status", match="/api/sales/orders", value=503, times=-1)
    order = buy(rig, 2)
    rig.until(lambda: last_number(rig).pk > before.pk, "a number is lowered by the order")
    lowered = last_number(rig)
    assert asked(rig, before, order) == {}, "it became known after that number"
    assert asked(rig, lowered, order, "404") == {order: 2}
    # On its way, then at the till, then so old that the ledger has forgotten it.
    rig.till.clear_faults()
    rig.until(lambda: bool(rig.deliveries(entity="order", state="delivered")), "the till has it")
    assert asked(rig, lowered, order) == {order: 2}
    with scope.tenant(rig.tenant.pk):
        Reservation.objects.all().delete()
        assert Link.objects.filter(entity="order", store_key=order).exists()
    assert asked(rig, lowered, order) == {order: None}
