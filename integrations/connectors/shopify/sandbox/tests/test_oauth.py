"""Installing and token renewal."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from integrations.connector_kit.sandbox.testing import Reply, call
from integrations.connectors.shopify.sandbox.oauth import query_signature
from integrations.connectors.shopify.sandbox.tests.conftest import Account


def _authorized(account: Account, method: str) -> Reply:
    query = urlencode(
        {
            "client_id": account.client_id,
            "scope": "read_orders,write_inventory",
            "redirect_uri": "https://example.com/back",
            "state": "nonce-1",
        }
    )
    return call(method, f"{account.base_url}/admin/oauth/authorize?{query}")


def _token(account: Account, **values: Any) -> Reply:
    body = {
        "client_id": account.client_id,
        "client_secret": account.client_secret,
        **values,
    }
    return call("POST", f"{account.base_url}/admin/oauth/access_token", body)


def _code(account: Account) -> str:
    target = _authorized(account, "POST").headers["location"]
    return parse_qs(urlsplit(target).query)["code"][0]


def test_signature_matches_the_published_vector() -> None:
    values = {
        "code": "0907a61c0c8d55e99db179b68161bc00",
        "shop": "some-shop.myshopify.com",
        "state": "0.6784241404160823",
        "timestamp": "1337178173",
    }
    expected = "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf"
    assert query_signature("hush", values) == expected


def test_consent_leads_back_signed(account: Account) -> None:
    page = _authorized(account, "GET")
    assert page.status == 200
    assert "write_inventory" in page.text
    answer = _authorized(account, "POST")
    assert answer.status == 302
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "https://example.com/back"
    values = {name: given[0] for name, given in parse_qs(target.query).items()}
    given = values.pop("hmac")
    assert set(values) == {"code", "host", "shop", "state", "timestamp"}
    assert values["state"] == "nonce-1"
    assert values["shop"] == f"{account.name}.myshopify.com"
    assert abs(int(values["timestamp"]) - time.time()) < 10
    text = "&".join(f"{name}={values[name]}" for name in sorted(values))
    expected = hmac.new(account.client_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert given == expected


def test_code_gives_expiring_tokens_once(account: Account) -> None:
    code = _code(account)
    body = _token(account, code=code, expiring="1").json
    assert body["expires_in"] == 3600
    assert body["refresh_token_expires_in"] == 7_776_000
    scopes = body["scope"].split(",")
    assert "write_orders" in scopes
    assert "read_orders" not in scopes
    account.token = body["access_token"]
    assert account.data("{ shop { name } }") == {"shop": {"name": account.name}}
    again = _token(account, code=code, expiring="1")
    assert again.status == 400
    assert again.json["error"] == "invalid_request"


def test_code_without_expiring_gives_a_lasting_token(account: Account) -> None:
    body = _token(account, code=_code(account)).json
    assert set(body) == {"access_token", "scope"}


def test_refresh_renews_the_pair_and_the_old_one_dies_with_its_use(account: Account) -> None:
    first = _token(account, code=_code(account), expiring="1").json
    grant = {"grant_type": "refresh_token"}
    second = _token(account, **grant, refresh_token=first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    retried = _token(account, **grant, refresh_token=first["refresh_token"])
    assert retried.status == 200
    used = _token(account, **grant, refresh_token=retried.json["refresh_token"])
    assert used.status == 200
    dead = _token(account, **grant, refresh_token=first["refresh_token"])
    assert dead.status == 400
    assert dead.json == {
        "error": "invalid_request",
        "error_description": "This request requires an active refresh_token",
    }


def test_client_credentials(account: Account) -> None:
    body = _token(account, grant_type="client_credentials").json
    assert "refresh_token" not in body
    account.token = body["access_token"]
    assert account.graphql("{ shop { name } }").status == 200


def test_wrong_secret_and_unknown_grant(account: Account) -> None:
    assert _token(account, client_secret="no", grant_type="client_credentials").status == 401
    assert _token(account, grant_type="password").status == 400
    query = urlencode({"client_id": "other", "redirect_uri": "https://example.com"})
    assert call("GET", f"{account.base_url}/admin/oauth/authorize?{query}").status == 400
