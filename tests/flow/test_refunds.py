"""Refunds of the shop reach the till: each amount is booked once, whichever comes first."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from clarity.demo.compare import PREFIX
from integrations.models import Delivery, DeliveryState, InboxState
from integrations.sync import slices
from integrations.sync.stages import confirm
from tests.flow.conftest import PATIENCE, Rig
from tests.flow.posting import TillCalls
from tests.flow.steps import make_due

TEE, CAP = "TEE-BLK-S", "CAP-GRY-L"
CONTAINED = "The order came to Heartland after this refund, without what it took back"

MakeRig = Callable[..., Rig]
REFUND_ITEM = {"refund_item": "WEB-TIP"}


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    return make_rig(till_settings=REFUND_ITEM)


def place(rig: Rig) -> dict[str, Any]:
    """3 TEE and 1 CAP, paid."""
    cart = [{"sku": TEE, "quantity": 3}, {"sku": CAP, "quantity": 1}]
    found = rig.shop.act("orders", count=1, seed=1, paid=True, lines_exact=cart)
    return dict(found["orders"][0])


def refund(rig: Rig, order: dict[str, Any], **what: Any) -> Decimal:
    made = rig.shop.act(f"orders/{order['id']}/refund", **what)
    return Decimal(made["total"])


def booked(rig: Rig) -> Decimal:
    """What the till has been paid for web orders, less what it gave back for them."""
    till = TillCalls(rig)
    rows = [row for row in till.orders() if row["public_id"].startswith("S-")]
    return sum((Decimal(str(row["total_paid"])) for row in [*rows, *returns(rig)]), Decimal(0))


def kept(rig: Rig) -> Decimal:
    """What the shop received and did not give back."""
    return sum((one.kept for one in rig.seen.orders()), Decimal(0))


def returns(rig: Rig) -> list[dict[str, Any]]:
    rows = TillCalls(rig).get("/sales/tickets", per_page="500")["results"]
    return [row for row in rows if row["type"] == "Return"]


def refunds(rig: Rig) -> list[Delivery]:
    return rig.deliveries(entity="refund")


def assert_even(rig: Rig) -> None:
    assert booked(rig) == kept(rig)
    stopped = [DeliveryState.HELD, DeliveryState.DEAD]
    assert not rig.deliveries(entity__in=["order", "refund"], state__in=stopped), rig.describe()
    assert all(
        Decimal(str(row["balance"])) == 0 for row in [*TillCalls(rig).orders(), *returns(rig)]
    )


def test_refunds_after_the_order_are_returns_of_their_own_once(
    make_rig: MakeRig, store: str
) -> None:
    rig = make_rig(store=store, till_settings=REFUND_ITEM)
    rig.shop.act("faults", kind="duplicate_webhooks", times=-1)
    order = place(rig)
    rest(rig, lambda: bool(rig.deliveries(entity="order")))
    till = TillCalls(rig)
    number = rig.reference(order)
    whole = Decimal(str(till.order(number)["total"]))
    till.fault("lost_answer", match="POST /api/sales/tickets")
    till.fault("lost_answer", match="/payments")
    first = refund(rig, order, lines=[{"sku": TEE, "quantity": 1}], shipping="1.00")
    rig.until(lambda: len(refunds(rig)) == 1, "the refund is on its way")
    rest(rig)
    mixed = [{"sku": TEE, "quantity": 1}, {"sku": CAP, "quantity": 1, "restock": False}]
    second = refund(rig, order, lines=mixed)
    third = refund(rig, order, amount="2.50", note="Sorry")
    rest(rig)
    one, two, three = dict.fromkeys(PREFIX + row.number.lstrip("#") for row in refunds(rig))
    # What did not go back on the shelf is a return beside, where the store tells which it was.
    told = [made.restocked for made in rig.seen.refunds(str(order["id"]))]
    assert told in ([{TEE: 1}, {TEE: 1}, {}], [None] * 3)
    beside = [] if told[1] is None else [f"{two}N"]
    assert [row["public_id"] for row in returns(rig)] == [one, two, *beside, three]
    given = -sum(Decimal(str(row["total"])) for row in returns(rig))
    assert given == first + second + third
    # The order stays as it was delivered.
    assert Decimal(str(till.order(number)["total"])) == whole
    assert_even(rig)
    assert rig.compare().stock_differences == 0


def test_an_order_after_its_refund_comes_without_it(rig: Rig) -> None:
    order = place(rig)
    refund(rig, order, lines=[{"sku": TEE, "quantity": 1}], amount="25.00", note="And some more")
    told(rig, order)
    rest(rig)
    row = refunds(rig)[0]
    # The article left the order; what was given back beyond it is a return of its own.
    assert [one["public_id"] for one in returns(rig)] == ["S-1001-R1"]
    assert row.target_key == f"net-{row.key}"
    assert_even(rig)
    assert sum(line["qty"] for line in lines(rig) if line["item_public_id"] == TEE) == 2

    second = place(rig)
    # The first notice is passed on, then the refund comes, and only then the till has its turn.
    store_turn(rig, lambda: bool(rig.deliveries(entity="order", number="#1002")))
    refund(rig, second, lines=[{"sku": TEE, "quantity": 3}])
    told(rig, second)
    store_turn(rig, lambda: bool(rig.deliveries(entity="refund", number="#1002-R1")))
    rest(rig)
    (late,) = rig.deliveries(entity="refund", number="#1002-R1")
    assert (late.state, late.reason) == (DeliveryState.FILTERED, CONTAINED)
    assert len(returns(rig)) == 1
    assert_even(rig)


def test_a_refund_while_the_order_is_half_way_is_booked_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = TillCalls(rig)
    till.fault("lost_answer", match="/payments")
    order = place(rig)
    rig.until(lambda: bool(rig.deliveries(entity="order", attempts=1)), "the order is begun")
    refund(rig, order, lines=[{"sku": TEE, "quantity": 1}])
    store_turn(rig, lambda: bool(refunds(rig)))
    rest(rig)
    assert [row["public_id"] for row in returns(rig)] == ["S-1001-R1"]
    assert_even(rig)

    # An order without what was refunded is entered, and the process dies before that is kept.
    second = place(rig)
    refund(rig, second, lines=[{"sku": CAP, "quantity": 1}])
    told(rig, second)
    dies_once(monkeypatch, "order")
    rest(rig)
    # A return is entered, and the process dies before that is kept.
    dies_once(monkeypatch, "refund")
    refund(rig, order, lines=[{"sku": CAP, "quantity": 1}])
    rest(rig)
    assert [row["public_id"] for row in returns(rig)] == ["S-1001-R1", "S-1001-R2"]
    states = {row.number: row.state for row in refunds(rig)}
    assert states["#1002-R1"] == DeliveryState.FILTERED
    assert_even(rig)


def lines(rig: Rig, number: str = "S-1001") -> list[dict[str, Any]]:
    till = TillCalls(rig)
    order = till.order(number)
    found: list[dict[str, Any]] = till.get(f"/sales/orders/{order['id']}/lines")["results"]
    return found


def rest(rig: Rig, seen: Callable[[], bool] = lambda: True) -> None:
    """Works until nothing waits; waiting times are over at once."""

    def done() -> bool:
        make_due(rig)
        return seen() and rig.waiting() == 0

    rig.until(done, "nothing waits")


def store_turn(rig: Rig, done: Callable[[], bool]) -> None:
    """Works the shop's lane alone."""
    for _ in range(100):
        slices.run(tenant_id=rig.tenant.pk, connection_id=rig.store.pk)
        if done():
            return
    pytest.fail(rig.describe())


