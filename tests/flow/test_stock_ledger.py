"""The shop never shows more than is there: web orders, till sales and late deliveries together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from clarity.demo.sandboxes import plain_session
from integrations.models import (
    Cursor,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Reservation,
    SafetyStock,
)
from integrations.services import discard, pairs, stock
from integrations.services.replay import replay
from integrations.sync import lanes, reservations
from integrations.sync.sessions import load
from tenants import scope
from tests.flow.conftest import STORE, STORES, Rig

SKU = "TEE-BLK-S"
# The test itself asks the shop again and again.
PLENTY = {"bucket": 100_000, "restore_rate": 50_000}
# Turns end soon, so that the one thread that works both lanes comes round quickly.
CALM, SHORT = {"poll_seconds": "0.3"}, 0.1


def levels(rig: Rig) -> dict[str, dict[str, int]]:
    """Available units by SKU and location, as the shop's own API tells them."""
    token = rig.shop_account["credentials"]["access_token"]
    shop = plain_session(rig.shop_account["base_url"], {"X-Shopify-Access-Token": token})
    query = """{ inventoryItems(first: 50) { nodes { sku inventoryLevels(first: 9, includeInactive: true) {
      nodes { location { id } quantities(names: ["available"]) { quantity } } } } } }"""
    answer = shop.request("POST", "/admin/api/2026-10/graphql.json", body={"query": query})
    return {
        node["sku"]: {
            level["location"]["id"].rpartition("/")[2]: level["quantities"][0]["quantity"]
            for level in node["inventoryLevels"]["nodes"]
        }
        for node in answer.json()["data"]["inventoryItems"]["nodes"]
    }


def shown(rig: Rig, sku: str = SKU) -> int:
    """What a buyer can still buy."""
    return int(rig.seen.stock()[sku])


def at_till(rig: Rig, sku: str = SKU) -> Mapping[str, Any]:
    """On hand and available of an article, over all locations, as the till's own API tells them."""
    token = rig.till_account["credentials"]["token"]
    till = plain_session(rig.till_account["base_url"], {"Authorization": f"Bearer {token}"})
    items = till.request("GET", "/api/items", params={"per_page": "100"}).json()["results"]
    (item,) = [row["id"] for row in items if row["public_id"] == sku]
    params = {"per_page": "100", "group[]": ["item_id", "location_id"]}
    rows = till.request("GET", "/api/inventory/values", params=params).json()["results"]
    mine = [row for row in rows if row["item_id"] == item]
    return {
        "available": sum(row["qty_available"] for row in mine),
        "each": {str(row["location_id"]): row["qty_available"] for row in mine},
    }


def is_safe(rig: Rig) -> bool:
    """Whether the shop offers no more than the till would let go; asserted, so always true."""
    offered, there = shown(rig), at_till(rig)["available"]
    assert offered <= there
    return offered <= there


def ledger(rig: Rig, sku: str = SKU) -> list[Reservation]:
    with scope.tenant(rig.tenant.pk):
        return list(Reservation.objects.filter(sku=sku).order_by("pk"))


def in_flight(rig: Rig, sku: str = SKU) -> int:
    return sum(row.in_flight for row in ledger(rig, sku) if row.settled_at is None)


def arithmetic(rig: Rig, sku: str = SKU) -> list[str]:
    """Of the last number that was delivered, as its document keeps it."""
    row = rig.deliveries(entity="inventory", number=sku, state__in=("delivered", "unchanged"))[-1]
    with scope.tenant(rig.tenant.pk):
        return [one["arithmetic"] for one in load(row.payload_id)["stock"]["numbers"]]


def buy(rig: Rig, quantity: int = 1, sku: str = SKU, **also: Any) -> str:
    line = [{"sku": sku, "quantity": quantity}]
    return str(rig.shop.act("orders", count=1, lines_exact=line, **also)["orders"][0]["id"])


def known(rig: Rig, orders: int) -> None:
    rig.until(
        lambda: len({row.key for row in rig.deliveries(entity="order")}) >= orders,
        f"{orders} orders are known",
    )


def quiet(rig: Rig) -> None:
    rig.until(lambda: rig.waiting() == 0, "nothing waits")


def stop_orders(rig: Rig) -> None:
    """The till refuses web orders for as long as it is told."""
    rig.till.act("faults", kind="status", match="/api/sales/orders", value=503, times=-1)


@pytest.fixture
def rig(request: pytest.FixtureRequest, make_rig: Callable[..., Rig], settings: Any) -> Rig:
    """With the usual store, or with the one that a test names."""
    store = getattr(request, "param", STORE)
    # The shop's events tell everything; what a poll lists again would be news to some tests.
    polls = {"poll_seconds": "600"}
    made = make_rig(
        store=store, size=8, shop_options=PLENTY, shop_settings=polls, till_settings=CALM
    )
    settings.CLARITY_LANE_SLICE_SECONDS = SHORT
    made.till.act("stock", sku=SKU, delta=1)
    made.until(lambda: bool(made.deliveries(entity="inventory")), "stock flows")
    quiet(made)
    return made


