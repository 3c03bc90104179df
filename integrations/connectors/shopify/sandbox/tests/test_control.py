"""The control API, faults and the shop front."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connector_kit.sandbox.testing import Reply, call
from integrations.connectors.shopify.sandbox.tests.conftest import Account

_TAG = 'mutation Tag($id: ID!) { tagsAdd(id: $id, tags: ["t"]) { userErrors { message } } }'
_TAGS = "query Tags($id: ID!) { order(id: $id) { tags } }"


def _post_form(url: str, **values: str) -> Reply:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return call("POST", url, urlencode(values), kind)


def test_account_is_made_once_and_can_go(sandbox: str) -> None:
    first = call("POST", f"{sandbox}/_sandbox/accounts", {"name": "once", "seed": "3"})
    again = call("POST", f"{sandbox}/_sandbox/accounts", {"name": "once", "seed": "3"})
    assert first.status == 200
    assert first.json == again.json
    assert first.json["base_url"] == f"{sandbox}/shops/once"
    assert set(first.json["credentials"]) == {"access_token", "client_id", "client_secret"}
    assert first.json["settings"]["location_id"].startswith("gid://shopify/Location/")
    assert call("DELETE", f"{sandbox}/_sandbox/accounts/once").status == 200
    assert call("DELETE", f"{sandbox}/_sandbox/accounts/once").status == 404
    anew = call("POST", f"{sandbox}/_sandbox/accounts", {"name": "once", "seed": "3"})
    assert anew.json == first.json


def test_bad_requests_are_named(sandbox: str, account: Account) -> None:
    assert call("POST", f"{sandbox}/_sandbox/accounts", {"name": "a/b"}).status == 400
    assert account.control("POST", "/faults", {"kind": "nonsense"}).status == 400
    reply = account.control("POST", "/orders", {"lines_exact": [{"sku": "NO-SUCH"}]})
    assert reply.status == 400
    assert reply.json == {"error": "no article has the SKU NO-SUCH"}
    assert account.control("POST", "/stock", {"sku": "NO-SUCH", "available": 1}).status == 404
    assert account.control("POST", "/orders", "no json").status == 400


def test_goods_are_those_of_the_point_of_sale(account: Account) -> None:
    query = (
        "{ productVariants(first: 100) { nodes { legacyResourceId sku barcode price"
        " inventoryQuantity inventoryItem { legacyResourceId tracked } } } }"
    )
    shown = {node["sku"]: node for node in account.data(query)["productVariants"]["nodes"]}
    articles = catalogue(seed="7", size=24)
    assert set(shown) == {article.sku for article in articles}
    for article in articles:
        node = shown[article.sku]
        assert node["price"] == str(article.price)
        assert node["barcode"] == article.barcode
        assert node["inventoryQuantity"] == sum(article.opening_stock)
        assert node["inventoryItem"]["tracked"] is True
        assert 13 <= len(node["legacyResourceId"]) <= 14
        assert node["legacyResourceId"] != node["inventoryItem"]["legacyResourceId"]


def test_lost_answer_does_the_work(account: Account) -> None:
    identifier = {"id": f"gid://shopify/Order/{account.order()[0]['id']}"}
    account.control("POST", "/faults", {"kind": "lost_answer", "match": "POST Tag"})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        account.graphql(_TAG, identifier)
    assert account.data(_TAGS, identifier) == {"order": {"tags": ["t"]}}


def test_refuse_and_status_do_no_work(account: Account) -> None:
    identifier = {"id": f"gid://shopify/Order/{account.order()[0]['id']}"}
    account.control("POST", "/faults", {"kind": "refuse", "match": "POST Tag"})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        account.graphql(_TAG, identifier)
    account.control("POST", "/faults", {"kind": "status", "value": 503})
    failed = account.graphql(_TAG, identifier)
    assert failed.status == 503
    assert failed.headers["retry-after"] == "2.0"
    assert account.data(_TAGS, identifier) == {"order": {"tags": []}}


def test_throttle_revoke_latency_and_clear(account: Account) -> None:
    account.control("POST", "/faults", {"kind": "throttle"})
    body = account.graphql("{ shop { name } }").json
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] < 50
    account.control("POST", "/faults", {"kind": "revoke"})
    assert account.graphql("{ shop { name } }").status == 401
    account.control("POST", "/faults", {"kind": "latency", "value": 0.2})
    began = time.monotonic()
    assert account.graphql("{ shop { name } }").status == 200
    assert time.monotonic() - began >= 0.2
    account.control("POST", "/faults", {"kind": "status", "value": 500, "times": -1})
    assert account.graphql("{ shop { name } }").status == 500
    account.control("DELETE", "/faults")
    assert account.graphql("{ shop { name } }").status == 200


def test_log_counts_by_operation(account: Account) -> None:
    account.graphql("query One { shop { name } }")
    account.graphql("query One { shop { name } }")
    account.graphql("query Two { shop { nam } }")
    figures = account.control("GET", "/log").json
    assert figures["requests"] == 3
    assert figures["by_operation"]["One"] == 2
    assert figures["errors"] == 1
    account.control("DELETE", "/log")
    assert account.control("GET", "/log").json["requests"] == 0


def test_shop_front_places_an_order(account: Account) -> None:
    reply = _post_form(
        f"{account.base_url}/buy", sku="TEE-BLK-S", quantity="2", paid="yes", discount="SAVE15"
    )
    assert reply.status == 303
    page = call("GET", f"{account.url}{reply.headers['location']}")
    assert "Order #1001 placed" in page.text
    assert "2 × TEE-BLK-S" in page.text
    assert "unfulfilled" in page.text
    refused = _post_form(f"{account.base_url}/buy", sku="TEE-BLK-S", quantity="999", paid="yes")
    assert "Not%20placed" in refused.headers["location"]


def test_shop_front_fails_the_next_calls(account: Account) -> None:
    _post_form(f"{account.base_url}/fail", times="2", kind="status")
    assert [account.graphql("{ shop { name } }").status for _ in range(3)] == [503, 503, 200]


def test_pages_escape_what_others_wrote(account: Account) -> None:
    page = call("GET", f"{account.base_url}/?said=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert account.name in call("GET", f"{account.url}/").text


def test_many_orders_at_once_keep_stock_and_numbers_right(
    open_account: Callable[..., Account],
) -> None:
    account = open_account(size=8)
    reply = account.control("POST", "/orders", {"count": 5000, "paid": True})
    orders = reply.json["orders"]
    assert reply.json["refused"] == "everything is sold out"
    assert len({order["id"] for order in orders}) == len(orders) > 100
    for article in catalogue(seed="7", size=8):
        stock = account.stock(article.sku)
        assert stock["available"] == 0
        assert stock["committed"] == stock["on_hand"] == sum(article.opening_stock)


def test_a_hanging_call_does_the_work(account: Account) -> None:
    identifier = {"id": f"gid://shopify/Order/{account.order()[0]['id']}"}
    account.control("POST", "/faults", {"kind": "hang", "match": "POST Tag", "value": 0.2})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        account.graphql(_TAG, identifier)
    assert account.data(_TAGS, identifier) == {"order": {"tags": ["t"]}}


def test_a_fresh_order_is_hidden_while_the_fault_stands(account: Account) -> None:
    account.control("POST", "/faults", {"kind": "unreadable", "value": 60, "times": -1})
    identifier = {"id": f"gid://shopify/Order/{account.order()[0]['id']}"}
    every = "{ orders(first: 5) { nodes { id } } }"
    assert account.data(_TAGS, identifier) == {"order": None}
    assert account.data(every) == {"orders": {"nodes": []}}
    account.control("DELETE", "/faults")
    assert account.data(_TAGS, identifier) == {"order": {"tags": []}}
    assert account.data(every) == {"orders": {"nodes": [identifier]}}


@pytest.mark.parametrize("seconds", [120, -120])
def test_a_wrong_clock_shows_in_every_time_it_writes(
    open_account: Callable[..., Account], seconds: int
) -> None:
    account = open_account(clock_skew=seconds)
    account.order()
    reply = account.graphql("{ orders(first: 1) { nodes { createdAt } } }")
    written = datetime.fromisoformat(reply.json["data"]["orders"]["nodes"][0]["createdAt"])
    for told in (written, parsedate_to_datetime(reply.headers["date"])):
        assert abs((told - datetime.now(UTC)).total_seconds() - seconds) < 60
