"""Bodies that real shops sent, and those of Shopify's own documentation, all the way through."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import (
    ConnectionState,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Payload,
)
from integrations.services.product_links import link_product
from integrations.services.replay import replay
from integrations.sync.stages import receive
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls, send

pytestmark = pytest.mark.shared

CENT = Decimal("0.01")
NO_FLOW = "No flow carries this record"
GONE = "the record does not exist any more in the source system"


@pytest.fixture
def bodies(shared_data: Path) -> Callable[[str], dict[str, Any]]:
    def read(name: str) -> dict[str, Any]:
        found = json.loads((shared_data / "shopify" / f"{name}.json").read_text("utf-8"))
        assert isinstance(found, dict)
        return found

    return read


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """Every log line of level ERROR or worse, ours and Django's."""
    found: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    keeper = Keeper(level=logging.ERROR)
    # Ours do not propagate, so each is listened to.
    loggers = [logging.getLogger(name) for name in ("", "clarity", "integrations", "mappings")]
    for logger in loggers:
        logger.addHandler(keeper)
    logging.getLogger("integrations.sync").error("heard")
    assert found == ["heard"], "the keeper must hear our own loggers"
    found.clear()
    yield found
    for logger in loggers:
        logger.removeHandler(keeper)


def settle(rig: Rig, body: Mapping[str, Any], topic: str = "orders/create") -> None:
    assert send(rig, body, topic=topic).accepted == 1
    rig.until(lambda: rig.waiting() == 0, "nothing waits")


def last(rig: Rig, body: Mapping[str, Any]) -> Delivery:
    return rig.deliveries(key=str(body["id"]), entity="order")[-1]


def goods(till: TillCalls, order_id: int) -> list[tuple[str, Decimal, Decimal]]:
    """Item, quantity and unit price of each article on an order, in the order they were added."""
    rows = till.get(f"/sales/orders/{order_id}/lines", per_page="500")["results"]
    return [
        (
            str(row["item_id"]),
            Decimal(str(row["qty"])),
            Decimal(str(row["adjusted_unit_price"])).quantize(CENT),
        )
        for row in sorted(rows, key=lambda row: int(row["id"]))
        if row.get("item_id")
    ]


def amount(row: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(str(row[name])).quantize(CENT)


# --- recorded at a real shop ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number", "prices", "shipping", "buyer"),
    [
        ("orders_create.recorded-1", "1070", ("90.80", "96.60", "96.60"), "20.00", "Alex"),
        ("orders_create.recorded-2", "1069", ("94.00", "100.00", "100.00"), "10.00", "WEB-GUEST"),
    ],
)
def test_a_recorded_order_without_skus_arrives_once_its_articles_are_linked(
    make_rig: Callable[..., Rig],
    bodies: Callable[[str], dict[str, Any]],
    errors: list[str],
    name: str,
    number: str,
    prices: tuple[str, ...],
    shipping: str,
    buyer: str,
) -> None:
    body = bodies(name)
    assert [line["sku"] for line in body["line_items"]] == ["", "", ""]
    rig = make_rig(currency="HKD", size=3, till_settings={"poll_seconds": "600"})
    till = TillCalls(rig)
    writes = till.writes()

    settle(rig, body)
    held = last(rig, body)
    assert (held.state, held.field, held.said) == (
        DeliveryState.HELD,
        "line_items[0].sku",
        "",
    )
    title = body["line_items"][0]["title"]
    assert held.advice == (
        f"Order S-{number}: no Heartland item for {title} (it has no SKU)."
        " Link it or add it, then replay."
    )
    assert till.writes() == writes

    items = [str(row["id"]) for row in till.get("/items", per_page="500")["results"]][:3]
    variants = [str(line["variant_id"]) for line in body["line_items"]]
    with scope.tenant(rig.tenant.pk):
        for variant, item in zip(variants, items, strict=True):
            link_product(rig.pair, store_key=variant, pos_key=item, now=timezone.now())
        replay(InboxItem.objects.get(key=str(body["id"])), now=timezone.now())
    rig.until(lambda: rig.waiting() == 0, "the replayed order is through")

    done = last(rig, body)
    assert (done.state, done.target_label) == (DeliveryState.DELIVERED, f"S-{number}")
    (order,) = till.orders()
    assert (order["public_id"], order["status"]) == (f"S-{number}", "closed")
    assert order["custom"]["external_order_id"] == str(body["id"])
    assert amount(order, "total") == Decimal(body["total_price"]) == Decimal("304.00")
    assert amount(order, "shipping_charge") == Decimal(shipping)
    assert amount(order, "balance") == 0
    assert goods(till, order["id"]) == [
        (item, Decimal(1), Decimal(price)) for item, price in zip(items, prices, strict=True)
    ]
    (payment,) = till.get(f"/sales/orders/{order['id']}/payments")["results"]
    assert amount(payment, "amount") == Decimal("304.00")
    assert payment["description"] == f"manual {body['id']}:paid"
    customer = till.get(f"/customers/{order['customer_id']}")
    assert buyer in (customer["first_name"], customer["public_id"])
    assert errors == []


# --- the documentation's order -------------------------------------------------------------------


def test_the_documented_order_is_left_out_as_a_test(
    make_rig: Callable[..., Rig], bodies: Callable[[str], dict[str, Any]], errors: list[str]
) -> None:
    body = bodies("orders_create.docs-2026-07")
    rig = make_rig(
        size=1, shop_settings={"skip_test_orders": "yes"}, till_settings={"poll_seconds": "600"}
    )
    till = TillCalls(rig)
    writes = till.writes()
    settle(rig, body)
    (item,) = rig.items(key=str(body["id"]))
    assert (item.state, item.reason) == (InboxState.FILTERED, "test order")
    assert not rig.deliveries(key=str(body["id"]))
    assert till.writes() == writes
    assert errors == []


