"""Events over HTTP: subscribed to, signed in each module's way, repeated, and faulty when told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from integrations.connector_kit.sandbox.testing import Receiver, call, listening
from integrations.connector_kit.signatures import rsa_sha256
from integrations.connectors.magento.sandbox.tests.conftest import Account
from integrations.connectors.magento.sandbox.tests.test_sales import placed

Open = Callable[..., Account]

IO_ORDER = "observer.sales_order_save_commit_after"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(Receiver()) as made:
        yield made


def subscribe(shop: Account, url: str, event: str = "sales.order.created") -> int:
    """The id of a new subscription with the token "shared-secret"."""
    sent = {
        "event_name": event,
        "recipient_url": url,
        "verification_token": "shared-secret",
        "metadata": "http",
    }
    made: int = shop.post("async_event", {"asyncEvent": sent})["subscription_id"]
    return made


def test_an_async_event_bears_the_rest_entity_and_a_signature_over_the_raw_body(
    account: Account, receiver: Receiver
) -> None:
    subscribe(account, f"{receiver.url}?event=sales.order.created")
    order = placed(account, paid=False)
    got = receiver.wait(1)[0]
    made = hmac.new(b"shared-secret", got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-magento-signature"] == made
    assert got.path == "/hooks?event=sales.order.created"
    assert set(got.json) == {"data"}
    assert got.json["data"]["entity_id"] == order["entity_id"]
    assert len(got.json["data"]["items"]) == len(order["items"])


def test_every_step_of_an_order_has_its_event(account: Account, receiver: Receiver) -> None:
    for event in ("invoice.created", "invoice.paid", "shipment.created", "creditmemo.created"):
        subscribe(account, f"{receiver.url}?{event}", f"sales.{event}")
    subscribe(account, f"{receiver.url}?cancelled", "sales.order.cancelled")
    number = placed(account, paid=True)["entity_id"]
    account.post(f"order/{number}/ship", {})
    account.post(f"order/{number}/refund", {})
    account.post(f"orders/{placed(account, paid=False)['entity_id']}/cancel")
    receiver.wait(5)
    assert sorted(urlsplit(entry.path).query for entry in receiver.got) == [
        "cancelled",
        "creditmemo.created",
        "invoice.created",
        "invoice.paid",
        "shipment.created",
    ]


def test_a_subscription_is_listed_without_its_token_and_can_be_switched_off(
    account: Account, receiver: Receiver
) -> None:
    number = subscribe(account, receiver.url)
    pairs = [("searchCriteria[pageSize]", 10)]
    found = account.get("async_events", pairs)
    assert [row["subscription_id"] for row in found["items"]] == [number]
    assert "shared-secret" not in json.dumps(found, default=str)
    sent = {"asyncEvent": {"subscription_id": number, "status": False}}
    assert account.put(f"async_event/{number}", sent)["status"] is False
    placed(account, paid=False)
    subscribe(account, f"{receiver.url}?second")
    placed(account, paid=False)
    assert [entry.path for entry in receiver.wait(1)] == ["/hooks?second"]


def test_a_refused_event_is_sent_again_and_a_fault_sends_it_twice_or_never(
    open_account: Open, receiver: Receiver
) -> None:
    shop = open_account(retry_delay=0.01)
    subscribe(shop, receiver.url)
    receiver.answers = [500, 503]
    first = placed(shop, paid=False)["entity_id"]
    assert [e.json["data"]["entity_id"] for e in receiver.wait(3)] == [first] * 3
    shop.control("POST", "/faults", {"kind": "drop_webhooks"})
    placed(shop, paid=False)
    shop.control("POST", "/faults", {"kind": "duplicate_webhooks", "match": "sales.order"})
    third = placed(shop, paid=False)["entity_id"]
    assert [e.json["data"]["entity_id"] for e in receiver.wait(5)[3:]] == [third] * 2
    figures = shop.control("GET", "/log").json["webhooks"]
    assert (figures["dropped"], figures["failed"]) == (1, 2)


def test_adobe_signs_its_events_with_a_key_that_the_sandbox_publishes(
    open_account: Open, receiver: Receiver
) -> None:
    shop = open_account(events="io_events")
    event = {"name": IO_ORDER, "fields": [{"name": "entity_id"}, {"name": "increment_id"}]}
    assert shop.rest("POST", "V1/eventing/eventSubscribe", {"event": event}).status == 200
    again = shop.rest("POST", "V1/eventing/eventSubscribe", {"event": event})
    assert (again.status, "already" in again.json["message"]) == (400, True)
    receiver.challenges = False
    assert shop.control("POST", "/io_events", {"url": receiver.url}).status == 409
    receiver.challenges = True
    assert shop.control("POST", "/io_events", {"url": receiver.url}).status == 200
    order = placed(shop, paid=False)
    got = receiver.wait(1)[0]
    key = call("GET", f"{shop.base_url}/adobe{got.headers['x-adobe-public-key1-path']}").text
    proof = base64.b64decode(got.headers["x-adobe-digital-signature-1"])
    assert rsa_sha256(key, signature=proof, message=got.body)
    assert not rsa_sha256(key, signature=proof, message=got.body + b" ")
    assert got.json["type"] == f"com.adobe.commerce.{IO_ORDER}"
    assert got.json["data"]["value"] == {
        "entity_id": str(order["entity_id"]),
        "increment_id": order["increment_id"],
    }
    made = call("POST", f"{shop.url}/_sandbox/accounts", {"name": shop.name}).json
    assert made["settings"]["io_client_id"] == got.json["recipientclientid"]
    assert made["settings"]["io_keys_url"] == f"{shop.base_url}/adobe"


def test_a_mageplaza_hook_bears_the_merchants_header_and_template_and_no_signature(
    open_account: Open, receiver: Receiver
) -> None:
    shop = open_account(events="mageplaza")
    hook = {
        "type": "order",
        "url": f"{receiver.url}?event=order",
        "headers": {"X-Clarity-Secret": "long-secret"},
        "template": '{"entity_id":"{{ item.entity_id }}","paid":"{{item.base_grand_total}}"}',
    }
    assert shop.control("POST", "/hooks", hook).status == 200
    assert shop.control("POST", "/hooks", {**hook, "type": "sale"}).status == 400
    receiver.answers = [500]
    order = placed(shop, paid=False)
    shop.post(f"orders/{order['entity_id']}/hold")
    first, second = receiver.wait(2)[:2]
    assert first.headers["x-clarity-secret"] == "long-secret"
    assert not [name for name in first.headers if "signature" in name]
    assert first.json == {
        "entity_id": str(order["entity_id"]),
        "paid": f"{order['base_grand_total']:.4f}",
    }
    assert second.json == first.json


def test_a_shop_without_a_module_does_not_know_its_calls(open_account: Open) -> None:
    shop = open_account(events="none")
    for method, path in (("GET", "async_events"), ("POST", "async_event")):
        reply = shop.rest(method, f"V1/{path}", {} if method == "POST" else None)
        assert (reply.status, reply.json["message"]) == (
            404,
            "Request does not match any route.",
        )