@pytest.mark.parametrize("rig", STORES, indirect=True)
def test_a_burst_of_web_orders_never_shows_more_than_is_there(rig: Rig, settings: Any) -> None:
    """An order that cannot reach the till stays off the number, whatever else changes it."""
    stop_orders(rig)
    placed = 0
    for step in range(2):
        buy(rig, step + 1)
        placed += step + 1
        known(rig, step + 1)
        rig.till.act("sales", sku=SKU, quantity=1)
        there = at_till(rig)["available"] - placed
        rig.until(lambda there=there: shown(rig) == there, f"the shop shows {there}")
        rig.work()
        assert shown(rig) <= there
        assert in_flight(rig) == placed
    (said,) = arithmetic(rig)
    assert f"- in flight {placed} = {shown(rig)}" in said

    rig.till.clear_faults()
    settings.CLARITY_LANE_SLICE_SECONDS = 2
    with scope.tenant(rig.tenant.pk):
        lanes.resume(tenant_id=rig.tenant.pk, connection_id=rig.pos.pk, now=timezone.now())
        Delivery.objects.filter(state=DeliveryState.WAITING).update(due_at=timezone.now())
    rig.until(
        lambda: is_safe(rig) and not in_flight(rig) and shown(rig) == at_till(rig)["available"],
        "the till has every order",
    )
    rig.until(lambda: "in flight" not in arithmetic(rig)[0], "what counted twice has healed")
    assert {row.units for row in ledger(rig)} == {1, 2}
    assert all(row.there == row.units for row in ledger(rig))


def held_ones(but: str) -> QuerySet[Delivery]:
    """Held orders but for the one of that key."""
    return Delivery.objects.filter(entity="order", state=DeliveryState.HELD).exclude(key=but)


@pytest.mark.parametrize("rig", STORES, indirect=True)
def test_cancelled_and_discarded_orders_give_their_units_back(rig: Rig) -> None:
    stop_orders(rig)
    number = buy(rig, 2)
    buy(rig, 3)
    known(rig, 2)
    assert in_flight(rig) == 5
    there = at_till(rig)["available"]
    rig.shop.act(f"orders/{number}/cancel")
    rig.until(lambda: in_flight(rig) == 3, "the cancelled order holds nothing back")
    rig.until(lambda: shown(rig) == there - 3, "the shop shows its units again")
    with scope.tenant(rig.tenant.pk):
        Delivery.objects.filter(entity="order", state=DeliveryState.WAITING).update(
            state=DeliveryState.HELD, reason="held for the test"
        )
        held = held_ones(number).latest("id")
        assert reservations.settle(now=timezone.now()) == 0, "held ones are held back"
        replay(held.inbox_item, now=timezone.now())
        assert reservations.settle(now=timezone.now()) == 0, "it runs again"
    known(rig, 2)
    rig.until(
        lambda: bool(rig.deliveries(entity="order", key=held.key, state=DeliveryState.WAITING)),
        "it is on its way again",
    )
    assert in_flight(rig) == 3
    with scope.tenant(rig.tenant.pk):
        Delivery.objects.filter(entity="order", state=DeliveryState.WAITING).update(
            state=DeliveryState.HELD
        )
        item = held_ones(number).latest("id").inbox_item
        discard.discard(item, reason="Not ours", actor=None, now=timezone.now())
    assert in_flight(rig) == 0
    rig.until(lambda: shown(rig) == there, "all units are offered again")


def test_a_number_that_waited_is_looked_at_again_before_it_is_sent(rig: Rig) -> None:
    """It was worked out before the order; its units come off it without asking the till."""
    stop_orders(rig)
    there = at_till(rig)["available"]
    rig.shop.act("faults", kind="status", match="InventorySet", value=503, times=1)
    rig.till.act("sales", sku=SKU, quantity=1)
    rig.until(
        lambda: any(row.attempts for row in rig.deliveries(entity="inventory", state="waiting")),
        "a number waits",
    )
    buy(rig, 4)
    known(rig, 1)
    with scope.tenant(rig.tenant.pk):
        # The till would be read again; here only the number that waits is looked at.
        InboxItem.objects.filter(state=InboxState.WAITING, topic=reservations.DIRTY).update(
            due_at=timezone.now() + timedelta(hours=1)
        )
    rig.until(
        lambda: not rig.deliveries(entity="inventory", state="waiting"), "the number was sent"
    )
    assert shown(rig) == there - 1 - 4
    assert "- in flight 4" in arithmetic(rig)[0]


