"""Webhooks of both flavours, sent by the sandbox to a real address."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from integrations.connector_kit.base import WebhookRequest
from integrations.connector_kit.errors import NotTheirs, Unsupported
from integrations.connector_kit.sandbox.testing import Receiver, listening
from integrations.connectors.heartland.connector import CONNECTOR
from integrations.connectors.heartland.tests.small_heartland import SKUS, Place
from mappings.canonical.record import Entity

VERIFY, NOTICES, SUBSCRIBE = CONNECTOR.verify, CONNECTOR.notices, CONNECTOR.subscribe
assert VERIFY is not None
assert NOTICES is not None
assert SUBSCRIBE is not None


def test_retail_item_update_comes_as_a_thin_notice(place: Place) -> None:
    client = place.client()
    with listening(Receiver()) as inbox:
        SUBSCRIBE(client, inbox.url, set(Entity))
        item = place.rows("/items")[0]
        client.update(f"/items/{item['id']}", {"description": "Renamed"}, what="item")
        request = inbox.next()
    VERIFY(request, place.account())
    (notice,) = NOTICES(request)
    assert (notice.entity, notice.key, notice.topic) == (
        Entity.PRODUCT, str(item["id"]), "item_updated",
    )  # fmt: skip
    assert notice.payload is None
    assert notice.version == place.rows("/items")[0]["updated_at"]


def test_subscribing_again_adds_nothing_and_a_new_secret_replaces_the_old(place: Place) -> None:
    client = place.client()
    for _ in range(2):
        SUBSCRIBE(client, "https://app.example.com/hooks/heartland/7/", set(Entity))
    SUBSCRIBE(client, "https://app.example.com/hooks/heartland/8/", set(Entity))
    assert len(place.rows("/webhooks")) == 10
    client = place.client()
    secret = {**client.account.credentials, "webhook_secret": "another-long-secret"}
    client.account = replace(client.account, credentials=secret)
    SUBSCRIBE(client, "https://app.example.com/hooks/heartland/7/", set(Entity))
    rows = [row for row in place.rows("/webhooks") if "/7/" in row["url"]]
    assert len(rows) == 5
    assert all("another-long-secret" in row["url"] for row in rows)
    assert all(row["events"][0] in row["url"] for row in rows)


@pytest.mark.parametrize("query", [{}, {"secret": ""}, {"secret": "guess"}])
def test_retail_without_the_secret_is_refused(place: Place, query: dict[str, str]) -> None:
    request = WebhookRequest({}, {"event": "item_updated", **query}, b'{"id": 1}')
    with pytest.raises(NotTheirs) as caught:
        VERIFY(request, place.account())
    assert caught.value.status == 401


def test_no_stored_secret_refuses_everything(place: Place) -> None:
    account = replace(place.account(), credentials={"token": "t"})
    with pytest.raises(NotTheirs):
        VERIFY(WebhookRequest({}, {"event": "item_updated", "secret": ""}, b"{}"), account)
    unified = replace(account, flavour="unified_v1")
    signature = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    with pytest.raises(NotTheirs):
        VERIFY(WebhookRequest({"x-heartland-signature": signature}, {}, b"{}"), unified)


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'"x"', b"\xff"])
def test_other_bodies_are_not_theirs(place: Place, body: bytes) -> None:
    account = place.account()
    query = {"event": "item_updated", "secret": account.credentials["webhook_secret"]}
    with pytest.raises(NotTheirs) as caught:
        VERIFY(WebhookRequest({}, query, body), account)
    assert caught.value.status == 400


def test_a_sale_names_nothing_and_is_no_refusal() -> None:
    query = {"event": "sales_transaction_completed"}
    assert NOTICES(WebhookRequest({}, query, b'{"id": 1, "type": "Ticket"}')) == ()


@pytest.mark.parametrize("event", ["location_updated", ""])
def test_events_not_carried_are_unsupported(event: str) -> None:
    with pytest.raises(Unsupported):
        NOTICES(WebhookRequest({}, {"event": event}, b'{"id": 1}'))


def test_unified_stock_change_is_signed(made: Callable[..., Place]) -> None:
    place = made(flavour="unified_v1")
    client = place.client()
    with listening(Receiver()) as inbox:
        SUBSCRIBE(client, inbox.url, set(Entity))
        SUBSCRIBE(client, inbox.url, set(Entity))
        assert len(client.page("/v1/webhooks")) == 1
        place.control("stock", {"sku": SKUS[0], "delta": -1})
        request = inbox.next()
    VERIFY(request, place.account())
    (notice,) = NOTICES(request)
    assert (notice.entity, notice.key) == (Entity.INVENTORY, SKUS[0])
    assert notice.event.startswith("evt_")
    changed = replace(request, body=request.body.replace(b"inventory", b"inventorz"))
    with pytest.raises(NotTheirs):
        VERIFY(changed, place.account())


def test_unified_shipment_carries_its_record() -> None:
    data = {"ShipmentID": "9", "OrderID": "S-1", "UpdatedAt": "2026-03-03T09:00:01Z"}
    body = {"id": "evt_1", "type": "shipment.created", "data": data}
    (notice,) = NOTICES(WebhookRequest({}, {}, json.dumps(body).encode()))
    assert (notice.entity, notice.key, notice.event) == (Entity.SHIPMENT, "9", "evt_1")
    assert notice.payload == data
    other = json.dumps({**body, "type": "order.created"}).encode()
    with pytest.raises(Unsupported):
        NOTICES(WebhookRequest({}, {}, other))
