"""A store that reserves for its open orders by itself offers what the till has left, no less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.models import Delivery, Link, Reservation
from integrations.sync import promised
from integrations.sync.sessions import load
from tenants import scope
from tests.flow.conftest import Rig

SKU = "TEE-BLK-S"
READ = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE, AFTER = READ - timedelta(seconds=9), READ + timedelta(seconds=9)


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


def shown(rig: Rig) -> Decimal:
    return rig.seen.stock()[SKU]


def quiet(rig: Rig) -> None:
    rig.until(lambda: rig.waiting() == 0, "nothing waits")


def test_what_is_offered_follows_the_till_at_every_step(
    make_rig: Callable[..., Rig], store: str
) -> None:
    """An order counts once: on its way to the till, at the till, and shipped."""
    rig = make_rig(store=store)
    rig.till.act("stock", sku=SKU, delta=1)
    rig.until(lambda: bool(rig.deliveries(entity="inventory", number=SKU)), "stock flows")
    quiet(rig)
    before, left = last_number(rig), shown(rig)
    rig.till.act("faults", kind="status", match="/api/sales/orders", value=503, times=-1)
    order = buy(rig, 2)
    assert shown(rig) == left - 2
    rig.until(lambda: last_number(rig).pk > before.pk, "a number is lowered by the order")
    lowered = last_number(rig)
    assert shown(rig) == left - 2
    assert asked(rig, before, order) == {}, "it became known after that number"
    assert asked(rig, lowered, order, "404") == {order: 2}
    rig.till.act("sales", sku=SKU, quantity=1)
    rig.until(lambda: shown(rig) == left - 3, "a sale at the till is shown")
    rig.till.clear_faults()
    rig.until(lambda: bool(rig.deliveries(entity="order", state="delivered")), "the till has it")
    rig.till.act("sales", sku=SKU, quantity=1)
    rig.until(lambda: shown(rig) == left - 4, "a sale at the till is shown")
    assert asked(rig, lowered, order) == {order: 2}
    with scope.tenant(rig.tenant.pk):
        # So old that the ledger has forgotten it.
        Reservation.objects.all().delete()
        assert Link.objects.filter(entity="order", store_key=order).exists()
    assert asked(rig, lowered, order) == {order: None}


@pytest.mark.parametrize(
    ("units", "there", "released", "settled_at", "lowered_by", "known"),
    [
        pytest.param(3, 0, 0, None, 3, 3, id="on its way"),
        pytest.param(3, 0, 0, None, 0, 0, id="became known after the number was made"),
        pytest.param(5, 3, 0, None, 0, 3, id="grew after the number was made"),
        pytest.param(3, 3, 3, BEFORE, 0, 3, id="at the till when it was read"),
        pytest.param(3, 3, 3, AFTER, 3, 3, id="reached the till while the number waited"),
        pytest.param(3, 3, 3, AFTER, 0, 0, id="known and delivered after the till was read"),
        pytest.param(0, 0, 3, BEFORE, 0, None, id="discarded"),
        pytest.param(0, 0, 3, AFTER, 3, 3, id="discarded while the number waited"),
    ],
)
def test_units_count_as_the_number_knows_them(
    units: int,
    there: int,
    released: int,
    settled_at: datetime | None,
    lowered_by: int,
    known: int | None,
) -> None:
    row = Reservation(pk=1, units=units, there=there, released=released, settled_at=settled_at)
    held = {1: ("#1", lowered_by)} if lowered_by else {}
    assert promised._known(row, held, READ) == known
