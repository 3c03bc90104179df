"""The reservation ledger, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.connector_kit.errors import Rejected
from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    Lane,
    Link,
    Pair,
    Reservation,
    StockedArticle,
)
from integrations.services import reserving
from integrations.sync import lanes, preparing, reservations, rulebooks, stock_numbers
from integrations.sync.preparing import Prepared, Route
from integrations.sync.sessions import keep, open_for_reading
from integrations.sync.stages import deliver
from mappings.canonical.inventory import Level, Stock
from mappings.canonical.order import Order, OrderLine, OrderState, PaymentState
from mappings.canonical.record import Entity
from tenants import scope
from tests.web.shops import Shop, delivery, make_shop, notice

NOW = timezone.now()


@pytest.fixture
def shop(db: None) -> Shop:
    """In one transaction that is undone: nothing here needs what others have committed."""
    return make_shop("Harbour Goods")


@dataclass(frozen=True)
class Known:
    """An order as the preparing stage hands it over."""

    row: Delivery
    record: Order
    is_mapped: bool = True


def order(key: str, *lines: tuple[str, int], state: OrderState = OrderState.OPEN) -> Order:
    return Order(
        key=key,
        number=f"#{key}",
        currency="USD",
        state=state,
        payment=PaymentState.PAID,
        placed_at=NOW,
        lines=tuple(
            OrderLine(
                key=str(n), sku=sku, product_key=f"v-{sku}", quantity=count, unit_price=Decimal(5)
            )
            for n, (sku, count) in enumerate(lines)
        ),
        total=Decimal(5),
    )


def known(
    shop: Shop,
    record: Order,
    state: DeliveryState = DeliveryState.WAITING,
    *,
    is_mapped: bool = True,
) -> Delivery:
    """The order's delivery, with what it holds back noted in the same breath."""
    item = notice(shop, Entity.ORDER, number=record.number, key=record.key, state=InboxState.PASSED)
    delivery(shop, item, state=state)
    with scope.tenant(shop.tenant.pk):
        row: Delivery = Delivery.objects.select_related("flow").latest("id")
        reservations.note([Known(row, record, is_mapped)], now=NOW)
    return row


def held(shop: Shop, *, key: str = "11", sku: str = "TEE", since: datetime | None = None) -> int:
    with scope.tenant(shop.tenant.pk):
        till = open_for_reading(shop.pair.pos)
        found = stock_numbers.now_held(till, since=since)
        return sum(units for _, units in found.of(Stock(key=key, sku=sku), since=since).values())


def delivered(shop: Shop, row: Delivery, *, at: datetime = NOW) -> None:
    with scope.tenant(shop.tenant.pk):
        row.state = DeliveryState.DELIVERED
        row.save(update_fields=["state"])
        reservations.delivered([row], now=at)


def test_units_are_held_back_until_the_till_has_them(shop: Shop) -> None:
    row = known(shop, order("1", ("TEE", 2), ("TEE", 1), ("MUG", 4)))
    assert (held(shop), held(shop, key="12", sku="MUG")) == (3, 4)
    known(shop, order("1", ("TEE", 2), ("TEE", 1), ("MUG", 4)))
    assert held(shop) == 3, "a second notice of the same order adds nothing"
    delivered(shop, row)
    assert held(shop) == 3, "a newer delivery of it is on its way"
    with scope.tenant(shop.tenant.pk):
        newest = Delivery.objects.latest("id")
    delivered(shop, newest)
    assert held(shop) == 0


def test_stock_read_before_the_till_had_the_order_still_counts_it(shop: Shop) -> None:
    row = known(shop, order("1", ("TEE", 2)))
    delivered(shop, row)
    assert held(shop, since=NOW - timedelta(seconds=1)) == 2
    assert held(shop, since=NOW + timedelta(seconds=1)) == 0


def test_an_edit_holds_back_only_what_the_till_lacks(shop: Shop) -> None:
    delivered(shop, known(shop, order("1", ("TEE", 2))))
    more = known(shop, order("1", ("TEE", 5), ("MUG", 1)))
    assert (held(shop), held(shop, key="12", sku="MUG")) == (3, 1)
    delivered(shop, more)
    assert held(shop) == 0
    known(shop, order("1", ("TEE", 4)))
    assert (held(shop), held(shop, key="12", sku="MUG")) == (0, 0), "the till has more than enough"


@pytest.mark.parametrize(
    ("state", "is_mapped", "units"),
    [
        (DeliveryState.HELD, False, 2),
        (DeliveryState.FILTERED, False, 0),
        (DeliveryState.FILTERED, True, 7),
        (DeliveryState.UNCHANGED, True, 0),
    ],
)
def test_what_became_of_the_order_decides(
    shop: Shop, state: DeliveryState, is_mapped: bool, units: int
) -> None:
    """One that is left out holds nothing back; an older version changes nothing."""
    known(shop, order("1", ("TEE", 7)))
    known(shop, order("1", ("TEE", 2)), state, is_mapped=is_mapped)
    assert held(shop) == units


def test_a_cancelled_order_holds_nothing_back(shop: Shop) -> None:
    known(shop, order("1", ("TEE", 7)))
    known(shop, order("1", ("TEE", 7), state=OrderState.CANCELLED))
    assert held(shop) == 0


