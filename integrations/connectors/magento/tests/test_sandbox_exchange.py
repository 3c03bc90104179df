"""End to end over HTTP: what the connector writes of sales, and the events of the sandbox."""

from __future__ import annotations

import json
import queue
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import Request, urlopen

import pytest

from integrations.connector_kit.base import Account, Outcome, Outgoing, Receipt, WebhookRequest
from integrations.connector_kit.errors import NotTheirs, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.sandbox.server import server
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.connector import CONNECTOR
from mappings.canonical.order import Fulfilment, Order, OrderState
from mappings.canonical.record import Entity


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    made = server("magento")
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


@dataclass
class Shop:
    """One sandbox account with the control calls a test needs."""

    public: str
    name: str
    details: dict[str, Any]
    settings: dict[str, str] = field(default_factory=dict)

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        return post(f"{self.public}/_sandbox/accounts/{self.name}/{path}", body)

    def account(self) -> Account:
        return Account(
            id=self.name,
            base_url=self.details["base_url"],
            flavour="rest",
            settings={**self.details["settings"], **self.settings},
            credentials=self.details["credentials"],
            private_network=True,
        )

    def client(self) -> StoreClient:
        opened = CONNECTOR.open(self.account())
        assert isinstance(opened, StoreClient)
        return opened

    def order(self, **wanted: Any) -> int:
        number: int = self.control("orders", seed="t", **wanted)["orders"][0]["id"]
        return number


def read(client: StoreClient, entity: Entity, key: object) -> Any:
    port = CONNECTOR.entities[entity]
    assert port.read is not None
    assert port.normalise is not None
    return port.normalise(Payload(port.read(client, [str(key)])[str(key)]), client.account)


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        found = json.load(answer)
    assert isinstance(found, dict)
    return found


def opened(public: str, **wanted: Any) -> Shop:
    name = f"t{uuid.uuid4().hex[:10]}"
    body = {"name": name, "seed": "7", "tax_rate": "0.0825", **wanted}
    return Shop(public, name, post(f"{public}/_sandbox/accounts", body))


KINDS = ("configurable", "bundle", "mixed")


def write(client: StoreClient, entity: Entity, order: Order, key: str, **fields: Any) -> Receipt:
    port = CONNECTOR.entities[entity]
    assert port.write is not None
    outgoing = Outgoing(
        delivery_id=f"d-{key}",
        entity=entity,
        key=key,
        reference=key,
        fields=fields,
        related={"order:100": order.key},
        linked_id=order.key if entity is Entity.ORDER else "",
    )
    return port.write(client, outgoing, {}.__setitem__)


def shipped(client: StoreClient, order: Order, key: str, *lines: tuple[str, int]) -> Receipt:
    rows = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    parcels = [{"carrier": "UPS", "tracking_number": f"1Z-{key}"}]
    return write(client, Entity.SHIPMENT, order, key, lines=rows, parcels=parcels)


@pytest.fixture(params=[False, True], ids=["plus tax", "with tax"])
def shop(public: str, request: pytest.FixtureRequest) -> Shop:
    return opened(public, taxes_included=request.param, tax_shipping=True)


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_the_till_ships_and_takes_back_closes_the_order(shop: Shop, kind: str) -> None:
    client = shop.client()
    number = shop.order(paid=True, kind=kind, discount="SAVE15", lines=4, shipping_price="12.95")
    order = read(client, Entity.ORDER, number)
    goods = [(line.sku, line.quantity) for line in order.lines if line.sku]
    made = shipped(client, order, "900", *goods)
    assert made.outcome is Outcome.CREATED
    assert read(client, Entity.ORDER, number).fulfilment is Fulfilment.WHOLE
    again = shipped(client, order, "900", *goods)
    assert again.outcome is not Outcome.CREATED
    back = write(
        client,
        Entity.REFUND,
        order,
        "700",
        number="R-7",
        currency=order.currency,
        total=order.total,
        shipping_total=order.shipping_total,
        lines=[
            {"sku": sku, "product_key": sku, "quantity": quantity, "restock": "yes"}
            for sku, quantity in goods
        ],
    )
    assert back.outcome is Outcome.CREATED
    left = client.get(f"orders/{number}")
    assert (left["state"], left["total_refunded"]) == ("closed", order.total)
    assert left["total_refunded"] == left["grand_total"]


