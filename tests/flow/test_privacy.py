"""Privacy requests and webhooks of a shop, over HTTP with the sandbox."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.utils import timezone

from integrations.connector_kit.privacy import Person
from integrations.connectors.shopify.sandbox.post_office import signature
from integrations.models import (
    Connection,
    ConnectionState,
    InboxItem,
    Link,
    PairState,
    PrivacyRequest,
    PrivacyState,
)
from integrations.services import connection_state, exporting, persons, privacy_requests
from integrations.sync.sessions import load
from mappings.canonical.record import Entity
from tenants import scope
from tests.flow.conftest import Rig


def _post(rig: Rig, topic: str, body: dict[str, Any], secret: str = "") -> requests.Response:
    raw = json.dumps(body).encode()
    signed = signature(secret or rig.shop_account["credentials"]["client_secret"], raw)
    return requests.post(
        f"{rig.public_url}/hooks/shopify/privacy/",
        raw,
        headers={
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": _domain(rig),
            "X-Shopify-Hmac-Sha256": signed,
            "Content-Type": "application/json",
        },
        timeout=10,
    )


def _domain(rig: Rig) -> str:
    return f"{rig.tenant.name}.myshopify.com"


def _request(rig: Rig, kind: str) -> PrivacyRequest:
    with scope.tenant(rig.tenant.pk):
        return PrivacyRequest.objects.get(kind=kind)


def _ordered(rig: Rig) -> tuple[InboxItem, dict[str, Any]]:
    rig.shop.act("orders", count=1)
    rig.until(lambda: bool(rig.deliveries(entity=Entity.ORDER, state="delivered")), "the order")
    rig.until(lambda: rig.waiting() == 0, "all is quiet")
    (item, *_) = rig.items(entity=Entity.ORDER)
    with scope.tenant(rig.tenant.pk):
        return item, load(item.payload_id)["customer"]


def test_privacy_requests_are_verified_kept_and_carried_out(
    make_rig: Callable[..., Rig], account_name: str
) -> None:
    rig = make_rig(shop_settings={"shop_domain": f"{account_name}.myshopify.com"})
    item, customer = _ordered(rig)
    domain = _domain(rig)
    body = {
        "shop_domain": domain,
        "customer": {"id": customer["id"], "email": customer["email"], "phone": None},
        "orders_requested": [int(item.key)],
        "data_request": {"id": 9999},
    }

    # Not signed, signed with another secret, of another shop: refused, and nothing is kept.
    assert _post(rig, "customers/data_request", body, "another secret").status_code == 401
    elsewhere = {**body, "shop_domain": "other.myshopify.com"}
    assert _post(rig, "customers/data_request", elsewhere).status_code == 401
    assert _post(rig, "orders/create", body).status_code == 200
    with scope.tenant(rig.tenant.pk):
        assert PrivacyRequest.objects.count() == 0

    # The sandbox sends it as Shopify does; sent twice it is one request.
    rig.shop.act(
        "privacy",
        topic="customers/data_request",
        url=f"{rig.public_url}/hooks/shopify/privacy/",
        customer=customer["id"],
    )
    rig.until(lambda: _count(rig) == 1, "the request")
    assert _post(rig, "customers/data_request", body).status_code == 200
    assert _post(rig, "customers/data_request", body).status_code == 200
    assert _count(rig) == 2

    privacy_requests.run_due(timezone.now())
    with scope.tenant(rig.tenant.pk):
        asked = PrivacyRequest.objects.filter(kind="person_data").first()
    assert asked.state == PrivacyState.DONE
    pieces = exporting.download(
        tenant_id=rig.tenant.pk, export_id=asked.export_id, actor=None, now=timezone.now()
    )
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    told = [json.loads(line) for line in archive.read("records.jsonl").decode().splitlines()]
    assert item.key in {one["key"] for one in told if one["entity"] == "order"}
    assert len({one["id"] for one in told}) == len(told)

    # Erasing takes the contents of every record that names the customer.
    redact = {**body, "orders_to_redact": [int(item.key)]}
    assert _post(rig, "customers/redact", redact).status_code == 200
    privacy_requests.run_due(timezone.now())
    done = _request(rig, "erase_person")
    assert (done.state, done.sealed) == (PrivacyState.DONE, None)
    assert done.counts["records"] >= 1
    with scope.tenant(rig.tenant.pk):
        for row in (*rig.items(), *rig.deliveries()):
            document = json.dumps(load(row.payload_id), default=str)
            assert customer["email"].lower() not in document.lower()
            assert customer["email"] not in f"{row.said} {row.reason} {row.number}"
        # What was made of the order stays known, so that nothing is made twice.
        assert Link.objects.filter(entity=Entity.ORDER, store_key=item.key).exists()
        assert not Link.objects.filter(entity=Entity.CUSTOMER).exclude(seen={}, label="").exists()
    again = rig.items(entity=Entity.ORDER)[0]
    assert (again.payload_id, again.state) == (None, item.state)

    # The shop is still connected: what asks to erase it is not carried out.
    left = {"shop_domain": domain, "shop_id": 1}
    assert _post(rig, "shop/redact", left).status_code == 200
    privacy_requests.run_due(timezone.now())
    assert _request(rig, "erase_account").state == PrivacyState.REFUSED
    with scope.tenant(rig.tenant.pk):
        PrivacyRequest.objects.filter(kind="erase_account").delete()

    # It left, and is erased as a whole; the till stays.
    rig.shop.act("uninstall")
    rig.until(lambda: _state(rig) == ConnectionState.NEEDS_OWNER, "the goodbye")
    assert _post(rig, "shop/redact", left).status_code == 200
    privacy_requests.run_due(timezone.now())
    assert _request(rig, "erase_account").state == PrivacyState.DONE
    with scope.tenant(rig.tenant.pk):
        assert list(Connection.objects.values_list("pk", flat=True)) == [rig.pos.pk]
        assert Link.objects.count() == 0
        assert not InboxItem.objects.exclude(connection=rig.pos).exists()


def _count(rig: Rig) -> int:
    with scope.tenant(rig.tenant.pk):
        return PrivacyRequest.objects.count()


def _state(rig: Rig) -> str:
    with scope.tenant(rig.tenant.pk):
        return Connection.objects.get(pk=rig.store.pk).state


def test_webhooks_are_listed_taken_away_and_registered_again(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    for connection in (rig.store, rig.pos):
        before = connection_state.webhooks(connection, public_url=rig.public_url)
        assert before
        assert all(row.is_ours for row in before)
        assert "secret" not in str(before)
        assert connection_state.take_webhooks_away(connection, public_url=rig.public_url) == ""
        assert connection_state.webhooks(connection, public_url=rig.public_url) == []
        connection_state.register_webhooks(connection, public_url=rig.public_url, actor=None)
        after = connection_state.webhooks(connection, public_url=rig.public_url)
        assert sorted(row.topic for row in after) == sorted(row.topic for row in before)
    for _ in range(2):
        problem = connection_state.disconnect(
            tenant_id=rig.tenant.pk,
            connection_id=rig.store.pk,
            public_url=rig.public_url,
            actor=None,
            now=timezone.now(),
        )
        assert problem == ""
    with scope.tenant(rig.tenant.pk):
        rig.pair.refresh_from_db()
    assert rig.pair.state == PairState.PAUSED


@pytest.mark.parametrize(
    ("text", "is_theirs"),
    [
        ("Ann@Example.com", True),
        ("mail to 'ann@example.com'.", True),
        (r'{"note": "called\nann@example.com", "to": "\u003cann@example.com\u003e"}', True),
        ("email=ann@example.com&x=1", True),
        ("email%3Dann@example.com", True),
        ("joann@example.com", False),
        ("jo.ann@example.com", False),
        ("jo+ann@example.com", False),
        ("ann@example.com.au", False),
        ("ann@example.company", False),
    ],
)
def test_an_address_is_not_found_within_that_of_somebody_else(text: str, is_theirs: bool) -> None:
    person = Person(email="ann@example.com")
    assert persons.names({"customer": [{"email": text}]}, person) is is_theirs