def test_an_article_is_known_by_its_link_before_its_sku(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        Link.objects.create(
            tenant=shop.tenant,
            pair=shop.pair,
            entity=Entity.PRODUCT,
            pos_key="77",
            store_key="v-TEE",
            updated_at=NOW,
        )
    known(shop, order("1", ("TEE", 2)))
    assert held(shop, key="77", sku="OTHER") == 2
    assert held(shop, key="11", sku="TEE") == 0


def test_two_shops_of_one_till_hold_back_each_others_orders(shop: Shop) -> None:
    known(shop, order("1", ("TEE", 2)))
    with scope.tenant(shop.tenant.pk):
        other = Pair.objects.create(name="Second", pos=shop.pair.pos, store=shop.pair.pos)
        Reservation.objects.update(pair=other)
    known(shop, order("1", ("TEE", 3)))
    assert held(shop) == 5


def test_a_change_marks_the_article_dirty_where_it_was_published(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        StockedArticle.objects.create(tenant=shop.tenant, till=shop.pair.pos, key="11", sku="TEE")
    known(shop, order("1", ("TEE", 2), ("MUG", 1)))
    with scope.tenant(shop.tenant.pk):
        (item,) = InboxItem.objects.filter(entity=Entity.INVENTORY)
        assert (item.key, item.topic) == ("11", reservations.DIRTY)


def test_what_a_missed_step_left_open_is_let_go_later(shop: Shop) -> None:
    rows = {
        state: known(shop, order(str(number), ("TEE", 1)))
        for number, state in enumerate(
            (DeliveryState.DELIVERED, DeliveryState.FILTERED, DeliveryState.REPLACED, None), 1
        )
    }
    waits = known(shop, order("9", ("TEE", 5)))
    with scope.tenant(shop.tenant.pk):
        for state, row in rows.items():
            mine = Delivery.objects.filter(pk=row.pk)
            mine.update(state=state) if state else mine.delete()
    assert held(shop) == 9
    reserving.settle_all(NOW)
    assert held(shop) == 5
    with scope.tenant(shop.tenant.pk):
        Delivery.objects.filter(pk=waits.pk).update(state=DeliveryState.REPLACED)
        InboxItem.objects.filter(pk=waits.inbox_item_id).update(state=InboxState.WAITING)
    reserving.settle_all(NOW)
    assert held(shop) == 5, "it is being replayed"


def test_an_order_that_turns_out_to_be_there_lets_go_at_once(shop: Shop) -> None:
    """Its twin was delivered after it was prepared, as after a crash; no call tells of its end."""
    twin = known(shop, order("1", ("TEE", 2)))
    row = known(shop, order("1", ("TEE", 2)))
    till = shop.pair.pos
    with scope.tenant(shop.tenant.pk):
        Delivery.objects.filter(pk=twin.pk).update(state=DeliveryState.DELIVERED)
        Link.objects.create(
            pair=shop.pair,
            entity=Entity.ORDER,
            pos_key="100321",
            store_key=row.key,
            to_pos_hash=row.content_hash,
            updated_at=NOW,
        )
        Lane.objects.filter(connection=till).update(due_at=NOW)
        session = open_for_reading(till)
        row.payload_id = keep(shop.tenant.pk, "delivery/order", {"record": {}, "fields": {}})
        lease = lanes.acquire(
            tenant_id=shop.tenant.pk, connection_id=till.pk, holder="test", now=NOW
        )
    assert held(shop) == 2
    assert lease is not None
    assert deliver.begin(session, lease, [[row]], now=NOW) == []
    assert held(shop) == 0


def test_an_article_that_is_not_tracked_any_more_is_held_once(shop: Shop) -> None:
    """Left out, its last number would stay in the shop for ever."""
    with scope.tenant(shop.tenant.pk):
        session = open_for_reading(shop.pair.pos)
        target = open_for_reading(shop.pair.store)
        StockedArticle.objects.create(tenant=shop.tenant, till=shop.pair.pos, key="11", sku="TEE")
        route = Route(
            shop.flows[Entity.INVENTORY], target, rulebooks.of_flow(shop.flows[Entity.INVENTORY])
        )
    states = []
    for _ in range(2):
        item = notice(shop, Entity.INVENTORY, key="11", state=InboxState.PASSED)
        made = preparing.prepare(
            session, route, item, Stock(key="11", sku="TEE", tracks_stock=False), now=NOW
        )
        with scope.tenant(shop.tenant.pk):
            preparing.store(session, [made], now=NOW)
        states.append(made.row.state)
    assert states == [DeliveryState.HELD, DeliveryState.FILTERED]
    with scope.tenant(shop.tenant.pk):
        first = Delivery.objects.get(state=DeliveryState.HELD)
        assert (first.field, first.said) == ("tracks_stock", "TEE")
        assert "Store till does not track the stock of TEE any more" in first.reason
        assert Incident.objects.filter(entity=Entity.INVENTORY).count() == 1


def test_a_table_of_locations_that_cannot_be_read_holds_the_record(shop: Shop) -> None:
    shop.pair.store.settings = {"location_map": "55 = 71, 56"}
    with scope.tenant(shop.tenant.pk):
        session, target = open_for_reading(shop.pair.pos), open_for_reading(shop.pair.store)
        book = rulebooks.of_flow(shop.flows[Entity.INVENTORY])
    level = Level(location="55", on_hand=Decimal(4), available=Decimal(4))
    item = notice(shop, Entity.INVENTORY, key="11", state=InboxState.PASSED)
    made: Prepared = preparing.prepare(
        session,
        Route(shop.flows[Entity.INVENTORY], target, book),
        item,
        Stock(key="11", sku="TEE", levels=(level,)),
        now=NOW,
    )
    assert isinstance(made.error, Rejected)
    assert made.row.reason == "The table of locations: '56' cannot be read"
    assert made.row.field == "location_map"