def test_the_documented_order_arrives_to_the_cent(
    make_rig: Callable[..., Rig], bodies: Callable[[str], dict[str, Any]], errors: list[str]
) -> None:
    """Its five lines come to 414.95, the shipping of 10.00 was reduced to nothing, and it is unpaid.

    `total_price` says 404.95 (20.00 of discounts that no line bears, and the 10.00), but what is
    left to pay is `current_total_price`, which the lines do add up to.
    """
    body = copy.deepcopy(bodies("orders_create.docs-2026-07"))
    lines = body["line_items"]
    assert sum(Decimal(row["price"]) * row["quantity"] for row in lines) == Decimal("414.95")
    assert (body["total_price"], body["current_total_price"]) == ("404.95", "414.95")
    body |= {"test": False, "cancelled_at": None, "cancel_reason": None}
    rig = make_rig(size=1, till_settings={"poll_seconds": "600"})
    till = TillCalls(rig)
    items = [till.add_item(row["sku"], price=row["price"]) for row in lines]

    settle(rig, body)
    done = last(rig, body)
    assert (done.state, done.target_label) == (DeliveryState.DELIVERED, "S-9999")
    (order,) = till.orders()
    assert amount(order, "total") == Decimal("414.95")
    assert amount(order, "shipping_charge") == 0
    assert amount(order, "balance") == Decimal("414.95"), "voided: no money came"
    assert order["status"] == "open", "goods nobody paid for are not invoiced"
    assert goods(till, order["id"]) == [
        (item, Decimal(1), Decimal(row["price"])) for item, row in zip(items, lines, strict=True)
    ]
    assert till.get(f"/sales/orders/{order['id']}/payments")["results"] == []
    assert till.get("/sales/invoices")["results"] == []
    assert errors == []


def test_the_documented_order_is_cancelled_before_it_came(
    make_rig: Callable[..., Rig], bodies: Callable[[str], dict[str, Any]], errors: list[str]
) -> None:
    body = bodies("orders_create.docs-2026-07")
    rig = make_rig(size=1, till_settings={"poll_seconds": "600"})
    till = TillCalls(rig)
    writes = till.writes()
    settle(rig, body)
    left_out = last(rig, body)
    assert (left_out.state, left_out.reason) == (
        DeliveryState.FILTERED,
        "Order S-9999 was cancelled in the store before it came to Heartland.",
    )
    assert till.writes() == writes
    assert errors == []


# --- the documentation's other events ------------------------------------------------------------


def test_every_documented_event_is_answered_and_none_is_an_error_of_ours(
    make_rig: Callable[..., Rig],
    bodies: Callable[[str], dict[str, Any]],
    errors: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receive, "NOT_YET", timedelta(0))
    rig = make_rig(size=1, till_settings={"poll_seconds": "600"})
    rig.until(lambda: rig.waiting() == 0, "nothing waits")
    known = {row.pk for row in rig.items()}
    till = TillCalls(rig)
    writes = till.writes()
    samples = bodies("small_topics.docs-2026-07") | {
        "customers/update": bodies("customers_update.docs-2026-07"),
        "products/update": bodies("products_update.docs-2026-07"),
        "fulfillments/create": bodies("fulfillments_create.docs-2026-07"),
        "refunds/create": bodies("refunds_create.docs-2026-07"),
    }
    assert len(samples) == 27
    goodbye = samples.pop("app/uninstalled")

    with scope.tenant(rig.tenant.pk):
        payloads = Payload.objects.count()
    carried: dict[str, int] = {}
    for topic, body in sorted(samples.items()):
        said = send(rig, body, topic=topic)
        assert said.status == 200, f"{topic}: {said.text}"
        if '"accepted"' in said.text:
            carried[topic] = said.accepted
        else:
            assert said.detail == f"Shopify topic {topic!r} is not carried."
    assert carried == {
        "customers/update": 1,
        "inventory_levels/update": 1,
        "order_transactions/create": 1,
        "products/update": 2,
        "refunds/create": 2,
    }
    with scope.tenant(rig.tenant.pk):
        assert Payload.objects.count() == payloads, "these are thin: each record is read again"

    rig.until(lambda: rig.waiting() == 0, "nothing waits")
    found = sorted(
        (row.topic, row.entity, row.key, row.state, row.reason)
        for row in rig.items()
        if row.pk not in known
    )
    left_out = InboxState.FILTERED.value
    assert found == [
        ("customers/update", "customer", "706405506930370084", left_out, GONE),
        (
            "inventory_levels/update",
            "inventory",
            "gid://shopify/InventoryItem/271878346596884015",
            left_out,
            NO_FLOW,
        ),
        ("order_transactions/create", "payment", "120560818172775265", left_out, GONE),
        ("products/update", "product", "642667041472713922", left_out, NO_FLOW),
        ("products/update", "product", "757650484644203962", left_out, NO_FLOW),
        ("refunds/create", "order", "820982911946154508", left_out, GONE),
        ("refunds/create", "refund", "890088186047892319", left_out, GONE),
    ]
    assert till.writes() == writes
    assert not rig.items(state=InboxState.HELD)
    assert not rig.deliveries(state=DeliveryState.HELD)

    assert send(rig, goodbye, topic="app/uninstalled").status == 200
    with scope.tenant(rig.tenant.pk):
        rig.store.refresh_from_db()
    assert rig.store.state == ConnectionState.NEEDS_OWNER
    assert errors == []
