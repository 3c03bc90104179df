"""The control API, faults, the clock, the handshake and an administrator's token."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from integrations.connectors.magento.sandbox import signing
from integrations.connectors.magento.sandbox.tests.conftest import Account, Reply, call, criteria

_ONE = criteria(size=1)


def _stock(quantity: int) -> dict[str, Any]:
    row = {"sku": "TEE-BLK-S", "source_code": "default", "quantity": quantity, "status": 1}
    return {"sourceItems": [row]}


def _on_hand(account: Account) -> Any:
    found = account.get("inventory/source-items", criteria(("sku", "TEE-BLK-S", "eq")))
    return found["items"][0]["quantity"]


def test_account_is_made_once_and_can_go(sandbox: str) -> None:
    wanted = {"name": "once", "seed": "3", "bucket": 40, "restore_rate": 2}
    first = call("POST", f"{sandbox}/_sandbox/accounts", wanted)
    again = call("POST", f"{sandbox}/_sandbox/accounts", wanted)
    assert first.status == 200
    assert first.json == again.json
    assert first.json["base_url"] == f"{sandbox}/stores/once"
    assert set(first.json["credentials"]) == {
        "consumer_key",
        "consumer_secret",
        "access_token",
        "access_token_secret",
        "webhook_secret",
        "admin_username",
        "admin_password",
    }
    assert "once" in call("GET", f"{sandbox}/_sandbox/accounts").json["accounts"]
    assert call("DELETE", f"{sandbox}/_sandbox/accounts/once").status == 200
    assert call("DELETE", f"{sandbox}/_sandbox/accounts/once").status == 404
    assert call("POST", f"{sandbox}/_sandbox/accounts", wanted).json == first.json


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "a/b"}, "name must be"),
        ({"edition": "free"}, "edition must be one of"),
        ({"events": "pigeons"}, "events must be one of"),
        ({"size": 0}, "size must be"),
        ({"base_to_order_rate": 0}, "above 0"),
        ({"resources": "all"}, "resources must be a list"),
        ({"tax_rate": "much"}, "tax_rate must be a number"),
    ],
)
def test_bad_wishes_are_named(sandbox: str, changes: dict[str, Any], said: str) -> None:
    reply = call("POST", f"{sandbox}/_sandbox/accounts", {"name": "bad", **changes})
    assert reply.status == 400
    assert said in reply.json["error"]


def test_bad_actions_are_named(account: Account) -> None:
    assert account.control("POST", "/faults", {"kind": "nonsense"}).status == 400
    assert account.control("POST", "/stock", "no json").status == 400
    assert account.control("POST", "/articles", {"sku": "NO", "to": "X"}).status == 404
    taken = account.control("POST", "/articles", {"sku": "TEE-BLK-S", "to": "TEE"})
    assert taken.status == 409
    assert account.control("POST", "/nothing", {}).status == 404


def test_a_mistyped_sku_and_a_deleted_product(account: Account) -> None:
    assert account.control("POST", "/articles", {"sku": "TEE-BLK-S", "to": "TEE-BLK"}).status == 200
    assert account.rest("GET", "V1/products/TEE-BLK-S").status == 404
    lying = account.get("inventory/source-items", criteria(("sku", "TEE-BLK", "eq")))["items"]
    assert lying[0]["quantity"] > 0
    assert account.control("POST", "/products/delete", {"sku": "TEE-BLK"}).status == 200
    assert account.rest("GET", "V1/products/TEE-BLK").status == 404


def test_lost_answer_does_the_work_and_refuse_does_not(account: Account) -> None:
    for kind, wanted in (("lost_answer", 3), ("refuse", 3)):
        account.control(
            "POST", "/faults", {"kind": kind, "match": "POST /V1/inventory/source-items"}
        )
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            account.rest("POST", "V1/inventory/source-items", _stock(3 if kind != "refuse" else 9))
        assert _on_hand(account) == wanted


def test_hang_does_the_work_late_and_breaks(account: Account) -> None:
    account.control("POST", "/faults", {"kind": "hang", "value": 0.01, "match": "POST "})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        account.rest("POST", "V1/inventory/source-items", _stock(4))
    assert _on_hand(account) == 4


def test_failures_look_like_magento_and_like_what_stands_before_it(account: Account) -> None:
    for fault, status, kind, said in (
        ({"kind": "status", "value": 500}, 500, "application/json", "Report ID: webapi-"),
        ({"kind": "status", "value": 503}, 503, "text/html", "Service Temporarily Unavailable"),
        ({"kind": "status", "value": 429}, 429, "application/json", "Too Many Requests"),
        ({"kind": "throttle"}, 429, "application/json", "Too Many Requests"),
        ({"kind": "revoke"}, 401, "application/json", "revoked"),
        ({"kind": "latency", "value": 0.01}, 200, "application/json", "items"),
    ):
        account.control("POST", "/faults", fault)
        reply = account.rest("GET", "V1/products", query=_ONE)
        assert reply.status == status
        assert reply.headers["content-type"].startswith(kind)
        assert said in reply.text
    account.control("POST", "/faults", {"kind": "status", "value": 500, "times": -1})
    assert account.rest("GET", "V1/products", query=_ONE).status == 500
    account.control("DELETE", "/faults")
    assert account.rest("GET", "V1/products", query=_ONE).status == 200


def test_what_is_young_can_be_hidden(account: Account) -> None:
    who = {"email": "new@example.com", "firstname": "New", "lastname": "Test", "website_id": 1}
    made = account.post("customers", {"customer": who})
    account.control(
        "POST", "/faults", {"kind": "unreadable", "value": 60, "times": -1, "match": "customers"}
    )
    assert account.get("customers/search", criteria())["items"] == []
    assert account.refused("GET", f"customers/{made['id']}").status == 404
    account.control("DELETE", "/faults")
    assert account.get(f"customers/{made['id']}")["email"] == "new@example.com"


def test_log_counts_by_route(account: Account) -> None:
    account.get("products/TEE-BLK-S")
    account.get("products/TEE")
    account.refused("GET", "nothing/there")
    figures = account.control("GET", "/log").json
    assert figures["requests"] == 3
    assert figures["by_route"]["GET /V1/products/{sku}"] == 2
    assert figures["errors"] == 1
    account.control("DELETE", "/log")
    assert account.control("GET", "/log").json["requests"] == 0


def test_the_shop_has_a_clock_of_its_own(open_account: Callable[..., Account]) -> None:
    account = open_account(clock_skew=-3600)
    url = f"{account.base_url}/rest/V1/store/websites"
    late = account.signed("GET", url)
    refused = call("GET", url, None, {"Authorization": late})
    assert (refused.status, "timestamp" in refused.text) == (400, True)
    behind = datetime.now(UTC) - parsedate_to_datetime(refused.headers["date"])
    assert 3590 < behind.total_seconds() < 3610
    then = str(int(datetime.now(UTC).timestamp()) - 3600)
    fits = account.signed("GET", url, oauth_timestamp=then)
    assert call("GET", url, None, {"Authorization": fits}).status == 200
    ahead = open_account(clock_skew=3600)
    shown = ahead.get("products", _ONE)["items"][0]["created_at"]
    made = datetime.strptime(shown, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert 3580 < (made - datetime.now(UTC)).total_seconds() < 3610


def test_store_views_and_editions(open_account: Callable[..., Account]) -> None:
    account = open_account(store_views=2, edition="commerce", events="io_events")
    assert [row["code"] for row in account.get("store/storeViews")] == [
        "admin",
        "default",
        "view_2",
    ]
    assert len(account.get("store/websites")) == 2
    assert len(account.get("store/storeGroups")) == 2
    shown = account.get("store/storeConfigs", [("storeCodes[]", "view_2")])
    assert [row["code"] for row in shown] == ["view_2"]
    assert account.rest("GET", "V1/modules", store="nowhere").status == 404
    assert {"Magento_GiftCardAccount", "Magento_AdobeCommerceEventsClient"} <= set(
        account.get("modules")
    )


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
    assert query["success_call_back"][0].startswith(account.base_url)
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


def _post_form(url: str, **values: str) -> Reply:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return call("POST", url, urlencode(values), kind)


def _said(reply: Reply) -> str:
    assert reply.status == 303
    return parse_qs(urlsplit(reply.headers["location"]).query)["said"][0]


def test_shop_front_places_an_order(account: Account) -> None:
    reply = _post_form(
        f"{account.base_url}/buy",
        sku="TEE-BLK-S",
        quantity="2",
        paid="yes",
        kind="configurable",
        discount="SAVE15",
    )
    said = _said(reply)
    assert said.startswith("Order 000000001 placed, total ")
    page = call("GET", f"{account.base_url}/")
    assert page.status == 200
    for shown in ("000000001", "2 × TEE-BLK-S", "processing", "Place order"):
        assert shown in page.text
    assert account.get("orders", criteria())["total_count"] == 1
    assert "000000001" not in call("GET", f"{account.url}/").text
    assert account.name in call("GET", f"{account.url}/").text


def test_shop_front_says_why_it_did_nothing(account: Account) -> None:
    url = f"{account.base_url}/buy"
    assert _said(_post_form(url, sku="NO-SUCH")) == "Not placed: no article has the SKU NO-SUCH."
    assert _said(_post_form(url, sku="TEE-BLK-S", quantity="9999")).startswith("Not placed: ")
    assert _said(_post_form(f"{account.base_url}/fail", times="x")).startswith("Not set: ")
    assert account.get("orders", criteria())["total_count"] == 0
    said = _said(_post_form(f"{account.base_url}/fail", times="1", kind="throttle"))
    assert said == "The next 1 calls will fail (throttle)."
    assert account.rest("GET", "V1/modules").status == 429


def test_what_people_type_does_nothing_on_the_shop_front(
    open_account: Callable[..., Account],
) -> None:
    account = open_account(hostile=True)
    account.control("POST", "/orders", {"count": 6, "lines": 2})
    page = call("GET", f"{account.base_url}/").text
    assert "<script" not in page
    assert "<img" not in page
    found = account.get("products", criteria(("name", "%clarityWasHere%", "like")))
    assert found["total_count"] > 0


def test_the_version_is_told_on_a_page(open_account: Callable[..., Account]) -> None:
    for edition, said in (
        ("open_source", "Magento/2.4 (Community)"),
        ("commerce", "Magento/2.4 (Enterprise)"),
    ):
        account = open_account(edition=edition)
        assert call("GET", f"{account.base_url}/magento_version").text == said


def test_an_account_in_the_place_of_a_lost_one_shares_no_number(
    open_account: Callable[..., Account],
) -> None:
    found = []
    for first in (100_001, 100_000_001 + 100_000):
        account = open_account(first_id=first)
        order = account.control("POST", "/orders", {"count": 1, "kind": "simple"}).json["orders"][0]
        found.append(order)
    assert [order["name"] for order in found] == ["000000001", "100000001"]
    assert found[1]["id"] - found[0]["id"] > 90_000_000
