"""Who is let in: signatures checked against published vectors, tokens, resources."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from integrations.connector_kit.sandbox.testing import Reply, call
from integrations.connectors.magento.sandbox import signing
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria

_PROTOCOL = [
    ("oauth_consumer_key", "ck_0123456789abcdef0123456789abcd"),
    ("oauth_nonce", "c0ffee0123456789c0ffee0123456789"),
    ("oauth_signature_method", "HMAC-SHA256"),
    ("oauth_timestamp", "1700000000"),
    ("oauth_token", "at_0123456789abcdef0123456789abcd"),
    ("oauth_version", "1.0"),
]
_QUERY = (
    "searchCriteria[filter_groups][0][filters][0][field]=updated_at"
    "&searchCriteria[filter_groups][0][filters][0][value]=2026-01-31%2023:55:00"
    "&searchCriteria[filter_groups][0][filters][0][condition_type]=gteq"
    "&searchCriteria[pageSize]=100&searchCriteria[currentPage]=1"
)


@pytest.mark.parametrize(
    ("method", "url", "query", "wanted"),
    [
        (
            "GET",
            "https://shop.example.com/rest/default/V1/orders",
            _QUERY,
            "xyGSgtE6Yz47MUzCzbJFGDt5FXqbqqHdbeSxFcpAPPw=",
        ),
        (
            "POST",
            "https://shop.example.com/rest/all/V1/inventory/source-items",
            "",
            "hmTKzmgbTtHchpUFr/vEY3yWELCglK7wygF4c1kSPPE=",
        ),
    ],
)
def test_signatures_are_those_of_the_vectors(
    method: str, url: str, query: str, wanted: str
) -> None:
    signed = [*signing.query_pairs(query), *_PROTOCOL]
    found = signing.signature(
        method, url, signed, consumer_secret="cs_secret", token_secret="ts_secret"
    )
    assert found == wanted


def _with(account: Account, method: str, path: str, authorization: str) -> Reply:
    return call(method, f"{account.base_url}{path}", None, {"Authorization": authorization})


def test_a_signed_search_is_let_in(account: Account) -> None:
    found = account.get("products", criteria(("sku", "TEE-%", "like"), size=2))
    assert found["total_count"] == 3
    assert len(found["items"]) == 2


def test_a_nonce_works_once(account: Account) -> None:
    url = f"{account.base_url}/rest/V1/modules"
    header = account.signed("GET", url)
    assert _with(account, "GET", "/rest/V1/modules", header).status == 200
    again = _with(account, "GET", "/rest/V1/modules", header)
    assert again.status == 401
    assert "nonce is already being used" in again.json["message"]


def test_what_differs_from_the_protocol_is_refused(account: Account) -> None:
    url = f"{account.base_url}/rest/V1/modules"
    late = str(int(time.time()) + 700)
    for changes, status, said in (
        ({"oauth_signature_method": "HMAC-SHA1"}, 400, "HMAC-SHA1 is not supported"),
        ({"oauth_timestamp": late}, 400, "timestamp"),
        ({"oauth_timestamp": "0"}, 400, "timestamp"),
        ({"oauth_version": "2.0"}, 400, "oauth_version"),
        ({"oauth_consumer_key": "x" * 32}, 401, "consumer"),
        ({"oauth_token": "x" * 32}, 401, "token"),
        ({"oauth_nonce": ""}, 400, "oauth_nonce"),
    ):
        header = account.signed("GET", url, **changes)
        reply = _with(account, "GET", "/rest/V1/modules", header)
        assert (reply.status, said in reply.json["message"]) == (status, True), reply.text


def test_another_path_query_or_method_does_not_fit_the_signature(account: Account) -> None:
    url = f"{account.base_url}/rest/V1/store/websites"
    for path, query in (("/rest/V1/store/storeViews", ""), ("/rest/V1/store/websites", "?a=1")):
        reply = _with(account, "GET", path + query, account.signed("GET", url))
        assert reply.status == 401
        assert reply.json["message"] == "The signature is invalid. Verify and try again."


def test_a_slash_in_a_sku_never_fits_when_signed(account: Account) -> None:
    reply = account.rest("GET", "V1/products/A%2FB")
    assert reply.status == 401
    assert "signature is invalid" in reply.json["message"]


def test_the_token_alone_is_let_in_where_the_owner_allows_it(
    open_account: Callable[..., Account],
) -> None:
    account = open_account()
    bearer = f"Bearer {account.keys['access_token']}"
    path = "/rest/V1/products?searchCriteria[pageSize]=1"
    refused = _with(account, "GET", path, bearer)
    assert refused.status == 401
    assert refused.json == {
        "message": "The consumer isn't authorized to access %resources.",
        "parameters": {"resources": "Magento_Catalog::products"},
    }
    account.control("PATCH", "", {"bearer": True})
    assert _with(account, "GET", path, bearer).status == 200
    assert _with(account, "GET", path, "").status == 401


def test_a_missing_resource_is_named(open_account: Callable[..., Account]) -> None:
    account = open_account(resources=["Magento_Catalog::products"])
    assert account.get("products", criteria(size=1))["items"]
    reply = account.rest("GET", "V1/inventory/source-items", query=criteria())
    assert reply.status == 401
    assert reply.json["parameters"] == {"resources": "Magento_InventoryApi::source"}


def test_a_removed_integration_is_refused(account: Account) -> None:
    account.control("POST", "/uninstall")
    assert account.rest("GET", "V1/modules").status == 401


def test_behind_a_proxy_the_shop_signs_with_the_address_it_believes_in(
    open_account: Callable[..., Account],
) -> None:
    account = open_account(seen_as="https://shop.example.com")
    path = f"/stores/{account.name}/rest/V1/modules"
    assert account.rest("GET", "V1/modules").status == 401
    header = account.signed("GET", f"https://shop.example.com{path}")
    assert call("GET", f"{account.url}{path}", None, {"Authorization": header}).status == 200


def test_index_php_leads_to_the_same_calls(account: Account) -> None:
    url = f"{account.base_url}/index.php/rest/V1/modules"
    header = account.signed("GET", url)
    assert call("GET", url, None, {"Authorization": header}).status == 200