def told(rig: Rig, order: dict[str, Any]) -> None:
    """Waits, without working, until the shop has told of an order and its refund."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        changed = rig.items(entity="order", key=str(order["id"]), topic="orders/updated")
        if changed and rig.items(entity="refund", state=InboxState.WAITING):
            return
        time.sleep(0.02)
    pytest.fail("the shop does not tell of the refund")


def dies_once(monkeypatch: pytest.MonkeyPatch, entity: str) -> None:
    """The next outcome of this entity is lost, as when the process is killed before it is kept."""
    real = confirm.delivered
    left = [1]

    def delivered(session: Any, found: Any, **more: Any) -> None:
        if left and any(row.entity == entity for row, _ in found):
            left.pop()
            raise OperationalError("the connection is gone")
        real(session, found, **more)

    monkeypatch.setattr(confirm, "delivered", delivered)


def test_returns_of_web_orders_at_the_till_become_refunds_in_the_shop_once(
    make_rig: MakeRig, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(store=store, till_settings=REFUND_ITEM)
    order = place(rig)
    rest(rig, lambda: bool(rig.deliveries(entity="order")))
    rig.till.act("sales", count=1, seed=3)
    paid = kept(rig)
    rig.shop.act("faults", kind="lost_answer", match=rig.seen.refund_write)
    dies_once(monkeypatch, "refund")
    # What a unit cost after the discount of the order, and 8 % tax.
    number = rig.reference(order)
    unit = Decimal(str(lines(rig, number)[0]["adjusted_unit_price"]))
    tax = {"sku": "WEB-TAX", "quantity": 1, "price": str(round(unit * Decimal("0.08"), 2))}
    rig.till.act("returns", order=number, lines=[{"sku": TEE, "quantity": 1}, tax])
    rest(rig, lambda: len(refunds(rig)) == 1)
    (row,) = refunds(rig)
    assert row.state == DeliveryState.DELIVERED, rig.describe()
    assert row.target_label == order["name"]
    stocked = rig.compare()
    (made,) = rig.seen.refunds(str(order["id"]))
    assert "Return " in made.note
    assert made.units == {TEE: 1}
    # The goods lie at the till, whose stock says so.
    assert not made.restocked
    # The till gave the money back, so the shop has moved none.
    assert (kept(rig) + made.given, made.is_online) == (paid, False)

    # Its echo, the order it changed and a refund of the shop after it are taken for what they are.
    refund(rig, order, lines=[{"sku": TEE, "quantity": 1}])
    rest(rig, lambda: len(refunds(rig)) >= 2)
    assert len(returns(rig)) == 2
    assert len(rig.seen.refunds(str(order["id"]))) == 2
    assert not rig.deliveries(state__in=[DeliveryState.HELD, DeliveryState.DEAD]), rig.describe()
    assert (stocked.stock_differences, rig.compare().stock_differences) == (0, 0)