def test_stock_is_read_again_when_its_flow_is_switched_on(rig: Rig) -> None:
    """Another store of the till may have had its polls move on meanwhile."""
    with scope.tenant(rig.tenant.pk):
        flow = rig.pair.flows.get(entity="inventory")
        pairs.switch(flow, is_on=False, now=timezone.now())
        rig.till.act("sales", sku=SKU, quantity=1)
        Cursor.objects.filter(connection=rig.pos, entity="inventory").update(value="")
        pairs.switch(flow, is_on=True, now=timezone.now())
    rig.until(lambda: shown(rig) == at_till(rig)["available"], "the shop shows what is there")


def test_a_number_that_waited_knows_of_orders_that_have_arrived_meanwhile(rig: Rig) -> None:
    """The till was read before the order; that the till has it by now is not in the number."""
    rig.shop.act("faults", kind="status", match="InventorySet", value=503, times=1)
    rig.till.act("sales", sku=SKU, quantity=1)
    tried = {"entity": "inventory", "number": SKU, "state": "waiting", "attempts": 1}
    rig.until(lambda: bool(rig.deliveries(**tried)), "a number waits")
    (waits,) = rig.deliveries(**tried)
    with scope.tenant(rig.tenant.pk):
        Delivery.objects.filter(pk=waits.pk).update(due_at=timezone.now() + timedelta(hours=1))
    buy(rig, 4)
    rig.until(
        lambda: bool(rig.deliveries(entity="order", state="delivered")) and not in_flight(rig),
        "the till has the order",
    )
    with scope.tenant(rig.tenant.pk):
        Delivery.objects.filter(pk=waits.pk).update(due_at=timezone.now())
    rig.until(lambda: not rig.deliveries(pk=waits.pk, state="waiting"), "the number was sent")
    (sent,) = rig.deliveries(pk=waits.pk)
    with scope.tenant(rig.tenant.pk):
        (number,) = load(sent.payload_id)["stock"]["numbers"]
    assert "- in flight 4" in number["arithmetic"]


def test_each_location_has_its_own_number_less_its_safety(
    make_rig: Callable[..., Rig], settings: Any
) -> None:
    rig = make_rig(size=8, shop_options={**PLENTY, "locations": 2}, till_settings=CALM)
    settings.CLARITY_LANE_SLICE_SECONDS = SHORT
    first, second = sorted(at_till(rig)["each"])
    places = sorted(levels_of_shop(rig))
    with scope.tenant(rig.tenant.pk):
        rig.store.settings = {
            **rig.store.settings,
            "location_map": f"{first} = {places[0]}\n{second} = {places[1]}",
        }
        rig.store.save(update_fields=["settings"])
        for sku, location, units in (("*", "", 1), (SKU, second, 5)):
            SafetyStock.objects.create(
                tenant=rig.tenant,
                pair=rig.pair,
                sku=sku,
                location=location,
                units=units,
                changed_at=timezone.now(),
            )
        pairs.switch(
            rig.pair.flows.get(entity="order", direction="to_pos"), is_on=False, now=timezone.now()
        )
        pairs.switch(
            rig.pair.flows.get(entity="order", direction="to_pos"), is_on=True, now=timezone.now()
        )
    stop_orders(rig)
    buy(rig, 2)
    known(rig, 1)
    rig.till.act("sales", sku=SKU, quantity=1, location_id=second)
    each = at_till(rig)["each"]
    wanted = {places[0]: each[first] - 2 - 1, places[1]: each[second] - 5}
    rig.until(lambda: levels(rig)[SKU] == wanted, f"the shop shows {wanted}")
    quietly = arithmetic(rig)
    assert quietly[0].endswith(f"- in flight 2 - safety 1 = {wanted[places[0]]}")
    assert quietly[1].endswith(f"- safety 5 = {wanted[places[1]]}")
    stock.forget()
    (row,) = [
        one for one in stock.compare_stock(pair=rig.pair, now=timezone.now()).rows if one.sku == SKU
    ]
    assert not row.differs
    assert [place.arithmetic for place in row.places] == quietly


def levels_of_shop(rig: Rig) -> list[str]:
    """Every location of the shop."""
    token = rig.shop_account["credentials"]["access_token"]
    shop = plain_session(rig.shop_account["base_url"], {"X-Shopify-Access-Token": token})
    query = "{ locations(first: 9) { nodes { id } } }"
    answer = shop.request("POST", "/admin/api/2026-10/graphql.json", body={"query": query})
    nodes = answer.json()["data"]["locations"]["nodes"]
    return [node["id"].rpartition("/")[2] for node in nodes]
