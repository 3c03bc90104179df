"""End to end over HTTP: the whole connector against the sandbox."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.connector_kit.base import Account, Extent, Outcome, Outgoing, WebhookRequest
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Rejected, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connector_kit.sandbox.testing import Receiver, done, listening, serving
from integrations.connectors.shopify import backfill, customers
from integrations.connectors.shopify.auth import authorise_url, check_callback, exchange_code
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.connector import CONNECTOR
from mappings.canonical.order import check_order
from mappings.canonical.record import Entity

SIZE = 12
SKUS = [article.sku for article in catalogue(seed="7", size=SIZE, locations=1)]


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("shopify") as address:
        yield address


@dataclass
class Shop:
    """One sandbox account with the control calls a test needs."""

    public: str
    name: str
    details: dict[str, Any]
    seen: list[Any] = field(default_factory=list)

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        return done("POST", f"{self.public}/_sandbox/accounts/{self.name}/{path}", body)

    def account(self, **changes: Any) -> Account:
        given = Account(
            id=self.name,
            base_url=self.details["base_url"],
            flavour="admin",
            # Everything the sandbox sells is paid with its test gateway.
            settings={**self.details["settings"], "skip_test_orders": "no"},
            credentials=self.details["credentials"],
            private_network=True,
            observe=self.seen.append,
        )
        return replace(given, **changes)

    def client(self) -> ShopClient:
        opened = CONNECTOR.open(self.account())
        assert isinstance(opened, ShopClient)
        return opened

    def stock(self, sku: str) -> Decimal:
        client = self.client()
        row = next(
            row
            for row in client.rows("VariantsBySku", "productVariants", {"q": f"sku:'{sku}'"})
            if row["sku"] == sku
        )
        item = row["inventoryItem"]["id"]
        port = CONNECTOR.entities[Entity.INVENTORY]
        assert port.read is not None
        assert port.normalise is not None
        found = port.read(client, [item])[item]
        stock = port.normalise(Payload(found), self.account())
        location = self.details["settings"]["location_id"]
        return next(level.available for level in stock.levels if level.location == location)


@pytest.fixture
def shop(public: str) -> Shop:
    name = f"t{uuid.uuid4().hex[:10]}"
    body = {"name": name, "seed": "7", "size": SIZE, "currency": "USD"}
    return Shop(public, name, done("POST", f"{public}/_sandbox/accounts", body))


def level(sku: str, quantity: int, **more: Any) -> Outgoing:
    delivery = more.pop("delivery_id", uuid.uuid4().hex)
    fields = {"sku": sku, "quantity": quantity}
    return Outgoing(delivery, Entity.INVENTORY, f"key-{sku}", sku, fields, **more)


def set_levels(shop: Shop, *batch: Outgoing) -> list[Any]:
    write_many = CONNECTOR.entities[Entity.INVENTORY].write_many
    assert write_many is not None
    return list(write_many(shop.client(), batch))


# --- connecting ----------------------------------------------------------------------------------


def test_probe_and_choices(shop: Shop) -> None:
    found = CONNECTOR.probe(shop.client())
    assert found.currency == "USD"
    assert found.account_name
    assert found.problems == ()
    assert CONNECTOR.choices is not None
    values = [choice.value for choice in CONNECTOR.choices(shop.client(), "location_id")]
    assert shop.details["settings"]["location_id"] in values


def test_app_is_installed_by_the_authorization_code_grant(shop: Shop) -> None:
    app = shop.account().credentials
    url = authorise_url(
        base_url=shop.details["base_url"],
        client_id=app["client_id"],
        redirect_uri="http://127.0.0.1:1/back",
        state="nonce-1",
    )
    target = urlsplit(url)
    asked = HTTPConnection(target.netloc, timeout=10)
    asked.request("POST", f"{target.path}?{target.query}")
    answer = asked.getresponse()
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    asked.close()
    now = datetime.now(UTC)
    domain = check_callback(query, secret=app["client_secret"], state="nonce-1", now=now)
    only_app = {name: app[name] for name in ("client_id", "client_secret")}
    granted = exchange_code(shop.account(credentials=only_app), query["code"], now=now)
    assert set(granted) >= {"access_token", "refresh_token", "access_token_expires_at"}
    connected = shop.account(credentials={**only_app, **granted}, settings={"shop_domain": domain})
    assert CONNECTOR.probe(CONNECTOR.open(connected)).problems == ()
    with pytest.raises(NeedsOwner):
        exchange_code(shop.account(credentials=only_app), query["code"], now=now)


def test_revoked_token_needs_the_owner_unless_it_can_be_renewed(shop: Shop) -> None:
    shop.control("faults", kind="revoke", times=1)
    token_only = {"access_token": shop.details["credentials"]["access_token"]}
    with pytest.raises(NeedsOwner):
        CONNECTOR.probe(CONNECTOR.open(shop.account(credentials=token_only)))
    kept: list[Any] = []
    shop.control("faults", kind="revoke", times=1)
    renewing = shop.account(renewed=kept.append)
    assert CONNECTOR.probe(CONNECTOR.open(renewing)).problems == ()
    assert len(kept) == 1
    text = repr(shop.seen)
    assert not [v for k, v in shop.details["credentials"].items() if k != "client_id" and v in text]
    assert kept[0]["access_token"] not in text


@pytest.mark.parametrize(
    ("fault", "throttled"),
    [
        ({"kind": "throttle"}, True),
        ({"kind": "status", "value": 503}, False),
        ({"kind": "refuse"}, False),
        ({"kind": "lost_answer"}, False),
    ],
)
def test_faults_are_tried_later(shop: Shop, fault: dict[str, Any], throttled: bool) -> None:
    shop.control("faults", **fault)
    with pytest.raises(TryLater) as caught:
        CONNECTOR.probe(shop.client())
    assert caught.value.throttled is throttled
    if throttled:
        assert caught.value.after
        time.sleep(caught.value.after)
    assert CONNECTOR.probe(shop.client()).problems == ()


# --- orders --------------------------------------------------------------------------------------


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as made:
        yield made


def told(receiver: Receiver, topic: str) -> WebhookRequest:
    """The next webhook of that topic."""
    while True:
        found = receiver.next()
        if found.headers["x-shopify-topic"] == topic:
            return found


def test_order_comes_by_webhook_and_by_read_alike(shop: Shop, receiver: Receiver) -> None:
    assert CONNECTOR.subscribe is not None
    assert CONNECTOR.verify is not None
    assert CONNECTOR.notices is not None
    port = CONNECTOR.entities[Entity.ORDER]
    assert port.normalise is not None
    assert port.read is not None
    CONNECTOR.subscribe(shop.client(), receiver.url, set(Entity))
    CONNECTOR.subscribe(shop.client(), receiver.url, set(Entity))
    made = shop.control("orders", count=6)["orders"]
    compared = 0
    for _ in made:
        request = told(receiver, "orders/create")
        CONNECTOR.verify(request, shop.account())
        with pytest.raises(NotTheirs):
            CONNECTOR.verify(replace(request, body=request.body + b" "), shop.account())
        (notice,) = CONNECTOR.notices(request)
        assert notice.event
        read = port.read(shop.client(), [notice.key])[notice.key]
        from_read = port.normalise(Payload(read), shop.account())
        check_order(from_read)
        if notice.payload is not None:
            from_webhook = port.normalise(Payload(notice.payload), shop.account())
            assert from_webhook.model_dump_json() == from_read.model_dump_json()
            assert notice.version == from_webhook.version
            compared += 1
        assert str(from_read.total) == f"{Decimal(str(_total(made, notice.key))):.2f}"
    assert compared


def _total(made: list[dict[str, Any]], key: str) -> Any:
    return next(order["total"] for order in made if str(order["id"]) == key)


def test_poll_finds_what_webhooks_lost(shop: Shop) -> None:
    port = CONNECTOR.entities[Entity.ORDER]
    assert port.changes is not None
    assert port.normalise is not None
    client, now = shop.client(), datetime.now(UTC)
    cursor = json.dumps({"from": (now - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")})
    made = {str(o["id"]) for o in shop.control("orders", count=30)["orders"]}
    found: dict[str, Any] = {}
    for _ in range(20):
        page = port.changes(client, cursor, now + timedelta(minutes=3))
        found |= {notice.key: notice for notice in page.notices}
        cursor = page.cursor
        if not page.more:
            break
    assert made <= set(found)
    for key in made:
        payload = found[key].payload
        record = port.normalise(Payload(payload), shop.account())
        check_order(record)
        assert record.version == found[key].version


@pytest.mark.parametrize("entity", [Entity.PRODUCT, Entity.CUSTOMER])
def test_thin_polls_lead_to_readable_records(shop: Shop, entity: Entity) -> None:
    port = CONNECTOR.entities[entity]
    assert port.changes is not None
    assert port.read is not None
    assert port.normalise is not None
    client = shop.client()
    if entity is Entity.CUSTOMER:
        _write_customer(shop, {"email": "poll@example.com", "first_name": "Test"})
    page = port.changes(client, json.dumps({"from": "2000-01-01T00:00:00Z"}), datetime.now(UTC))
    keys = list(dict.fromkeys(notice.key for notice in page.notices))
    assert keys
    records = [
        port.normalise(Payload(row), shop.account()) for row in port.read(client, keys).values()
    ]
    assert [record.key for record in records] == keys


# --- stock ---------------------------------------------------------------------------------------


def test_stock_is_set_once_and_then_unchanged(shop: Shop) -> None:
    batch = [level(sku, 100 + index) for index, sku in enumerate(SKUS)] + [level("NO-SUCH-SKU", 1)]
    results = set_levels(shop, *batch)
    good, bad = results[:-1], results[-1]
    assert {result.outcome for result in good} == {Outcome.UPDATED}
    assert isinstance(bad, Rejected)
    assert str(bad) == "No Shopify variant with SKU NO-SUCH-SKU"
    assert [shop.stock(sku) for sku in SKUS[:3]] == [100, 101, 102]
    linked = level(SKUS[0], 100, linked_id=good[0].id)
    assert [r.outcome for r in set_levels(shop, linked, level(SKUS[1], 7))] == [
        Outcome.UNCHANGED,
        Outcome.UPDATED,
    ]
    assert shop.stock(SKUS[1]) == 7


def test_stock_after_a_lost_answer_is_right(shop: Shop) -> None:
    shop.control("faults", kind="lost_answer", match="InventorySet")
    with pytest.raises(TryLater):
        set_levels(shop, level(SKUS[0], 41, delivery_id="d-1"))
    (result,) = set_levels(shop, level(SKUS[0], 41, delivery_id="d-1", attempt=2))
    assert result.outcome is Outcome.UNCHANGED
    assert shop.stock(SKUS[0]) == 41


def test_refused_level_is_taken_out_of_the_batch(shop: Shop) -> None:
    gone = level("NO-SUCH", 5, linked_id="gid://shopify/InventoryItem/1")
    first, second, third = set_levels(shop, level(SKUS[0], 61), gone, level(SKUS[2], 63))
    assert (first.outcome, third.outcome) == (Outcome.UPDATED, Outcome.UPDATED)
    assert isinstance(second, Rejected)
    assert [shop.stock(SKUS[0]), shop.stock(SKUS[2])] == [61, 63]


# --- shipments and customers ---------------------------------------------------------------------


def test_shipment_is_made_once_whatever_is_lost(shop: Shop) -> None:
    (made,) = shop.control("orders", count=1)["orders"]
    order, write = CONNECTOR.entities[Entity.ORDER], CONNECTOR.entities[Entity.SHIPMENT].write
    assert order.read is not None
    assert order.normalise is not None
    assert write is not None
    key = str(made["id"])
    record = order.normalise(Payload(order.read(shop.client(), [key])[key]), shop.account())
    lines = [
        {"sku": line.sku, "quantity": line.quantity}
        for line in record.lines  # type: ignore[attr-defined]
        if line.requires_shipping
    ]
    outgoing = Outgoing(
        "d-2",
        Entity.SHIPMENT,
        "900",
        "900",
        {"lines": lines, "parcels": []},
        related={"order:100": key},
    )
    saved: dict[str, str] = {}
    shop.control("faults", kind="lost_answer", match="FulfillmentCreate")
    with pytest.raises(TryLater):
        write(shop.client(), outgoing, saved.__setitem__)
    again = replace(outgoing, attempt=2, progress=dict(saved))
    for attempt in (again, again, replace(outgoing, delivery_id="d-3")):
        assert write(shop.client(), attempt, saved.__setitem__).outcome is Outcome.UNCHANGED
    answer = shop.client().run("ShipmentOrder", {"id": f"gid://shopify/Order/{key}"})
    units = [
        row["quantity"]
        for fulfilment in answer.data["order"]["fulfillments"]
        for row in fulfilment["fulfillmentLineItems"]["nodes"]
    ]
    assert sum(units) == sum(line["quantity"] for line in lines)


def _write_customer(shop: Shop, fields: dict[str, Any]) -> Any:
    write = CONNECTOR.entities[Entity.CUSTOMER].write
    assert write is not None
    outgoing = Outgoing("d-4", Entity.CUSTOMER, "5", "5", fields)
    return write(shop.client(), outgoing, lambda *_: None)


def test_customer_is_created_then_updated_then_left_alone(shop: Shop) -> None:
    place = {"lines": ["1 Sample Street"], "city": "Austin", "region": "TX", "country": "US"}
    fields = {
        "email": "till@example.com",
        "first_name": "Test",
        "tags": ["pos"],
        "addresses": [place],
    }
    assert _write_customer(shop, fields).outcome is Outcome.CREATED
    assert _write_customer(shop, fields).outcome is Outcome.UNCHANGED
    receipt = _write_customer(shop, {**fields, "last_name": "Buyer", "tags": ["vip"]})
    assert receipt.outcome is Outcome.UPDATED
    port = CONNECTOR.entities[Entity.CUSTOMER]
    assert port.read is not None
    assert port.normalise is not None
    row = port.read(shop.client(), [receipt.id])[receipt.id]
    record = port.normalise(Payload(row), shop.account())
    assert record.model_dump(include={"first_name", "last_name", "tags"}) == {
        "first_name": "Test",
        "last_name": "Buyer",
        "tags": ("pos", "vip"),
    }


def test_a_backfill_reads_every_customer_and_article_once(
    public: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "CUSTOMERS", 4)
    monkeypatch.setattr(backfill, "ARTICLES", 5)
    name = f"s-{uuid.uuid4().hex[:8]}"
    wanted = {"name": name, "seed": "7", "size": SIZE, "customers": 10, "opening_stock": False}
    shop = Shop(public, name, done("POST", f"{public}/_sandbox/accounts", wanted))
    client = ShopClient(shop.account())
    assert backfill.count_customers(client) == Extent(records=10, calls=3)
    assert backfill.count_articles(client) == Extent(records=SIZE, calls=3)
    emails, cursor, more = [], "", True
    while more:
        page = backfill.customer_pages(client, cursor)
        for notice in page.notices:
            record = customers.normalise(Payload(notice.payload), client.account)
            assert notice.version == record.version
            emails.append(record.email)
        cursor, more = page.cursor, page.more
    assert emails == [f"buyer{number}@example.com" for number in range(1, 11)]
    skus, cursor = [], ""
    while True:
        listing = backfill.listing(client, cursor)
        skus += [row.sku for row in listing.rows]
        cursor = listing.cursor
        if not cursor:
            break
    assert sorted(skus) == sorted(SKUS)
