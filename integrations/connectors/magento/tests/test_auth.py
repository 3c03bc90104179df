"""Signatures as Magento checks them, and which credentials are needed for them."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from integrations.connector_kit.errors import NeedsOwner
from integrations.connectors.magento.auth import BEARER, OAUTH, Proof, Signing, kind, shop_root
from integrations.connectors.magento.criteria import Criteria, query, where
from integrations.connectors.magento.tests import small_store
from integrations.connectors.magento.tests.small_store import SIGNED, account

FIXED = Signing(nonce=lambda: "c0ffee0123456789c0ffee0123456789", now=lambda: 1700000000.0)
ORDERS = "/rest/default/V1/orders?" + query(
    Criteria(filters=(where("updated_at", "2026-01-31 23:55:00", "gteq"),), sort=()).params()
)


def _signature(header: str) -> str:
    found = re.search(r'oauth_signature="([^"]+)"', header)
    assert found
    return unquote(found[1])


# Reference vectors, made with a second implementation.
@pytest.mark.parametrize(
    ("method", "path", "signature"),
    [
        ("GET", ORDERS, "xyGSgtE6Yz47MUzCzbJFGDt5FXqbqqHdbeSxFcpAPPw="),
        (
            "POST",
            "/rest/all/V1/inventory/source-items",
            "hmTKzmgbTtHchpUFr/vEY3yWELCglK7wygF4c1kSPPE=",
        ),
    ],
)
def test_signature_is_that_of_the_vector(method: str, path: str, signature: str) -> None:
    header = Proof(account(), FIXED).header(method, path)
    assert header.startswith("OAuth ")
    assert 'oauth_signature_method="HMAC-SHA256"' in header
    assert _signature(header) == signature


def test_signature_covers_the_address_of_the_settings() -> None:
    inner = account(
        base_url="https://www.example.org",
        settings={"signing_base_url": "https://shop.example.com/"},
    )
    assert _signature(Proof(inner, FIXED).header("GET", ORDERS)) == (
        "xyGSgtE6Yz47MUzCzbJFGDt5FXqbqqHdbeSxFcpAPPw="
    )


def test_an_address_that_cannot_be_signed_is_named() -> None:
    typed = account(settings={"signing_base_url": "www.example.com"})
    with pytest.raises(NeedsOwner, match=r"used for signatures is “www\.example\.com”"):
        Proof(typed)


def test_each_call_has_a_nonce_of_its_own() -> None:
    proof = Proof(account())
    nonces = {
        re.findall(r'oauth_nonce="([0-9a-f]{32})"', proof.header("GET", "/"))[0] for _ in range(5)
    }
    assert len(nonces) == 5


def test_access_token_alone_is_a_bearer_token() -> None:
    only = account(credentials=small_store.BEARER)
    assert kind(only) == BEARER
    assert Proof(only).header("GET", "/") == f"Bearer {SIGNED['access_token']}"
    assert kind(account()) == OAUTH


@pytest.mark.parametrize("missing", ["consumer_key", "consumer_secret", "access_token_secret"])
def test_half_an_integration_is_named(missing: str) -> None:
    given = {name: value for name, value in SIGNED.items() if name != missing}
    with pytest.raises(NeedsOwner, match=missing.replace("_", " ")):
        kind(account(credentials=given))


def test_no_token_is_named() -> None:
    with pytest.raises(NeedsOwner, match="No access token"):
        kind(account(credentials={}))


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("https://shop.example.com/", "https://shop.example.com"),
        ("https://shop.example.com/sub", "https://shop.example.com/sub"),
        ("https://shop.example.com/sub/index.php/", "https://shop.example.com/sub/index.php"),
        ("https://shop.example.com/rest", "https://shop.example.com"),
        ("https://shop.example.com/rest/V1", "https://shop.example.com"),
        (
            "https://shop.example.com/index.php/rest/default/V1/",
            "https://shop.example.com/index.php",
        ),
    ],
)
def test_folder_and_index_php_are_kept(typed: str, root: str) -> None:
    assert shop_root(typed) == root
