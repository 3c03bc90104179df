"""An account that refuses or fails: its work waits, and each call has its effect once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import (
    ConnectionState,
    DeliveryState,
    InboxState,
    Lane,
)
from integrations.services import connections
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls, order_body, send
from tests.flow.steps import (
    item_of,
    make_due,
    numbers,
    order_delivery,
    state_of,
)

SKU = catalogue(seed="7", size=1)[0].sku


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """The till is not polled again, so that its calls are those the orders cause."""
    made = make_rig(size=2, till_settings={"poll_seconds": "600"})
    made.until(lambda: made.waiting() == 0, "nothing waits")
    return made


def test_refused_credentials_stop_the_lane_until_someone_reconnects(rig: Rig) -> None:
    till = TillCalls(rig)
    assert send(rig, order_body(1001, sku=SKU)).accepted == 1
    till.fault("revoke", times=-1)
    rig.until(
        lambda: state_of(rig, rig.pos)[0] == ConnectionState.NEEDS_OWNER, "the refusal is noticed"
    )
    assert state_of(rig, rig.pos)[1]
    assert send(rig, order_body(1002, sku=SKU)).accepted == 1
    writes = till.writes()
    for _ in range(3):
        make_due(rig)
        rig.work()
    assert till.writes() == writes, "an account that refused us is not called"
    waiting = rig.deliveries(entity="order", state=DeliveryState.WAITING)
    assert [row.key for row in waiting] == ["1001", "1002"]
    assert item_of(rig, 1002).state == InboxState.PASSED, "the shop's lane goes on"

    good = {"token": str(rig.till_account["credentials"]["token"])}
    with pytest.raises(NeedsOwner):
        connections.reconnect(rig.pos, credentials={"token": "wrong"}, now=timezone.now())
    with pytest.raises(NeedsOwner):
        connections.reconnect(rig.pos, credentials=good, now=timezone.now())
    assert state_of(rig, rig.pos)[0] == ConnectionState.NEEDS_OWNER

    till.no_faults()
    connections.reconnect(rig.pos, credentials=good, now=timezone.now())
    assert state_of(rig, rig.pos) == (ConnectionState.ACTIVE, "")
    rig.until(lambda: rig.waiting() == 0, "everything drains")
    assert numbers(rig) == ["S-1001", "S-1002"]
    assert not rig.deliveries(state=DeliveryState.HELD)
    assert not rig.items(state=InboxState.HELD)
    assert {row.state for row in rig.deliveries(entity="order")} == {DeliveryState.DELIVERED}


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("lost_answer", "POST /api/sales/orders"),
        ("lost_answer", "POST /api/customers"),
        ("lost_answer", "/lines"),
        ("lost_answer", "/payments"),
        ("lost_answer", "POST /api/sales/invoices"),
        ("status", "POST /api/sales/orders"),
        ("status", "/payments"),
        ("refuse", "POST /api/sales/orders"),
    ],
)
def test_a_failed_call_is_tried_again_and_has_its_effect_once(
    rig: Rig, kind: str, match: str
) -> None:
    till = TillCalls(rig)
    till.fault(kind, match=match, value=500)
    assert send(rig, order_body(1001, sku=SKU)).accepted == 1
    rig.until(
        lambda: any(row.attempts for row in rig.deliveries(key="1001")), "the first try is over"
    )
    first = order_delivery(rig, 1001)
    assert first.state == DeliveryState.WAITING
    assert first.reason
    assert timezone.now() < first.due_at < timezone.now() + timedelta(seconds=3)

    def done() -> bool:
        make_due(rig)
        return rig.waiting() == 0

    rig.until(done, "it is delivered")
    (row,) = rig.deliveries(key="1001", entity="order")
    assert (row.state, row.attempts) == (DeliveryState.DELIVERED, 2)
    order = till.order("S-1001")
    assert numbers(rig) == ["S-1001"]
    assert order["status"] == "closed"
    assert Decimal(str(order["total"])) == Decimal("20.00")
    assert Decimal(str(order["balance"])) == 0
    path = f"/sales/orders/{order['id']}"
    lines = [line for line in till.get(f"{path}/lines")["results"] if line.get("item_id")]
    assert [Decimal(str(line["qty"])) for line in lines] == [1]
    payments = till.get(f"{path}/payments")["results"]
    assert [Decimal(str(payment["amount"])) for payment in payments] == [Decimal("20.00")]
    invoices = till.get("/sales/invoices", per_page="500")["results"]
    assert [(one["order_id"], one["status"]) for one in invoices] == [(order["id"], "complete")]
    buyers = till.get("/customers", per_page="500")["results"]
    assert len([one for one in buyers if one.get("email") == "buyer@example.com"]) == 1


def test_a_broken_till_parks_its_lane_and_loses_nothing(rig: Rig) -> None:
    till = TillCalls(rig)
    till.fault("status", value=503, times=-1)
    keys = [1001, 1002, 1003, 1004]
    for key in keys:
        assert send(rig, order_body(key, sku=SKU)).accepted == 1

    def failures() -> int:
        with scope.tenant(rig.tenant.pk):
            return Lane.objects.get(connection=rig.pos).failures

    def parked() -> bool:
        make_due(rig)
        return failures() >= 3

    rig.until(parked, "the lane is parked")
    with scope.tenant(rig.tenant.pk):
        lane = Lane.objects.get(connection=rig.pos)
    assert "503" in lane.parked_reason
    assert numbers_waiting(rig) == keys
    till.no_faults()

    def done() -> bool:
        make_due(rig)
        return rig.waiting() == 0

    rig.until(done, "everything drains")
    assert numbers(rig) == [f"S-{key}" for key in keys]
    assert failures() == 0
    assert not rig.deliveries(state=DeliveryState.HELD)


def numbers_waiting(rig: Rig) -> list[int]:
    rows = rig.deliveries(entity="order", state=DeliveryState.WAITING)
    return sorted(int(row.key) for row in rows)
