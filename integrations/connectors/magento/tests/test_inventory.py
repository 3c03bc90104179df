"""Stock levels into Magento: what is sent, what is refused, and how many units may be sold then."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater, Unsupported
from integrations.connector_kit.testing import Reply
from integrations.connectors.magento import inventory, reservations
from integrations.connectors.magento.tests.small_warehouse import (
    SmallStore,
    client,
    level,
    refusal,
    run,
    small_store,
)


def write(store: SmallStore, *batch: Outgoing, **settings: str) -> list[Any]:
    return inventory.write_many(client(store, **settings), batch)


def test_all_four_values_are_sent_in_one_call_for_all_stores() -> None:
    with small_store("A", "B/1 +x") as store:
        results = write(store, level("A", 5), level("B/1 +x", 0))
        assert store.written() == [
            [
                {"sku": "A", "source_code": "default", "quantity": 5, "status": 1},
                {"sku": "B/1 +x", "source_code": "default", "quantity": 0, "status": 0},
            ]
        ]
        assert [asked.path for asked in store.vendor.asked if asked.method == "POST"] == [
            "/rest/all/V1/inventory/source-items"
        ]
    assert results == [
        Receipt("A", Outcome.UPDATED, "A"),
        Receipt("B/1 +x", Outcome.UPDATED, "B/1 +x"),
    ]


def test_what_is_there_already_is_not_written_again() -> None:
    with small_store("A", "B") as store:
        write(store, level("A", 5), level("B", 5))
        same, changed = write(store, level("A", 5), level("B", 4))
        assert [row["sku"] for row in store.written()[1]] == ["B"]
    assert [same.outcome, changed.outcome] == [Outcome.UNCHANGED, Outcome.UPDATED]


def test_articles_without_stock_stay_in_stock_where_backorders_are_taken() -> None:
    with small_store("A") as store:
        write(store, level("A", 0), sold_out_articles="in_stock")
        assert store.written()[0][0]["status"] == 1


def test_each_location_goes_to_its_source_and_an_unknown_one_is_named() -> None:
    rows = [{"location_id": "default", "quantity": 3}, {"location_id": "east", "quantity": 4}]
    with small_store("A", "B", sources=["default", "east"]) as store:
        wrong = [{"location_id": "west", "quantity": 1}]
        done, refused = write(
            store, level("A", fields={"levels": rows}), level("B", fields={"levels": wrong})
        )
        assert store.levels == {("A", "default"): 3, ("A", "east"): 4}
    assert isinstance(done, Receipt)
    assert isinstance(refused, Rejected)
    assert refused.field == "source_code"
    assert refused.said == "west"
    assert "default, east" in refused.advice


@pytest.mark.parametrize(
    ("outgoing", "said"),
    [
        (level("GONE"), "No Magento product with SKU GONE"),
        (level("a"), "Magento has the SKU 'A', the point of sale has 'a'"),
        (level(""), "The article has no SKU and is not linked"),
        (level("NEW", linked_id="OLD"), "The linked Magento product no longer exists"),
    ],
)
def test_an_article_that_is_not_there_is_refused_and_stops_no_other(
    outgoing: Outgoing, said: str
) -> None:
    with small_store("A") as store:
        refused, done = write(store, outgoing, level("A"))
    assert isinstance(refused, Rejected)
    assert (str(refused), refused.field) == (said, "sku")
    assert isinstance(done, Receipt)


def test_a_link_goes_before_the_number_of_the_article() -> None:
    with small_store("SHOP-1", "TILL-1") as store:
        write(store, level("TILL-1", 7, linked_id="SHOP-1"))
        assert store.levels == {("SHOP-1", "default"): 7}


def test_a_configurable_has_no_stock_of_its_own_and_is_left_out() -> None:
    with small_store("A") as store:
        store.sell("PARENT", type_id="configurable")
        (result,) = write(store, level("PARENT"))
        assert not store.written()
    assert isinstance(result, Unsupported)
    assert "PARENT is a configurable product" in str(result)


def test_a_whole_number_is_needed() -> None:
    with small_store("A") as store:
        (result,) = write(store, level("A", "5.5"))
    assert isinstance(result, Rejected)
    assert (result.field, result.said) == ("quantity", "5.5")


def test_two_articles_of_one_product_are_refused_and_the_same_one_twice_counts_once() -> None:
    with small_store("A", "B") as store:
        results = write(
            store, level("A", 1, key="1"), level("A", 2, key="2"), level("B", 1), level("B", 2)
        )
        assert store.levels == {("B", "default"): 2}
    assert [isinstance(one, Rejected) for one in results] == [True, True, False, False]


def test_one_bad_row_does_not_stop_the_others() -> None:
    skus = [f"S{number}" for number in range(40)]

    def deleted_meanwhile(store: SmallStore, what: str, body: Any) -> None:
        if what == "POST inventory/source-items":
            store.products.pop("S13", None)

    with small_store(*skus, intercept=deleted_meanwhile) as store:
        results = write(store, *(level(sku, 3) for sku in skus))
        assert len(store.levels) == 39
    refused = [at for at, one in enumerate(results) if isinstance(one, Rejected)]
    assert refused == [13]
    assert "Could not save Source Item" in str(results[13])


def test_the_merchants_limit_is_learnt_from_what_is_refused() -> None:
    skus = [f"S{number}" for number in range(50)]
    with small_store(*skus, limit=20) as store:
        shop = client(store)
        first = inventory.write_many(shop, [level(sku) for sku in skus])
        calls = store.count("POST inventory")
        inventory.write_many(shop, [level(sku, 6) for sku in skus])
        assert [len(rows) for rows in store.written()[calls:]] == [20, 20, 10]
    assert all(isinstance(one, Receipt) for one in first)


def test_a_shop_that_is_busy_leaves_the_batch_for_later() -> None:
    busy = Reply(503, body=b"<html>maintenance</html>")
    with (
        small_store("A", intercept=lambda _, what, __: busy if "POST" in what else None) as store,
        pytest.raises(TryLater),
    ):
        write(store, level("A"))


# --- open orders ----------------------------------------------------------------------------------


def test_only_orders_the_number_knows_of_are_added() -> None:
    """14 at the till; order 1 (3 units) is known, 2 (2 units) was placed a moment ago."""
    with small_store("A") as store:
        store.order(1, "A", 3)
        store.order(2, "A", 2)
        write(store, level("A", 11, knows={"1": 3}))
        assert store.levels["A", "default"] == 14
        assert store.salable("A") == 9


def test_an_order_of_which_all_is_known_counts_with_what_it_has_left_there() -> None:
    with small_store("A") as store:
        store.order(1, "A", 5, qty_shipped=2, qty_canceled=1)
        write(store, level("A", 10, knows={"1": None}))
        assert store.levels["A", "default"] == 12


def test_as_is_writes_the_number_and_asks_for_no_orders() -> None:
    with small_store("A") as store:
        store.order(1, "A", 3)
        write(store, level("A", 11, knows={"1": 3}), reservations="as_is")
        assert store.levels["A", "default"] == 11
        assert not store.count("GET orders")


def test_a_shipment_between_the_look_and_the_write_is_made_good() -> None:
    def shipping(store: SmallStore, what: str, body: Any) -> None:
        if what == "POST inventory/source-items" and store.orders[1]["state"] == "processing":
            store.ship(1)

    with small_store("A", intercept=shipping) as store:
        store.order(1, "A", 3)
        (result,) = write(store, level("A", 11, knows={"1": 3}))
        assert store.salable("A") == 11
        assert len(store.written()) == 2
    assert isinstance(result, Receipt)


def test_an_order_completed_while_open_ones_are_paged_hides_no_other() -> None:
    def completing(store: SmallStore, what: str, body: Any) -> None:
        if what == "GET orders" and store.count("GET orders") == 2:
            store.orders[1] |= {"state": "complete", "updated_at": "2099-01-01 00:00:00"}

    with small_store("A", modules=[], intercept=completing) as store:
        store.stock_items["A"] = {"item_id": 1, "qty": 0, "is_in_stock": True}
        for number in (1, 2, 3):
            store.order(number, "A", 1)["updated_at"] = "2026-01-01 00:00:00"
        write(store, level("A", 10), page_size="2")
        # Only order 1 is gone; 2 and 3 were placed a moment ago and hold a unit each.
        assert store.stock_items["A"]["qty"] == 8


def test_what_is_added_lies_where_orders_are_shipped_from() -> None:
    rows = [{"location_id": "east", "quantity": 8}, {"location_id": "default", "quantity": 1}]
    with small_store("A", sources=["default", "east"]) as store:
        store.order(1, "A", 3)
        write(store, level("A", fields={"levels": rows}, knows={"1": 3}))
        assert store.levels == {("A", "east"): 8, ("A", "default"): 4}


@pytest.mark.parametrize(
    ("added", "left"), [("4", ["5", "7"]), ("-2", ["5", "1"]), ("-6", ["2", "0"])]
)
def test_what_is_spread_is_never_below_nothing(added: str, left: list[str]) -> None:
    levels = [("east", Decimal(5)), ("home", Decimal(3))]
    made = reservations.spread(levels, Decimal(added), "home")
    assert [str(one) for one in made] == left


def test_units_of_a_configurable_and_of_a_bundle_are_those_of_their_parts() -> None:
    order = {
        "items": [
            {"item_id": 1, "product_type": "configurable", "sku": "TEE-M", "qty_ordered": 3}
            | {"qty_shipped": 1},
            {"item_id": 2, "parent_item_id": 1, "product_type": "simple", "sku": "TEE-M"}
            | {"qty_ordered": 3},
            {"item_id": 3, "product_type": "bundle", "sku": "SET", "qty_ordered": 2}
            | {"qty_shipped": 1},
            {"item_id": 4, "parent_item_id": 3, "product_type": "simple", "sku": "CUP"}
            | {"qty_ordered": 8},
            {"item_id": 5, "product_type": "simple", "sku": "MUG", "qty_ordered": 1}
            | {"qty_refunded": 1},
        ]
    }
    assert reservations.unshipped(order) == {"TEE-M": 2, "CUP": 4}


# --- shops without sources ------------------------------------------------------------------------


def legacy(**stock: Any) -> dict[str, Any]:
    return {"item_id": 4, "qty": 9, "is_in_stock": True, "manage_stock": True, **stock}


def test_a_shop_without_sources_gets_one_quantity_for_each_article() -> None:
    with small_store("A", "B", modules=[], stock_items={"A": legacy(), "B": legacy()}) as store:
        changed, same = write(store, level("A", 0), level("B", 9))
        assert store.stock_items["A"]["qty"] == 0
        assert store.stock_items["A"]["is_in_stock"] is False
        assert store.count("PUT") == 1
    assert [changed.outcome, same.outcome] == [Outcome.UPDATED, Outcome.UNCHANGED]


def test_without_reservations_only_orders_the_number_does_not_know_are_taken_off() -> None:
    with small_store("A", stock_items={"A": legacy()}) as store:
        store.order(1, "A", 3)
        store.order(2, "A", 2)
        write(store, level("A", 11, knows={"1": 3}), stock_mode="legacy")
        assert store.stock_items["A"]["qty"] == 9


def test_stock_that_is_not_tracked_is_refused() -> None:
    with small_store("A", stock_items={"A": legacy(manage_stock=False)}) as store:
        (result,) = write(store, level("A", 3), stock_mode="legacy")
    assert isinstance(result, Rejected)
    assert "does not track" in str(result)


def test_a_slash_in_a_sku_goes_through_the_product_where_calls_are_signed() -> None:
    sent: list[Any] = []

    def taking(store: SmallStore, what: str, body: Any) -> Reply | None:
        if what == "POST products":
            sent.append(body["product"])
            return Reply(json={"id": 1, "sku": "A/1"})
        return None

    with small_store("A/1", intercept=taking) as store:
        shop = client(store, stock_mode="legacy")
        shop.fits_path = lambda sku: False  # type: ignore[method-assign]
        (result,) = inventory.write_many(shop, [level("A/1", 3)])
    assert isinstance(result, Receipt)
    assert sent == [
        {"sku": "A/1", "extension_attributes": {"stock_item": {"qty": 3, "is_in_stock": True}}}
    ]


# --- bulk loads -----------------------------------------------------------------------------------


def test_many_levels_go_through_the_queue_of_the_shop() -> None:
    skus = [f"S{number}" for number in range(250)]
    with small_store(*skus) as store:
        results = write(store, *(level(sku, 3) for sku in skus), bulk_threshold="200")
        (load,) = store.bulks.values()
        assert [len(body["sourceItems"]) for body in load["bodies"]] == [100, 100, 50]
        assert not store.written()
    assert all(isinstance(one, Receipt) for one in results)


def test_the_rows_of_an_operation_that_failed_are_written_directly() -> None:
    skus = [f"S{number}" for number in range(150)]

    def deleted_meanwhile(store: SmallStore, what: str, body: Any) -> None:
        if what == "POST bulk inventory/source-items":
            store.products.pop("S120")

    with small_store(*skus, intercept=deleted_meanwhile) as store:
        results = write(store, *(level(sku, 3) for sku in skus), bulk_threshold="100")
        assert len(store.levels) == 149
        assert sum(map(len, store.written())) < 400
        assert all(row["sku"] not in ("S0", "S99") for rows in store.written() for row in rows)
    assert [at for at, one in enumerate(results) if isinstance(one, Rejected)] == [120]


def test_a_load_that_is_still_queued_is_asked_for_again_and_not_sent_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("integrations.connectors.magento.inventory_load.WAIT_SECONDS", 0)
    with small_store("A", consumers_run=False) as store:
        shop = client(store, bulk_threshold="1")
        (first,) = inventory.write_many(shop, [level("A", 3)])
        run_later = next(iter(store.bulks))
        run(store, run_later)
        (second,) = inventory.write_many(shop, [level("A", 3)])
        assert len(store.bulks) == 1
    assert isinstance(first, TryLater)
    assert first.of_record
    assert isinstance(second, Receipt)


def test_a_queue_that_stands_still_is_left_and_what_it_does_late_is_put_right(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    module = "integrations.connectors.magento.inventory_load"
    monkeypatch.setattr(f"{module}.WAIT_SECONDS", 0)
    # The clock of a shop is known to the second, so nothing at all is a second too long.
    monkeypatch.setattr(f"{module}.CONSUMERS_REST", timedelta(seconds=-10))
    monkeypatch.setattr(f"{module}._LATE_LOOK", timedelta(seconds=-10))
    with small_store("A", consumers_run=False) as store:
        shop = client(store, bulk_threshold="1")
        (first,) = inventory.write_many(shop, [level("A", 3)])
        assert store.levels["A", "default"] == 3
        inventory.write_many(shop, [level("A", 8)])
        assert len(store.bulks) == 1
        run(store, "bulk-1")
        assert store.levels["A", "default"] == 3
        store.sell("B")
        inventory.write_many(shop, [level("B", 1)])
        assert store.levels["A", "default"] == 8
    assert isinstance(first, Receipt)
    assert "consumer async.operations.all must run" in caplog.text


@pytest.mark.parametrize("before", [9, 4])
def test_a_number_that_is_newer_than_a_queued_load_comes_out_last(
    monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """Sold at the till while the queue of the shop still holds the old number: or it is oversold."""
    module = "integrations.connectors.magento.inventory_load"
    monkeypatch.setattr(f"{module}.WAIT_SECONDS", 0)
    monkeypatch.setattr(f"{module}._LATE_LOOK", timedelta(seconds=-10))
    with small_store("A", "B", consumers_run=False) as store:
        store.levels["A", "default"] = Decimal(before)
        shop = client(store, bulk_threshold="2")
        inventory.write_many(shop, [level("A", 10), level("B", 10)])
        inventory.write_many(shop, [level("A", 4)])
        run(store, "bulk-1")
        assert store.levels["A", "default"] == 10
        (other,) = inventory.write_many(shop, [level("B", 10)])
        assert store.levels == {("A", "default"): 4, ("B", "default"): 10}
        # What the shop does with it from then on is its own affair.
        store.levels["A", "default"] = Decimal(3)
        inventory.write_many(shop, [level("B", 9)])
        assert store.levels["A", "default"] == 3
    assert isinstance(other, Receipt)


def test_a_load_that_another_worker_handed_over_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process of a cluster has a client of its own, and the lane moves between them."""
    module = "integrations.connectors.magento.inventory_load"
    monkeypatch.setattr(f"{module}.WAIT_SECONDS", 0)
    monkeypatch.setattr(f"{module}._LATE_LOOK", timedelta(seconds=-10))
    with small_store("A", "B", consumers_run=False) as store:
        one, other = client(store, bulk_threshold="2"), client(store, bulk_threshold="2")
        load = [level("A", 10), level("B", 10)]
        inventory.write_many(one, load)
        inventory.write_many(other, load)
        assert len(store.bulks) == 1
        inventory.write_many(other, [level("A", 4)])
        run(store, "bulk-1")
        inventory.write_many(other, [level("B", 10)])
        assert store.levels == {("A", "default"): 4, ("B", "default"): 10}


def test_a_shop_that_takes_no_bulk_loads_is_served_directly() -> None:
    def without(store: SmallStore, what: str, body: Any) -> Reply | None:
        missing = "bulk inventory" in what
        return refusal("Request does not match any route.", 404) if missing else None

    with small_store("A", intercept=without) as store:
        (result,) = write(store, level("A", 3), bulk_threshold="1")
        assert store.levels["A", "default"] == 3
    assert isinstance(result, Receipt)
