"""Payments of the shop reach the till once, each with a story of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from integrations.models import DeliveryState, InboxItem
from integrations.services.replay import replay
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls
from tests.flow.steps import make_due


def _act(rig: Rig, order: int, **body: object) -> None:
    rig.shop.act(f"orders/{order}/transactions", **body)


def test_each_transaction_is_told_and_no_money_is_taken_twice(make_rig: Callable[..., Rig]) -> None:
    """Authorised, declined, captured in two parts by card and gift card; and an order paid at once."""
    rig = make_rig()
    paid = rig.shop.act("orders", count=1, seed=4, paid=True)["orders"][0]
    open_ = rig.shop.act("orders", count=1, seed=5, paid=False)["orders"][0]
    rig.until(lambda: rig.waiting() == 0, "both orders are there")
    till, total = TillCalls(rig), Decimal(open_["total"])
    number = f"S-{open_['name'].removeprefix('#')}"
    key = int(open_["id"])

    _act(rig, key, kind="authorization", amount=open_["total"], card=["Visa", "1234"])
    _act(rig, key, kind="capture", status="failure", amount=open_["total"])
    rig.until(lambda: rig.waiting() == 0, "the order is marked")
    assert till.order(number)["custom"]["payment_status"] == "declined"
    _act(rig, key, kind="sale", gateway="gift_card", amount="5.00")
    rig.until(lambda: rig.waiting() == 0, "the first part is there")
    assert Decimal(str(till.order(number)["total_paid"])) == Decimal("5.00")
    _act(rig, key, kind="capture", amount=str(total - 5), card=["Visa", "1234"])
    rig.until(
        lambda: rig.waiting() == 0 and till.order(number)["status"] == "closed", "it is invoiced"
    )

    order = till.order(number)
    rows = till.get(f"/sales/orders/{order['id']}/payments")["results"]
    assert [Decimal(str(row["amount"])) for row in rows] == [Decimal("5.00"), total - 5]
    assert (Decimal(str(order["balance"])), order["custom"]["payment_status"]) == (0, "paid")
    told = rig.deliveries(entity="payment")
    assert [row.key for row in told if row.state not in ("delivered", "unchanged")] == []
    assert len({row.key for row in told}) == len(told) == 5
    first = till.order(f"S-{paid['name'].removeprefix('#')}")
    rows = till.get(f"/sales/orders/{first['id']}/payments")["results"]
    assert [Decimal(str(row["amount"])) for row in rows] == [Decimal(paid["total"])]
    (one,) = [row for row in told if row.target_key.startswith(f"{first['id']}/")]
    assert one.state == DeliveryState.UNCHANGED


def test_a_payment_waits_for_its_order_and_not_for_ever(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store, size=8, shop_size=9)
    # The till lacks this article, so the order is held and its payment waits with it.
    rig.shop.act("orders", lines_exact=[{"sku": "TEE-GRY-XL", "quantity": 1}], count=1, paid=True)
    rig.until(lambda: bool(rig.deliveries(entity="payment")), "the payment is known")
    rig.until(lambda: bool(rig.deliveries(entity="order", state="held")), "the order is held")
    # A second notice of it replaces the first one's delivery.
    assert len(rig.deliveries(entity="payment", state=DeliveryState.WAITING)) == 1
    TillCalls(rig).add_item("TEE-GRY-XL")
    with scope.tenant(rig.tenant.pk):
        replay(rig.deliveries(entity="order")[-1].inbox_item, now=timezone.now())

    def ended() -> bool:
        make_due(rig)
        return rig.waiting() == 0

    rig.until(ended, "both arrived")
    assert rig.deliveries(entity="payment")[-1].state == DeliveryState.UNCHANGED


def test_an_order_cancelled_while_it_is_held_is_never_entered(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store, size=8, shop_size=9)
    cart = [{"sku": "TEE-GRY-XL", "quantity": 1}]
    order = rig.shop.act("orders", lines_exact=cart, count=1, paid=True)["orders"][0]
    rig.until(lambda: bool(rig.deliveries(entity="payment")), "the payment is known")
    rig.until(lambda: bool(rig.deliveries(entity="order", state="held")), "the order is held")
    rig.shop.act(f"orders/{order['id']}/cancel")

    rig.until(lambda: bool(rig.deliveries(entity="order", state="filtered")), "it was cancelled")
    with scope.tenant(rig.tenant.pk):
        # The minute is over in which a payment may come before its order.
        rows = InboxItem.objects.filter(entity="payment")
        rows.update(received_at=timezone.now() - timedelta(minutes=2))

    def ended() -> bool:
        make_due(rig)
        return rig.waiting() == 0

    rig.until(ended, "nothing waits, not even the payment")
    # Nothing is left that a replay of the unknown article could enter.
    assert rig.deliveries(state="held") == []
    assert rig.deliveries(entity="payment")[-1].state == DeliveryState.FILTERED
