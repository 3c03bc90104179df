"""Events: only those with a proof are let in, and they only say what to read."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connector_kit import numbers
from integrations.connector_kit.base import Account, WebhookRequest
from integrations.connector_kit.errors import NotTheirs, TryLater, Unsupported
from integrations.connector_kit.published_keys import PublishedKeys
from integrations.connector_kit.scripted import Asked, Reply, Vendor
from integrations.connector_kit.signatures import SigningKey
from integrations.connectors.magento import webhooks
from integrations.connectors.magento.tests import small_store
from integrations.connectors.magento.webhooks import acknowledge, challenge, notices, verify

SECRET = "between-us-and-the-shop"  # noqa: S105 - of a test
KEY, OTHER = SigningKey(), SigningKey()
ORDER = numbers.encode({"data": {"entity_id": 12, "increment_id": "000000012"}})


def account(**settings: str) -> Account:
    return small_store.account(
        credentials={**small_store.SIGNED, "webhook_secret": SECRET}, settings=settings
    )


def request(body: bytes = ORDER, event: str = "", **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest(headers=named, query={"event": event} if event else {}, body=body)


def _hmac(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


# --- Mage-OS async events ----------------------------------------------------------------------


def test_signed_event_is_let_in() -> None:
    verify(request(x_magento_signature=_hmac(SECRET, ORDER)), account())


@pytest.mark.parametrize(
    "signature",
    ["", "é", _hmac("another", ORDER), _hmac(SECRET, ORDER + b" "), _hmac(SECRET, ORDER)[:-1]],
)
def test_event_with_another_signature_is_refused(signature: str) -> None:
    with pytest.raises(NotTheirs):
        verify(request(x_magento_signature=signature), account())


def test_nothing_is_let_in_without_a_secret_of_ours() -> None:
    bare = small_store.account()
    for asked in (
        request(x_magento_signature=_hmac("", ORDER)),
        request(x_clarity_secret=""),
        request(),
    ):
        with pytest.raises(NotTheirs):
            verify(asked, bare)


# --- Mageplaza ---------------------------------------------------------------------------------


def test_unsigned_event_must_bear_the_secret() -> None:
    verify(request(x_clarity_secret=SECRET), account())
    for asked in (request(), request(x_clarity_secret=SECRET[:-1])):
        with pytest.raises(NotTheirs, match="does not bear"):
            verify(asked, account())


# --- Adobe Commerce Webhooks -------------------------------------------------------------------


def _commerce(key: SigningKey, message: bytes) -> WebhookRequest:
    signature = base64.b64encode(key.sign(message)).decode()
    return request(x_adobe_commerce_webhook_signature=signature)


def test_commerce_webhook_is_signed_over_the_body_in_base64() -> None:
    ours = account(webhook_public_key=KEY.public_pem)
    verify(_commerce(KEY, base64.b64encode(ORDER)), ours)
    for asked in (_commerce(KEY, ORDER), _commerce(OTHER, base64.b64encode(ORDER))):
        with pytest.raises(NotTheirs, match="not signed with the key"):
            verify(asked, ours)


@pytest.mark.parametrize("key", ["", "not a key"])
def test_commerce_webhook_without_a_key_of_ours_is_refused(key: str) -> None:
    with pytest.raises(NotTheirs, match="public key"):
        verify(_commerce(KEY, base64.b64encode(ORDER)), account(webhook_public_key=key))


def test_commerce_is_told_to_go_on() -> None:
    assert acknowledge(_commerce(KEY, b"")) == {"op": "success"}
    assert acknowledge(request(x_magento_signature="1")) is None


# --- Adobe I/O Events --------------------------------------------------------------------------

EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "event_id": "e-1",
    "type": "com.adobe.commerce.observer.sales_order_save_commit_after",
    "recipient_client_id": "our-project",
    "data": {"key": "k", "value": {"entity_id": "12", "increment_id": "000000012"}},
}
PATHS = ("/prod/keys/pub-key-one.pem", "/prod/keys/pub-key-two.pem")


@pytest.fixture
def adobe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """Where Adobe's keys are: the first is ours, the second somebody else's."""
    published = dict(zip(PATHS, (KEY.public_pem, OTHER.public_pem), strict=True))

    def answering(asked: Asked) -> Reply:
        found = published.get(asked.path)
        return Reply(body=found.encode()) if found else Reply(404)

    fresh = PublishedKeys("https://keys.example.com", webhooks.ADOBE_KEYS._path)
    monkeypatch.setattr(webhooks, "ADOBE_KEYS", fresh)
    with Vendor(answering=answering) as vendor:
        yield vendor


def _io(
    body: dict[str, Any], first: SigningKey, second: SigningKey, paths: tuple[str, str] = PATHS
) -> WebhookRequest:
    raw = numbers.encode(body)
    return request(
        raw,
        x_adobe_digital_signature_1=base64.b64encode(first.sign(raw)).decode(),
        x_adobe_digital_signature_2=base64.b64encode(second.sign(raw)).decode(),
        x_adobe_public_key1_path=paths[0],
        x_adobe_public_key2_path=paths[1],
    )


def _ours(vendor: Vendor, client_id: str = "our-project") -> Account:
    return account(io_keys_url=vendor.url, io_client_id=client_id)


def test_either_of_two_signatures_will_do(adobe: Vendor) -> None:
    ours = _ours(adobe)
    verify(_io(EVENT, KEY, KEY), ours)
    verify(_io(EVENT, OTHER, OTHER), ours)
    older = {**EVENT, "recipientclientid": "our-project"}
    del older["recipient_client_id"]
    verify(_io(older, KEY, OTHER), ours)
    with pytest.raises(NotTheirs, match="not signed by Adobe"):
        verify(_io(EVENT, OTHER, KEY), ours)
    assert len(adobe.asked) == 2


def test_event_for_another_project_is_refused(adobe: Vendor) -> None:
    with pytest.raises(NotTheirs, match="another Adobe project"):
        verify(_io(EVENT, KEY, OTHER), _ours(adobe, "another"))
    with pytest.raises(NotTheirs, match="not entered here"):
        verify(_io(EVENT, KEY, OTHER), _ours(adobe, ""))


def test_key_from_another_place_is_not_fetched(adobe: Vendor) -> None:
    for path in ("/prod/keys/../evil.pem", "https://evil.example.com/pub-key-1.pem"):
        with pytest.raises(NotTheirs):
            verify(_io(EVENT, KEY, KEY, (path, path)), _ours(adobe))
    assert adobe.asked == []


def test_key_that_cannot_be_had_is_asked_for_later(adobe: Vendor) -> None:
    gone = "/prod/keys/pub-key-gone.pem"
    with pytest.raises(TryLater):
        verify(_io(EVENT, KEY, KEY, (gone, gone)), _ours(adobe))


def test_outside_a_private_network_only_adobe_has_keys() -> None:
    public = Account(
        "1", "https://shop.example.com", "rest", {"io_keys_url": "https://evil.example.com"}, {}
    )
    assert webhooks._keys_host(public) == ""


def test_address_answers_adobes_challenge() -> None:
    asked = WebhookRequest(headers={}, query={"challenge": "8ec8d794-e0ab"}, body=b"")
    assert challenge(asked, account()) == "8ec8d794-e0ab"
    for word in ("", "<script>", "x" * 201):
        with pytest.raises(NotTheirs):
            challenge(WebhookRequest(headers={}, query={"challenge": word}, body=b""), account())


# --- what they say -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "body", "named"),
    [
        ("sales.order.created", {"data": {"entity_id": 12}}, [("order", "12")]),
        (
            "sales.invoice.created",
            {"data": {"entity_id": 7, "order_id": 12}},
            [("order", "12"), ("payment", "7")],
        ),
        (
            "sales.creditmemo.created",
            {"data": {"entity_id": 3, "order_id": 12}},
            [("order", "12"), ("refund", "3")],
        ),
        ("customer.updated", {"data": {"id": 5}}, [("customer", "5")]),
        ("customer.address.updated", {"data": {"id": 9, "customer_id": 5}}, [("customer", "5")]),
        ("catalog.product.updated", {"data": {"id": 1, "sku": "A/1+2"}}, [("product", "A/1+2")]),
        ("order", {"entity_id": "12", "status": "pending"}, [("order", "12")]),
        (
            "new_creditmemo",
            {"entity_id": "3", "order_id": "12"},
            [("order", "12"), ("refund", "3")],
        ),
    ],
)
def test_event_names_what_to_read(
    event: str, body: dict[str, Any], named: list[tuple[str, str]]
) -> None:
    found = notices(request(numbers.encode(body), event))
    assert [(notice.entity.value, notice.key) for notice in found] == named
    assert all(notice.payload is None and notice.version == "" for notice in found)
    assert {notice.topic for notice in found} == {event}


def test_event_of_adobe_has_a_name_for_each_record() -> None:
    type_ = "com.adobe.commerce.observer.sales_order_invoice_save_after"
    value = {"entity_id": "7", "order_id": "12"}
    found = notices(request(numbers.encode({**EVENT, "type": type_, "data": {"value": value}})))
    assert [(notice.key, notice.event, notice.delivery) for notice in found] == [
        ("12", "e-1:order", "e-1"),
        ("7", "e-1:payment", "e-1"),
    ]


@pytest.mark.parametrize(
    ("event", "body", "error"),
    [
        ("sales.order.created", b"{", NotTheirs),
        ("sales.order.created", b"[]", NotTheirs),
        ("sales.order.created", b'{"data":{"entity_id":"12; drop"}}', NotTheirs),
        ("sales.order.created", b'{"data":{"entity_id":true}}', NotTheirs),
        ("sales.order.created", b'{"data":[]}', NotTheirs),
        ("catalog.product.updated", b'{"data":{"sku":5}}', NotTheirs),
        ("cms.page.updated", b"{}", Unsupported),
        ("", b"{}", Unsupported),
    ],
)
def test_event_that_says_nothing_is_refused(
    event: str, body: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        notices(request(body, event))
