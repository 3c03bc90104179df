"""Everything one side holds arrives on the other: once, linked by SKU, behind what has just changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from integrations.connectors.shopify import backfill as shop_backfill
from integrations.models import (
    Backfill,
    BackfillArticle,
    BackfillState,
    Cursor,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Link,
    Rank,
)
from integrations.services import backfills, pairs
from integrations.services.backfills import CannotBackfill
from integrations.sync import backfilling, intake, pipeline, slices
from integrations.sync.stages import deliver, receive
from tenants import scope
from tests.flow.backfills import (
    CALM,
    differences,
    figures,
    now,
    planned,
    start,
    started,
    until_done,
)
from tests.flow.conftest import Rig

MakeRig = Callable[..., Rig]


def test_stock_of_a_shop_arrives_in_the_calls_that_were_planned(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=260, shop_options={"opening_stock": False})
    before = rig.shop.requests()
    assert differences(rig) == 260
    row = planned(rig, "inventory")
    # The till has three services besides, which keep no stock.
    assert (row.records, row.listed_there) == (263, 260)
    assert (row.list_calls, row.read_calls, row.write_calls) == (2, 2, 2)
    asked = rig.shop.requests() - before
    start(rig, row)
    done = until_done(rig, row)
    assert done.counts == {"delivered": 260, "filtered": 3}
    assert (done.percent, done.total, done.settled) == (100, 263, 263)
    assert now(rig, row).calls == 2 + 2
    assert rig.shop.requests() - before - asked <= 2 + 2 + 1
    assert differences(rig) == 0
    with scope.tenant(rig.tenant.pk):
        assert Link.objects.filter(entity="inventory").count() == 260
        assert BackfillArticle.objects.count() == 0


def test_a_second_run_changes_nothing_and_doubles_nothing(make_rig: MakeRig, store: str) -> None:
    rig = make_rig(
        store=store,
        till_settings=CALM,
        size=30,
        shop_options={"customers": 20, "opening_stock": False},
    )
    until_done(rig, started(rig, "inventory"))
    first = until_done(rig, started(rig, "customer"))
    assert first.counts == {"delivered": 20}
    writes = rig.till.requests()
    again = until_done(rig, started(rig, "customer"))
    assert again.counts == {"unchanged": 20}
    stock_again = until_done(rig, started(rig, "inventory"))
    assert stock_again.counts == {"unchanged": 30, "filtered": 3}
    assert differences(rig) == 0
    with scope.tenant(rig.tenant.pk):
        assert Link.objects.filter(entity="customer").count() == 20
        assert Link.objects.filter(entity="inventory").count() == 30
    assert rig.till.requests() > writes


def test_articles_without_a_partner_are_listed_and_stop_nothing(
    make_rig: MakeRig, store: str
) -> None:
    rig = make_rig(
        store=store,
        till_settings=CALM,
        size=40,
        shop_size=35,
        shop_options={"opening_stock": False},
    )
    row = started(rig, "inventory")
    done = until_done(rig, row)
    assert done.counts == {"delivered": 35, "filtered": 3, "unmatched": 5}
    assert rig.items(state=InboxState.HELD) == []
    with scope.tenant(rig.tenant.pk):
        listed = list(row.articles.order_by("sku"))
    assert len(listed) == 5
    assert {article.reason for article in listed} == {"No article of Shop has this SKU"}
    assert {article.side for article in listed} == {"source"}
    assert differences(rig) == 0


def test_articles_only_the_target_has_are_listed(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=20, shop_size=24)
    row = started(rig, "inventory")
    done = until_done(rig, row)
    assert done.only_there == 4
    with scope.tenant(rig.tenant.pk):
        assert {article.side for article in row.articles.all()} == {"target"}


def test_a_second_backfill_of_a_flow_is_refused(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=4)
    row = planned(rig, "inventory")
    other = planned(rig, "inventory")
    with scope.tenant(rig.tenant.pk):
        assert list(Backfill.objects.values_list("pk", flat=True)) == [other.pk]
    assert row.pk != other.pk
    start(rig, other)
    with pytest.raises(CannotBackfill, match="running already"):
        start(rig, other)
    with pytest.raises(CannotBackfill, match="is running. Let it end, or cancel it first"):
        planned(rig, "inventory")


def test_pause_keeps_the_place_and_resume_goes_on(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfilling, "MOST_WAITING", 1)
    monkeypatch.setattr(shop_backfill, "CUSTOMERS", 10)
    rig = make_rig(till_settings=CALM, size=4, shop_options={"customers": 25})
    row = started(rig, "customer")
    rig.until(lambda: now(rig, row).read >= 10, "a page was read")
    with scope.tenant(rig.tenant.pk):
        backfills.pause(row)
    rig.until(lambda: rig.waiting() == 0, "what was read has arrived")
    read = now(rig, row).read
    assert read < 25
    assert now(rig, row).state == BackfillState.PAUSED
    rig.work()
    assert now(rig, row).read == read
    start(rig, row)
    assert until_done(rig, row).counts == {"delivered": 25}


def test_cancel_ends_it_and_what_was_read_arrives(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfilling, "MOST_WAITING", 1)
    monkeypatch.setattr(shop_backfill, "CUSTOMERS", 10)
    rig = make_rig(till_settings=CALM, size=4, shop_options={"customers": 25})
    row = started(rig, "customer")
    rig.until(lambda: now(rig, row).read >= 10, "a page was read")
    with scope.tenant(rig.tenant.pk):
        backfills.cancel(row, now=timezone.now())
    rig.until(lambda: rig.waiting() == 0, "what was read has arrived")
    found = now(rig, row)
    assert found.state == BackfillState.CANCELLED
    assert figures(rig, row).counts == {"delivered": found.read}
    with scope.tenant(rig.tenant.pk), pytest.raises(CannotBackfill, match="cancelled already"):
        backfills.cancel(row, now=timezone.now())
    with pytest.raises(CannotBackfill, match="Plan a new one"):
        start(rig, row)


def test_only_so_many_records_wait_at_a_time(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfilling, "MOST_WAITING", 10)
    monkeypatch.setattr(shop_backfill, "CUSTOMERS", 10)
    rig = make_rig(till_settings=CALM, size=4, shop_options={"customers": 45})
    row = started(rig, "customer")
    waiting: list[int] = []
    accept = intake.accept

    def counted(**given: Any) -> int:
        new = accept(**given)
        if scope.active() is None:
            return new  # a webhook of the till: what comes back is news
        items = InboxItem.objects.filter(state=InboxState.WAITING, connection=rig.store)
        sent = Delivery.objects.filter(state=DeliveryState.WAITING, target=rig.pos)
        waiting.append(items.count() + sent.count())
        return new

    monkeypatch.setattr(intake, "accept", counted)
    assert until_done(rig, row).counts == {"delivered": 45}
    # The bound and a page; an item becomes one delivery.
    assert 10 <= max(waiting) <= 20


def _read_but_not_taken_in(rig: Rig, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Backfill:
    """A backfill whose records lie in the inbox, and nobody has looked at them."""
    row = started(rig, "inventory")
    slices.run(tenant_id=rig.tenant.pk, connection_id=rig.store.pk)
    assert now(rig, row).is_listed
    usual, settings.CLARITY_LANE_SLICE_SECONDS = settings.CLARITY_LANE_SLICE_SECONDS, 0
    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "take_in", lambda *_, **__: 0)
        slices.run(tenant_id=rig.tenant.pk, connection_id=rig.pos.pk)
    settings.CLARITY_LANE_SLICE_SECONDS = usual
    assert now(rig, row).is_read
    return row


def test_news_overtakes_what_the_backfill_has_read(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    rig = make_rig(till_settings=CALM, size=6, shop_options={"opening_stock": False})
    row = _read_but_not_taken_in(rig, monkeypatch, settings)
    sold = rig.till.act("sales", sku="TEE-BLK-S", quantity=3)["tickets"][0]
    with scope.tenant(rig.tenant.pk):
        Cursor.objects.filter(connection=rig.pos).update(due_at=timezone.now())
    # One at a time, so that the news is dealt with before the backfill is looked at.
    monkeypatch.setattr(receive, "BATCH", 1)
    done = until_done(rig, row)
    assert done.counts == {"delivered": 5, "filtered": 3, "merged": 1}
    (item,) = rig.items(key=str(sold["item_id"]), rank=Rank.BACKFILL)
    assert item.state == InboxState.MERGED
    assert rig.deliveries(inbox_item_id=item.pk) == []
    assert differences(rig) == 0


def test_news_overtakes_what_waits_to_be_sent(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(till_settings=CALM, size=6, shop_options={"opening_stock": False})
    row = started(rig, "inventory")
    slices.run(tenant_id=rig.tenant.pk, connection_id=rig.store.pk)
    slices.run(tenant_id=rig.tenant.pk, connection_id=rig.pos.pk)
    assert len(rig.deliveries(state=DeliveryState.WAITING)) == 6
    sold = rig.till.act("sales", sku="TEE-BLK-S", quantity=3)["tickets"][0]
    while len(rig.deliveries(key=str(sold["item_id"]))) < 2:
        slices.run(tenant_id=rig.tenant.pk, connection_id=rig.pos.pk)
    monkeypatch.setitem(deliver.claim.__kwdefaults__, "limit", 1)
    until_done(rig, row)
    first, second = rig.deliveries(key=str(sold["item_id"]))
    assert (first.rank, first.state) == (Rank.BACKFILL, DeliveryState.REPLACED)
    assert (second.rank, second.state) == (Rank.STOCK, DeliveryState.DELIVERED)
    assert differences(rig) == 0


def test_a_paused_pair_stops_the_reading(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=4, shop_options={"customers": 5})
    row = started(rig, "customer")
    with scope.tenant(rig.tenant.pk):
        pairs.pause(rig.pair)
    rig.work()
    assert now(rig, row).read == 0
    assert "is paused" in figures(rig, row).waits_for
    with scope.tenant(rig.tenant.pk):
        pairs.start(rig.pair, state="testing", now=timezone.now())
    assert until_done(rig, row).counts == {"delivered": 5}


def test_orders_are_not_backfilled(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=4)
    with scope.tenant(rig.tenant.pk):
        assert {choice.flow.entity for choice in backfills.choices(rig.pair)} == {
            "customer",
            "inventory",
            "product",
        }
    with pytest.raises(CannotBackfill, match="Shop cannot list all its records"):
        planned(rig, "order")


def test_records_of_a_backfill_go_last(make_rig: MakeRig) -> None:
    rig = make_rig(till_settings=CALM, size=4, shop_options={"customers": 3})
    row = started(rig, "customer")
    until_done(rig, row)
    # What comes back from the till is news.
    items = rig.items(entity="customer", connection=rig.store)
    assert {item.rank for item in items} == {Rank.BACKFILL}
    assert {one.rank for one in rig.deliveries(state=DeliveryState.DELIVERED)} == {Rank.BACKFILL}
