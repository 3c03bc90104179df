"""The handshake of an integration: what Magento posts, and what it is asked for, signed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from integrations.connector_kit.base import Introduced, WebhookRequest
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Rejected, TryLater
from integrations.connector_kit.testing import Asked, Reply, Vendor
from integrations.connectors.magento import handshake
from integrations.connectors.magento.auth import Signing

FORM = {
    "store_base_url": "https://shop.example.com/store/",
    "oauth_consumer_key": "ck_0123456789",
    "oauth_consumer_secret": "cs_0123456789",
    "oauth_verifier": "ve_0123456789",
}
SAID = Introduced(
    "https://shop.example.com",
    {
        "consumer_key": "ck_0123456789",
        "consumer_secret": "cs_0123456789",
        "verifier": "ve_0123456789",
    },
)
FIXED = Signing(nonce=lambda: "c0ffee0123456789", now=lambda: 1700000000.0)


def posted(form: Mapping[str, str] | bytes) -> WebhookRequest:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return WebhookRequest(headers={}, query={}, body=body)


def test_what_magento_posts_is_read() -> None:
    said = handshake.read(posted(FORM))
    assert said.base_url == "https://shop.example.com/store"
    assert said.given == SAID.given
    assert "cs_0123456789" not in repr(said)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        urlencode({**FORM, "oauth_verifier": "short"}).encode(),
        urlencode({**FORM, "oauth_consumer_key": "with a space"}).encode(),
        urlencode({**FORM, "oauth_consumer_secret": "x" * 300}).encode(),
        urlencode({**FORM, "store_base_url": "no address"}).encode(),
        urlencode({**FORM, "store_base_url": "http://[bad"}).encode(),
        urlencode([*FORM.items(), ("oauth_verifier", "another one")]).encode(),
        b"&".join(b"a=%d" % number for number in range(50)),
    ],
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(NotTheirs) as caught:
        handshake.read(posted(body))
    assert caught.value.status == 400


def test_only_the_window_of_the_same_integration_is_let_in() -> None:
    query = {"oauth_consumer_key": "ck_0123456789", "success_call_back": "https://a.example.com/b"}
    assert handshake.arrived(SAID, query) == "https://a.example.com/b"
    for other in ({}, {"oauth_consumer_key": "ck_012345678é"}):
        with pytest.raises(NotTheirs):
            handshake.arrived(SAID, other)


def signature(asked: Asked) -> str:
    found = re.search(r'oauth_signature="([^"]+)"', asked.headers["authorization"])
    assert found
    return unquote(found[1])


def expected(url: str, **more: Any) -> str:
    """Signed by a second client that is told everything outright."""
    second = Client(
        "ck_0123456789",
        client_secret="cs_0123456789",
        signature_method=SIGNATURE_HMAC_SHA256,
        nonce="c0ffee0123456789",
        timestamp="1700000000",
        **more,
    )
    header = second.sign(url, http_method="POST")[1]["Authorization"]
    return unquote(re.search(r'oauth_signature="([^"]+)"', header)[1])  # type: ignore[index]


def tokens(name: str) -> Reply:
    body = urlencode({"oauth_token": f"{name}_token", "oauth_token_secret": f"{name}_secret"})
    return Reply(body=body.encode())


def test_two_signed_calls_bring_the_four_credentials() -> None:
    with Vendor(tokens("request"), tokens("access")) as vendor:
        made = handshake.exchange(vendor.account(), SAID, FIXED)
        first, second = vendor.asked
        url = vendor.url
    assert made == {
        "consumer_key": "ck_0123456789",
        "consumer_secret": "cs_0123456789",
        "access_token": "access_token",
        "access_token_secret": "access_secret",
    }
    assert [(asked.method, asked.path, asked.body) for asked in (first, second)] == [
        ("POST", "/oauth/token/request", b""),
        ("POST", "/oauth/token/access", b""),
    ]
    assert signature(first) == expected(f"{url}/oauth/token/request")
    assert "oauth_verifier" not in first.headers["authorization"]
    assert signature(second) == expected(
        f"{url}/oauth/token/access",
        resource_owner_key="request_token",
        resource_owner_secret="request_secret",
        verifier="ve_0123456789",
    )
    # Tokens are not kept with what was asked.
    assert not any("access_secret" in str(one) for one in vendor.observed)


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply(401, body=b"oauth_problem=consumer_key_rejected"), NeedsOwner, "consumer_key_rej"),
        (Reply(400, body=b"oauth_problem=parameter_absent"), NeedsOwner, "parameter_absent"),
        (Reply(200, body=b"<html>Shop</html>"), Rejected, "not Magento's token service"),
        (Reply(503), TryLater, "503"),
    ],
)
def test_a_refusal_says_what_to_do(reply: Reply, error: type[Exception], words: str) -> None:
    with Vendor(reply) as vendor, pytest.raises(error, match=words):
        handshake.exchange(vendor.account(), SAID, FIXED)
