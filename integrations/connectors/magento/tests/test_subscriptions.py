"""Subscriptions: what is missing is made, what is not needed is switched off, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connector_kit.errors import NeedsOwner
from integrations.connector_kit.testing import Asked
from integrations.connectors.magento.events import ASYNC_EVENTS
from integrations.connectors.magento.subscriptions import subscribe, subscriptions, unsubscribe
from integrations.connectors.magento.tests.small_store import (
    SIGNED,
    SmallStore,
    client,
    found,
    small_store,
)
from mappings.canonical.record import Entity

HOOK = "https://hooks.example.com/hooks/magento/1/"
ELSEWHERE = "https://other.example.com/events"


class Listed:
    """The subscriptions of a shop with the async events module."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.add("sales.order.created", ELSEWHERE)

    def add(self, event: str, url: str) -> None:
        number = len(self.rows) + 1
        row = {"subscription_id": number, "event_name": event, "recipient_url": url, "status": True}
        self.rows.append(row)

    def list(self, asked: Asked) -> Any:
        return found(*self.rows)

    def create(self, asked: Asked) -> Any:
        given = asked.json()["asyncEvent"]
        self.add(given["event_name"], given["recipient_url"])
        return self.rows[-1]

    def switch(self, asked: Asked) -> Any:
        given = asked.json()["asyncEvent"]
        row = self.rows[int(asked.path.rpartition("/")[2]) - 1]
        row["status"] = given["status"]
        return row

    def active(self) -> list[str]:
        return [
            row["event_name"]
            for row in self.rows
            if row["status"] and row["recipient_url"].startswith(HOOK)
        ]


@pytest.fixture
def shop() -> Iterator[tuple[SmallStore, Listed]]:
    listed = Listed()
    answers = {
        "GET /V1/modules": ["MageOS_AsyncEvents"],
        "GET /V1/async_events": listed.list,
        "POST /V1/async_event": listed.create,
        **{f"PUT /V1/async_event/{number}": listed.switch for number in range(1, 40)},
    }
    with small_store(answers) as store:
        yield store, listed


def opened(store: SmallStore, secret: str = "first", **settings: str) -> Any:
    return client(
        store,
        credentials={**SIGNED, "webhook_secret": secret} if secret else SIGNED,
        settings=settings,
    )


def test_events_of_the_flows_are_subscribed_to_once(shop: tuple[SmallStore, Listed]) -> None:
    store, listed = shop
    for _ in range(2):
        subscribe(opened(store), HOOK, {Entity.ORDER, Entity.CUSTOMER})
    assert listed.active() == [
        name for name in ASYNC_EVENTS if name.startswith(("sales.order", "customer"))
    ]
    made = store.sent("POST /V1/async_event")[0]["asyncEvent"]
    assert made["verification_token"] == "first"
    assert made["recipient_url"].startswith(f"{HOOK}?event=sales.order.created&")
    assert listed.rows[0]["status"], "those of others are left alone"


def test_flow_that_is_switched_off_ends_its_events(shop: tuple[SmallStore, Listed]) -> None:
    store, listed = shop
    subscribe(opened(store), HOOK, {Entity.ORDER, Entity.REFUND})
    subscribe(opened(store), HOOK, {Entity.REFUND})
    assert listed.active() == ["sales.creditmemo.created"]
    subscribe(opened(store), HOOK, {Entity.ORDER, Entity.REFUND})
    assert sorted(listed.active()) == [
        "sales.creditmemo.created",
        "sales.order.cancelled",
        "sales.order.created",
        "sales.order.updated",
    ]
    assert len(listed.rows) == 5


def test_new_secret_means_new_subscriptions(shop: tuple[SmallStore, Listed]) -> None:
    store, listed = shop
    subscribe(opened(store), HOOK, {Entity.REFUND})
    subscribe(opened(store, "second"), HOOK, {Entity.REFUND})
    assert listed.active() == ["sales.creditmemo.created"]
    assert [row["status"] for row in listed.rows[1:]] == [False, True]


def test_doubled_subscription_is_switched_off(shop: tuple[SmallStore, Listed]) -> None:
    store, listed = shop
    subscribe(opened(store), HOOK, {Entity.REFUND})
    listed.add("sales.creditmemo.created", listed.rows[1]["recipient_url"])
    subscribe(opened(store), HOOK, {Entity.REFUND})
    assert listed.active() == ["sales.creditmemo.created"]


def test_subscriptions_are_told_and_taken_away(shop: tuple[SmallStore, Listed]) -> None:
    store, listed = shop
    subscribe(opened(store), HOOK, {Entity.REFUND})
    told = subscriptions(opened(store), HOOK)
    assert [(row.topic, row.address, row.is_ours) for row in told] == [
        ("sales.order.created", ELSEWHERE, False),
        ("sales.creditmemo.created", f"{HOOK}?event=sales.creditmemo.created", True),
    ]
    assert unsubscribe(opened(store), HOOK) == 1
    assert unsubscribe(opened(store), HOOK) == 0
    assert listed.active() == []
    assert listed.rows[0]["status"]


def test_secret_of_a_subscription_is_kept_out_of_what_is_kept(
    shop: tuple[SmallStore, Listed],
) -> None:
    store, _ = shop
    seen: list[str] = []
    watched = client(
        store,
        credentials={**SIGNED, "webhook_secret": "hush-hush-hush"},
        observe=lambda exchange: seen.append(repr(exchange)),
    )
    subscribe(watched, HOOK, {Entity.REFUND})
    assert seen
    assert not [text for text in seen if "hush" in text]


def test_no_secret_is_said(shop: tuple[SmallStore, Listed]) -> None:
    with pytest.raises(NeedsOwner, match="webhook secret"):
        subscribe(opened(shop[0], ""), HOOK, {Entity.ORDER})


def test_polling_alone_switches_events_off(shop: tuple[SmallStore, Listed]) -> None:
    store, listed = shop
    subscribe(opened(store), HOOK, {Entity.ORDER})
    subscribe(opened(store, push="poll"), HOOK, {Entity.ORDER})
    assert listed.active() == []


def test_shop_without_a_module_is_left_alone() -> None:
    with small_store() as store:
        subscribe(opened(store), HOOK, {Entity.ORDER})
        assert subscriptions(opened(store), HOOK) == []
        assert unsubscribe(opened(store), HOOK) == 0
    assert not [call for call in store.calls() if not call.startswith("GET")]


def test_adobes_events_carry_ids_only() -> None:
    known = (400, {"message": "Event subscription already exists."})
    answers = {
        "GET /V1/modules": ["Magento_AdobeCommerceEventsClient"],
        "POST /V1/eventing/eventSubscribe": known,
    }
    with small_store(answers) as store:
        subscribe(opened(store), HOOK, {Entity.ORDER, Entity.PRODUCT})
    sent = [body["event"] for body in store.sent("POST /V1/eventing/eventSubscribe")]
    assert sent == [
        {
            "name": "observer.sales_order_save_commit_after",
            "fields": [{"name": "entity_id"}, {"name": "increment_id"}],
        },
        {"name": "observer.catalog_product_save_commit_after", "fields": [{"name": "sku"}]},
    ]


def test_older_magento_says_what_to_run() -> None:
    answers = {"GET /V1/modules": ["Magento_AdobeCommerceEventsClient"]}
    with small_store(answers) as store, pytest.raises(NeedsOwner, match="bin/magento events:sub"):
        subscribe(opened(store), HOOK, {Entity.ORDER})
