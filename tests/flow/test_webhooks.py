"""The door of all webhooks: who is let in, what is kept, and what is answered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping

import pytest
from django.utils import timezone

from clarity.demo.sandboxes import Sandbox
from conftest import SandboxProcess
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import ConnectionState, Payload, Refusal
from integrations.services import connections
from integrations.services.sandbox import connect_sandbox
from integrations.webhooks import doors
from tenants import scope
from tenants.services.members import create_tenant
from tests.flow.conftest import Rig
from tests.flow.posting import call, hook_headers, order_body, secret_of, send, sign

MARKER = "a-word-nobody-else-uses"
LIMIT = 5 * 1024 * 1024
SKU = catalogue(seed="7", size=1)[0].sku


def kept(rig: Rig) -> tuple[int, int]:
    """Rows in the inbox and rows of payloads."""
    with scope.tenant(rig.tenant.pk):
        return len(rig.items()), Payload.objects.count()


def refusals(rig: Rig) -> dict[str, int]:
    with scope.tenant(rig.tenant.pk):
        rows = Refusal.objects.filter(connection=rig.store)
        return {row.reason: row.count for row in rows}


@pytest.fixture
def quiet_rig(make_rig: Callable[..., Rig]) -> Rig:
    """A rig whose accounts said all they had to say, so that counts stand still."""
    rig = make_rig(size=1, till_settings={"poll_seconds": "600"})
    rig.until(lambda: rig.waiting() == 0, "nothing waits")
    return rig


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        ("wrong", "a signature with another secret"),
        ("of another body", "a right signature of another body"),
        ("not base64 é", "no signature at all in form"),
        ("", "an empty signature"),
        (None, "no signature header"),
    ],
)
def test_a_webhook_that_is_not_signed_is_counted_and_not_kept(
    quiet_rig: Rig, signature: str | None, why: str
) -> None:
    before = kept(quiet_rig)
    body = json.dumps(order_body(1001, sku=SKU, note=MARKER)).encode()
    if signature == "wrong":
        signature = sign("another secret", body)
    elif signature == "of another body":
        signature = sign(secret_of(quiet_rig), body + b" ")
    headers = hook_headers(topic="orders/create", signature=signature)
    headers = {name: value.encode("latin-1").decode("latin-1") for name, value in headers.items()}
    for _ in range(2):
        said = call("POST", quiet_rig.hook, body, headers)
        assert (said.status, said.detail) == (
            401,
            "The webhook is not signed with the app's secret.",
        ), why
        assert MARKER not in said.text
    assert kept(quiet_rig) == before
    assert refusals(quiet_rig) == {"The webhook is not signed with the app's secret.": 2}


@pytest.mark.parametrize(
    ("body", "topic", "reason"),
    [
        (f"{{{MARKER}".encode(), "orders/create", "The body is not JSON."),
        (b"\xff\xfe\x00", "orders/create", "The body is not JSON."),
        (b"", "orders/create", "The body is not JSON."),
        (f'["{MARKER}"]'.encode(), "orders/create", "The body is not a JSON object."),
        (b"[" * 200_000 + b"]" * 200_000, "orders/create", "The body is not JSON."),
        (
            b'{"id":1,"updated_at":"0001-01-01T00:00:00+14:00"}',
            "orders/create",
            "The body is not that of orders/create.",
        ),
        (
            b'{"variants":[{"admin_graphql_api_id":5}]}',
            "products/update",
            "The body is not that of products/update.",
        ),
        (f'{{"a":"{MARKER}"}}'.encode(), "orders/create", "The body is not that of orders/create."),
    ],
)
def test_a_signed_body_that_cannot_be_read_is_refused(
    quiet_rig: Rig, body: bytes, topic: str, reason: str
) -> None:
    before = kept(quiet_rig)
    said = send(quiet_rig, body, topic=topic)
    assert (said.status, said.detail) == (400, reason)
    assert MARKER not in said.text
    assert kept(quiet_rig) == before
    assert refusals(quiet_rig) == {reason: 1}


@pytest.mark.parametrize(
    ("names", "key"),
    [
        ({"webhook": "w" * 192}, 1001),
        ({"event": "e" * 192}, 1001),
        ({}, "9" * 192),
        ({}, "10\x0001"),
        ({}, "\ud83d"),
    ],
)
def test_names_that_cannot_be_kept_are_refused(
    quiet_rig: Rig, names: dict[str, str], key: object
) -> None:
    before = kept(quiet_rig)
    said = send(quiet_rig, order_body(1001, sku=SKU, id=key), **names)
    reason = "The webhook names its record in a form that cannot be kept."
    assert (said.status, said.detail) == (400, reason)
    assert kept(quiet_rig) == before
    assert refusals(quiet_rig) == {reason: 1}


def test_a_body_above_the_limit_is_refused_before_it_is_read(quiet_rig: Rig) -> None:
    before = kept(quiet_rig)
    # Only the headers are sent: the answer comes although not one byte of the body has arrived.
    headers = hook_headers(topic="orders/create", signature="x") | {
        "Content-Length": str(LIMIT + 1)
    }
    said = call("POST", quiet_rig.hook, None, headers)
    assert (said.status, said.detail) == (413, f"The body is larger than {LIMIT} bytes.")
    assert kept(quiet_rig) == before
    assert refusals(quiet_rig) == {f"The body is larger than {LIMIT} bytes.": 1}


def test_a_body_of_just_the_limit_is_read(quiet_rig: Rig) -> None:
    body = b'{"pad":"' + b"x" * (LIMIT - 10) + b'"}'
    assert len(body) == LIMIT
    assert send(quiet_rig, body, topic="carts/update").status == 200


def test_addresses_that_lead_nowhere_are_not_found(quiet_rig: Rig) -> None:
    before = kept(quiet_rig)
    base = quiet_rig.public_url
    body = order_body(1001, sku=SKU, note=MARKER)
    for url in (
        f"{base}/hooks/shopify/{uuid.uuid4()}/",
        f"{base}/hooks/shopify/{quiet_rig.pos.pk}/",
        f"{base}/hooks/heartland/{quiet_rig.store.pk}/",
        f"{base}/hooks/nobody/{quiet_rig.store.pk}/",
    ):
        said = send(quiet_rig, body, url=url)
        assert (said.status, said.detail) == (404, "No such connection."), url
    assert kept(quiet_rig) == before
    assert refusals(quiet_rig) == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_taken(quiet_rig: Rig, method: str) -> None:
    before = kept(quiet_rig)
    body = json.dumps(order_body(1001, sku=SKU)).encode()
    headers = hook_headers(topic="orders/create", signature=sign(secret_of(quiet_rig), body))
    assert call(method, quiet_rig.hook, body, headers).status == 405
    assert kept(quiet_rig) == before


def test_a_topic_that_is_not_carried_is_answered_and_not_kept(quiet_rig: Rig) -> None:
    before = kept(quiet_rig)
    said = send(quiet_rig, {"id": 1, "token": MARKER}, topic="carts/update")
    assert (said.status, said.detail) == (200, "Shopify topic 'carts/update' is not carried.")
    assert kept(quiet_rig) == before
    assert refusals(quiet_rig) == {"Event not carried": 1}


def test_one_delivery_sent_twice_is_one_item(quiet_rig: Rig) -> None:
    body = order_body(1001, sku=SKU)
    said = [send(quiet_rig, body, webhook="w-1", event="e-1") for _ in range(3)]
    assert [answer.status for answer in said] == [200, 200, 200]
    assert [answer.accepted for answer in said] == [1, 0, 0]
    assert len(quiet_rig.items(topic="orders/create")) == 1


def test_one_event_told_by_two_deliveries_is_one_item(quiet_rig: Rig) -> None:
    body = order_body(1001, sku=SKU)
    first = send(quiet_rig, body, webhook="w-1", event="e-1")
    second = send(quiet_rig, body, webhook="w-2", event="e-1")
    assert (first.accepted, second.accepted) == (1, 0)
    # Another topic may speak of the same event, and says something of its own.
    third = send(quiet_rig, body, webhook="w-3", event="e-1", topic="orders/paid")
    assert third.accepted == 1
    assert [row.topic for row in quiet_rig.items(key="1001")] == ["orders/create", "orders/paid"]
    before = kept(quiet_rig)
    assert send(quiet_rig, body, webhook="w-4", event="e-1").accepted == 0
    assert kept(quiet_rig) == before, "a repeated event leaves no payload behind either"


def test_the_secret_of_one_tenant_opens_no_door_of_another(
    quiet_rig: Rig, sandboxes: Mapping[str, SandboxProcess]
) -> None:
    other_tenant = create_tenant(name="Other Retailer", owner_email="other@example.com")
    account = Sandbox(sandboxes["shopify"].url, f"o-{uuid.uuid4().hex[:10]}").open_account(size=1)
    other = connect_sandbox(
        account,
        tenant_id=other_tenant.pk,
        connector="shopify",
        flavour="admin",
        name="Shop",
        settings={},
        now=timezone.now(),
    )
    body = order_body(1001, sku=SKU)
    before = kept(quiet_rig)
    theirs = f"{quiet_rig.public_url}/hooks/shopify/{other.pk}/"
    assert send(quiet_rig, body, url=theirs).status == 401
    assert send(quiet_rig, body, secret=account["credentials"]["client_secret"]).status == 401
    assert kept(quiet_rig) == before
    with scope.tenant(other_tenant.pk):
        assert Payload.objects.count() == 0
        assert [row.count for row in Refusal.objects.all()] == [1]
    assert sum(refusals(quiet_rig).values()) == 1


def test_the_previous_secret_is_taken_after_a_change(quiet_rig: Rig) -> None:
    old = secret_of(quiet_rig)
    connections.reconnect(
        quiet_rig.store,
        credentials={"client_secret": "a-new-secret", "previous_client_secret": old},
        now=timezone.now(),
    )
    doors.forget()
    assert send(quiet_rig, order_body(1001, sku=SKU), secret=old).accepted == 1
    assert send(quiet_rig, order_body(1002, sku=SKU), secret="a-new-secret").accepted == 1
    assert send(quiet_rig, order_body(1003, sku=SKU), secret="").status == 401
    assert [row.key for row in quiet_rig.items(topic="orders/create")] == ["1001", "1002"]


def test_a_body_sent_on_from_another_shop_is_refused(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=1, shop_settings={"shop_domain": "example.myshopify.com"})
    body = json.dumps(order_body(1001, sku=SKU)).encode()
    headers = hook_headers(topic="orders/create", signature=sign(secret_of(rig), body))
    other = headers | {"X-Shopify-Shop-Domain": "other.myshopify.com"}
    assert call("POST", rig.hook, body, other).status == 401
    assert call("POST", rig.hook, body, headers).status == 401
    assert not rig.items(topic="orders/create")
    right = headers | {"X-Shopify-Shop-Domain": "Example.myshopify.com"}
    assert call("POST", rig.hook, body, right).accepted == 1


def test_the_till_is_known_by_the_secret_in_its_address(quiet_rig: Rig) -> None:
    """Heartland signs nothing: its address holds a secret, and what it says is only a hint."""
    hook = f"{quiet_rig.public_url}/hooks/heartland/{quiet_rig.pos.pk}/"
    secret = quiet_rig.till_account["credentials"]["webhook_secret"]
    body = json.dumps({"id": 4242, "note": MARKER, "updated_at": "2026-03-02T15:04:05Z"}).encode()
    before = kept(quiet_rig)
    for query in ("", "?event=item_updated", "?event=item_updated&secret=wrong", "?secret="):
        said = call("POST", hook + query, body, {})
        assert said.status == 401, query
        assert MARKER not in said.text
    right = f"{hook}?event=item_updated&secret={secret}"
    assert call("POST", right, b"{", {}).status == 400
    assert call("POST", right, b'{"note":"no id"}', {}).status == 400
    assert call("POST", f"{hook}?event=till_opened&secret={secret}", body, {}).status == 200
    assert kept(quiet_rig) == before
    said = call("POST", right, body, {})
    assert said.accepted == 1
    assert secret not in said.text
    (item,) = quiet_rig.items(topic="item_updated")
    assert (item.entity, item.key, item.payload_id) == ("product", "4242", None)


def test_an_uninstalled_app_pauses_the_connection(quiet_rig: Rig) -> None:
    before = kept(quiet_rig)
    said = send(quiet_rig, {"id": 1, "name": MARKER}, topic="app/uninstalled")
    assert said.status == 200
    assert MARKER not in said.text
    assert kept(quiet_rig) == before
    with scope.tenant(quiet_rig.tenant.pk):
        quiet_rig.store.refresh_from_db()
    assert quiet_rig.store.state == ConnectionState.NEEDS_OWNER
    assert quiet_rig.store.state_reason == (
        "The app was uninstalled in Shopify; connect the shop again."
    )
