"""The control API, faults and the clock."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from integrations.connector_kit.sandbox.testing import call
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria

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
