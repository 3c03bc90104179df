"""End to end over HTTP: the connector reads what the sandbox sells, and takes the sandbox's events."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from integrations.connector_kit.base import Account, WebhookRequest
from integrations.connector_kit.errors import NotTheirs
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.sandbox.testing import Receiver, done, listening, serving
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.connector import CONNECTOR
from mappings.canonical.order import Order, check_order
from mappings.canonical.record import Entity
from mappings.canonical.refund import Refund


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("magento") as address:
        yield address


@dataclass
class Shop:
    """One sandbox account with the control calls a test needs."""

    public: str
    name: str
    details: dict[str, Any]
    settings: dict[str, str] = field(default_factory=dict)

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        return done("POST", f"{self.public}/_sandbox/accounts/{self.name}/{path}", body)

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


def opened(public: str, **wanted: Any) -> Shop:
    name = f"t{uuid.uuid4().hex[:10]}"
    body = {"name": name, "seed": "7", "tax_rate": "0.0825", **wanted}
    return Shop(public, name, done("POST", f"{public}/_sandbox/accounts", body))


@pytest.mark.parametrize(
    ("included", "taxed", "currency"),
    [(False, True, "order"), (True, False, "order"), (True, True, "base")],
)
def test_every_order_of_the_sandbox_adds_up_before_and_after_a_refund(
    public: str, included: bool, taxed: bool, currency: str
) -> None:
    shop = opened(
        public,
        edition="commerce",
        taxes_included=included,
        tax_shipping=taxed,
        base_to_order_rate="1.3717",
    )
    shop.settings = {"order_currency": currency}
    shop.control("gift_cards", code="GC", amount="20")
    client = shop.client()
    for kind, code in (("configurable", "LESS7"), ("bundle", "SAVE15"), ("mixed", "SAVE15")):
        gift = {"gift_card": "GC"} if code == "LESS7" else {}
        number = shop.order(
            paid=True,
            kind=kind,
            discount=code,
            lines=5,
            discount_shipping=True,
            shipping_price="12.95",
            **gift,
        )
        order = read(client, Entity.ORDER, number)
        assert isinstance(order, Order)
        check_order(order)
        line = {"sku": order.lines[0].sku, "quantity": 1}
        memo = shop.control(f"orders/{number}/refund", lines=[line], shipping="1.00")
        refund = read(client, Entity.REFUND, memo["id"])
        assert isinstance(refund, Refund)
        assert refund.order_key == str(number)
        left = read(client, Entity.ORDER, number)
        check_order(left)
        assert left.total == order.total - refund.total


# --- events ----------------------------------------------------------------------------------------


@pytest.fixture
def mailbox() -> Iterator[Receiver]:
    with listening(Receiver()) as made:
        yield made


def _forged(request: WebhookRequest) -> WebhookRequest:
    return replace(request, body=request.body.replace(b'"entity_id"', b'"entity_Id"'))


def test_async_events_are_taken_and_forged_ones_are_not(public: str, mailbox: Receiver) -> None:
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


def test_adobes_events_are_taken_and_forged_ones_are_not(public: str, mailbox: Receiver) -> None:
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


def test_hooks_of_mageplaza_are_taken_by_their_secret(public: str, mailbox: Receiver) -> None:
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
