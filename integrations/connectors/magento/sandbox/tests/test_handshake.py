"""How keys are got: the handshake of an integration, and an administrator's token."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from integrations.connector_kit.sandbox.testing import Reply, call
from integrations.connectors.magento.sandbox import signing
from integrations.connectors.magento.sandbox.tests.conftest import Account


def _admin(account: Account, password: str) -> Reply:
    body = {"username": account.keys["admin_username"], "password": password}
    return call("POST", f"{account.base_url}/rest/V1/integration/admin/token", body)


def test_an_administrator_signs_in(account: Account) -> None:
    token = _admin(account, account.keys["admin_password"]).json
    path = f"{account.base_url}/rest/V1/products?searchCriteria[pageSize]=1"
    assert call("GET", path, None, {"Authorization": f"Bearer {token}"}).status == 200
    assert _admin(account, "wrong").status == 401
    account.control("PATCH", "", {"two_factor": True})
    refused = _admin(account, account.keys["admin_password"])
    assert refused.status == 401
    assert refused.json["parameters"] == {"active_providers": ["google"]}


@pytest.fixture
def callback() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """An address that takes the form of an activation."""
    got: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append({name: given[0] for name, given in parse_qs(body).items()})
            self.send_response(404 if self.path == "/no" else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Tests look at what came, not at a log."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join(5)
    server.server_close()


def _token(account: Account, step: str, secret: str, **more: str) -> Reply:
    url = f"{account.base_url}/oauth/token/{step}"
    values = {
        "oauth_consumer_key": account.keys["consumer_key"],
        "oauth_nonce": f"nonce-{step}-{secret}-{len(more)}",
        "oauth_signature_method": signing.METHOD,
        "oauth_timestamp": str(int(datetime.now(UTC).timestamp())),
        **more,
    }
    values["oauth_signature"] = signing.signature(
        "POST",
        url,
        values.items(),
        consumer_secret=account.keys["consumer_secret"],
        token_secret=secret,
    )
    header = "OAuth " + ",".join(f'{name}="{quote(v, safe="")}"' for name, v in values.items())
    return call("POST", url, None, {"Authorization": header})


def test_an_integration_sets_itself_up(
    account: Account, callback: tuple[str, list[dict[str, str]]]
) -> None:
    url, got = callback
    account.control("POST", "/uninstall")
    assert account.rest("GET", "V1/modules").status == 401
    assert _token(account, "request", "").status == 403
    wanted = {"callback_url": f"{url}/back", "identity_url": "https://example.com/in?a=1"}
    answer = account.control("POST", "/activate", wanted).json
    query = parse_qs(urlsplit(answer["identity_url"]).query)
    assert query["oauth_consumer_key"] == [account.keys["consumer_key"]]
    assert query["a"] == ["1"]
    assert "Magento closes this window" in call("GET", query["success_call_back"][0]).text
    assert got[0]["store_base_url"] == f"{account.base_url}/"
    assert got[0]["oauth_consumer_secret"] == account.keys["consumer_secret"]
    first = parse_qs(_token(account, "request", "").text)
    secret, token = first["oauth_token_secret"][0], first["oauth_token"][0]
    wrong = _token(account, "access", secret, oauth_token=token, oauth_verifier="no")
    assert (wrong.status, wrong.text) == (401, "oauth_problem=verifier_invalid")
    pair = parse_qs(
        _token(
            account,
            "access",
            secret,
            oauth_token=token,
            oauth_verifier=got[0]["oauth_verifier"],
            oauth_version="1.0",
        ).text
    )
    assert pair["oauth_token"] == [account.keys["access_token"]]
    assert account.rest("GET", "V1/modules").status == 200
    assert (
        account.control("POST", "/activate", {**wanted, "callback_url": f"{url}/no"}).status == 409
    )
    assert account.control("POST", "/activate", {}).status == 400
