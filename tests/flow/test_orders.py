"""Orders from the shop reach the till, once, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from integrations.models import DeliveryState, InboxState
from tests.flow.conftest import Rig

# What tells of a new order, and how often it is taken in when it is sent twice: Magento's events bear
# no name of their own, so both are looked at.
PLACED = {"shopify": ("orders/create", 1), "magento": ("sales.order.created", 2)}


def test_orders_and_sales_leave_both_sides_in_agreement(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store)
    rig.shop.act("orders", count=6, seed=1)
    rig.till.act("sales", count=3, seed=2)
    rig.until(lambda: rig.compare().agrees, "both sides agree")
    found = rig.compare()
    assert (found.orders_placed, found.orders_in_heartland) == (6, 6)
    assert (found.duplicates, found.lost, found.stock_differences) == (0, 0, 0)
    rig.until(lambda: rig.waiting() == 0, "nothing waits")
    orders = rig.deliveries(entity="order", state=DeliveryState.DELIVERED)
    assert len({row.key for row in orders}) == 6
    assert rig.deliveries(entity="shipment", state=DeliveryState.DELIVERED)


def test_a_second_delivery_of_a_webhook_makes_no_second_order(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store)
    rig.shop.act("faults", kind="duplicate_webhooks", times=-1)
    rig.shop.act("orders", count=2, seed=3)
    rig.until(lambda: rig.compare().agrees and rig.waiting() == 0, "both sides agree")
    assert rig.compare().orders_in_heartland == 2
    topic, times = PLACED[store]

    def taken_in() -> list[int]:
        return list(Counter(one.key for one in rig.items(topic=topic)).values())

    rig.until(lambda: min(taken_in()) >= times and rig.waiting() == 0, "all have come")
    assert taken_in() == [times, times], rig.describe()
    assert len(rig.deliveries(entity="order", state=DeliveryState.DELIVERED)) == 2


def test_an_unknown_sku_is_held_and_the_next_orders_flow(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store, size=8, shop_size=9)
    rig.shop.act("orders", lines_exact=[{"sku": "TEE-GRY-XL", "quantity": 1}], count=1)
    rig.shop.act("orders", lines_exact=[{"sku": "CAP-GRY-L", "quantity": 1}], count=1)
    rig.until(
        lambda: bool(
            rig.deliveries(entity="order", state=DeliveryState.HELD)
            and rig.deliveries(entity="order", state=DeliveryState.DELIVERED)
        ),
        "one held, one delivered",
    )
    held = rig.deliveries(entity="order", state=DeliveryState.HELD)[0]
    assert held.field == "line_items[0].sku"
    assert held.said == "TEE-GRY-XL"
    assert "replay" in held.advice.lower()
    assert not rig.items(entity="order", state=InboxState.HELD)