def test_an_answer_that_is_lost_makes_nothing_twice(shop: Shop) -> None:
    client = shop.client()
    number = shop.order(paid=True, kind="configurable", discount=False, lines=1)
    order = read(client, Entity.ORDER, number)
    line = order.lines[0]
    for kind, path in (("lost_answer", "ship"), ("lost_answer", "refund")):
        shop.control("faults", kind=kind, match=f"POST /V1/order/{number}/{path}")
    with pytest.raises(TryLater):
        shipped(client, order, "900", (line.sku, line.quantity))
    shipped(client, order, "900", (line.sku, line.quantity))
    rows = [{"sku": line.sku, "product_key": line.sku, "quantity": line.quantity, "restock": "no"}]
    fields = {
        "number": "R-7",
        "currency": order.currency,
        "total": order.total,
        "shipping_total": order.shipping_total,
        "lines": rows,
    }
    with pytest.raises(TryLater):
        write(client, Entity.REFUND, order, "700", **fields)
    write(client, Entity.REFUND, order, "700", **fields)
    found = client.get(f"orders/{number}")
    assert [row["qty_shipped"] for row in found["items"] if "parent_item_id" not in row] == [
        line.quantity
    ]
    assert found["total_refunded"] == order.total


def test_an_order_is_told_of_and_cancelled_at_the_till(shop: Shop) -> None:
    shop.settings = {"offline_orders": "at_once", "cancelled_at_pos": "cancel"}
    client = shop.client()
    number = shop.order(paid=False, kind="mixed", discount=False)
    order = read(client, Entity.ORDER, number)
    write(client, Entity.ORDER, order, "100", number="S-100", progress="open", paid="unpaid")
    assert client.get(f"orders/{number}/statuses") == "pending"
    said = client.get(f"orders/{number}/comments")["items"][0]["comment"]
    assert said == "Order S-100 at the till: open, unpaid"
    fields = {"number": "S-100", "progress": "cancelled", "cancelled": True}
    write(client, Entity.ORDER, order, "100", **fields)
    assert read(client, Entity.ORDER, number).state is OrderState.CANCELLED


# --- events ----------------------------------------------------------------------------------------


@dataclass
class Mailbox:
    """An address that takes events, and gives Adobe its challenge back."""

    url: str
    got: queue.Queue[WebhookRequest]

    def next(self) -> WebhookRequest:
        return self.got.get(timeout=8)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    got: queue.Queue[WebhookRequest] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(urlsplit(self.path).query))
            got.put(WebhookRequest(headers=headers, body=body, query=query))
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            asked = dict(parse_qsl(urlsplit(self.path).query))["challenge"]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(asked.encode())

        def log_message(self, *_: Any) -> None:
            """The test looks at what came."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True).start()
    yield Mailbox(f"http://127.0.0.1:{made.server_port}/hooks", got)
    made.shutdown()
    made.server_close()


def _forged(request: WebhookRequest) -> WebhookRequest:
    return replace(request, body=request.body.replace(b'"entity_id"', b'"entity_Id"'))


def test_async_events_are_taken_and_forged_ones_are_not(public: str, mailbox: Mailbox) -> None:
    shop = opened(public)
    client = shop.client()
    assert CONNECTOR.subscribe is not None
    CONNECTOR.subscribe(client, mailbox.url, [Entity.ORDER])
    number = shop.order(paid=False)
    request = mailbox.next()
    CONNECTOR.verify(request, client.account)
    assert [(n.entity, n.key) for n in CONNECTOR.notices(request)] == [(Entity.ORDER, str(number))]
    with pytest.raises(NotTheirs):
        CONNECTOR.verify(_forged(request), client.account)


def test_adobes_events_are_taken_and_forged_ones_are_not(public: str, mailbox: Mailbox) -> None:
    shop = opened(public, edition="commerce", events="io_events")
    client = shop.client()
    assert CONNECTOR.subscribe is not None
    CONNECTOR.subscribe(client, mailbox.url, [Entity.ORDER])
    shop.control("io_events", url=mailbox.url)
    number = shop.order(paid=False)
    request = mailbox.next()
    CONNECTOR.verify(request, client.account)
    assert [(n.entity, n.key) for n in CONNECTOR.notices(request)] == [(Entity.ORDER, str(number))]
    with pytest.raises(NotTheirs):
        CONNECTOR.verify(_forged(request), client.account)
    other = {**client.account.settings, "io_client_id": "other"}
    with pytest.raises(NotTheirs):
        CONNECTOR.verify(request, replace(client.account, settings=other))


def test_hooks_of_mageplaza_are_taken_by_their_secret(public: str, mailbox: Mailbox) -> None:
    shop = opened(public, events="mageplaza")
    account = shop.account()
    secret = account.credentials["webhook_secret"]
    url = f"{mailbox.url}?event=order"
    shop.control("hooks", type="order", url=url, headers={"X-Clarity-Secret": secret})
    number = shop.order(paid=False)
    request = mailbox.next()
    CONNECTOR.verify(request, account)
    assert [(n.entity, n.key) for n in CONNECTOR.notices(request)] == [(Entity.ORDER, str(number))]
    with pytest.raises(NotTheirs):
        CONNECTOR.verify(replace(request, headers={"x-clarity-secret": "guess"}), account)
