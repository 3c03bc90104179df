"""Credentials, faults, limits, the request log and the OAuth exchange."""

from __future__ import annotations

import http.client
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from integrations.connectors.heartland.sandbox.seeding import SERVICES
from integrations.connectors.heartland.sandbox.tests.conftest import call

BUYER = {"first_name": "Test", "last_name": "Buyer"}


def test_no_token_no_answer(shop: Any) -> None:
    url = f"{shop.account['base_url']}/api/items"
    for headers in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Token token=x"}):
        reply = call(url, headers=headers)
        assert (reply.status, reply.json["error"]) == (401, "unauthorized")
    shop.control("POST", "/faults", {"kind": "revoke", "times": 1})
    assert shop.send("GET", "/api/items").status == 401
    assert shop.send("GET", "/api/items").status == 200


def test_unknown_account_and_unknown_path(origin: str) -> None:
    for path in ("/tenants/nobody/api/items", "/_sandbox/accounts/nobody/log", "/nowhere"):
        reply = call(origin + path)
        assert (reply.status, reply.json["error"]) == (404, "not_found")


def test_two_writes_at_once_are_one_too_many(make: Any) -> None:
    shop = make(work_seconds=0.3)
    replies: list[Any] = []

    def write() -> None:
        replies.append(shop.send("POST", "/api/customers", BUYER))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201, 429, 429]
    refused = next(reply for reply in replies if reply.status == 429)
    assert refused.json["error"] == "too_many_requests"
    assert "retry-after" not in refused.headers
    assert shop.get("/api/customers")["total"] == 1
    log = shop.control("GET", "/log")
    assert log["throttled"] == 2
    assert log["parallel_peak"] >= 2
    assert log["by_route"] == {"POST /api/customers": 3, "GET /api/customers": 1}


def test_one_write_after_the_other_is_never_too_many(shop: Any) -> None:
    for _ in range(20):
        shop.post("/api/customers", BUYER)
    assert shop.control("GET", "/log")["throttled"] == 0


def test_a_rate_limit_when_asked_for(shop: Any) -> None:
    limit = {"rate_per_second": 1, "burst": 3, "retry_after": 2}
    shop.control("PATCH", "", limit)
    replies = [shop.send("GET", "/api/locations") for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].headers["retry-after"] == "2"


def test_a_lost_answer_has_done_its_work(shop: Any) -> None:
    fault = {"kind": "lost_answer", "match": "POST /api/customers"}
    shop.control("POST", "/faults", fault)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        shop.send("POST", "/api/customers", BUYER)
    assert shop.get("/api/customers")["total"] == 1
    shop.post("/api/customers", BUYER)


def test_a_refused_connection_has_not(shop: Any) -> None:
    shop.control("POST", "/faults", {"kind": "refuse", "match": "POST"})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        shop.send("POST", "/api/customers", BUYER)
    assert shop.get("/api/customers")["total"] == 0


def test_other_faults_come_as_often_as_told(shop: Any) -> None:
    shop.control("POST", "/faults", {"kind": "status", "match": "POST", "value": 503, "times": 2})
    shop.control("POST", "/faults", {"kind": "throttle", "match": "GET /api/items", "value": 7})
    assert shop.send("POST", "/api/customers", BUYER).status == 503
    assert shop.send("POST", "/api/customers", BUYER).status == 503
    reply = shop.send("GET", "/api/items")
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    shop.post("/api/customers", BUYER)
    assert shop.get("/api/customers")["total"] == 1
    shop.control("POST", "/faults", {"kind": "latency", "value": 0.3})
    began = time.monotonic()
    shop.get("/api/items")
    assert time.monotonic() - began >= 0.3
    shop.control("POST", "/faults", {"kind": "status", "value": 500, "times": -1})
    shop.control("DELETE", "/faults")
    shop.get("/api/items")


def test_an_account_is_made_once_and_the_same_each_time(origin: str, shop: Any) -> None:
    again = call(f"{origin}/_sandbox/accounts", "POST", {"name": shop.account["name"], "size": 3})
    assert (again.status, again.json) == (200, shop.account)
    assert shop.get("/api/items")["total"] > 3 + len(SERVICES)
    bad = call(f"{origin}/_sandbox/accounts", "POST", {"name": "x", "tax_rate": 8.25})
    assert bad.status == 400
    assert call(f"{origin}/_sandbox/accounts", "POST", {"name": "../x"}).status == 400


def test_ids_are_deterministic_and_near_100001(make: Any) -> None:
    first, second = make(seed="a"), make(seed="a")
    ids = [[row["id"] for row in one.get("/api/items")["results"]] for one in (first, second)]
    assert ids[0] == ids[1]
    assert first.account["settings"] == second.account["settings"]
    assert 100_001 <= ids[0][0] < 100_100
    assert first.account["credentials"] != second.account["credentials"]


def test_an_oauth_code_works_once(shop: Any) -> None:
    secrets = shop.account["credentials"]
    back = "https://app.example.com/callback?x=1"
    asked = {"client_id": secrets["client_id"], "redirect_uri": back, "state": "s", "scope": "a"}
    page = f"{shop.account['base_url']}/oauth/authorize?{urlencode(asked)}"
    assert b"Allow" in call(page).body
    sent_back = call(page, "POST", b"").headers["location"]
    given = parse_qs(urlsplit(sent_back).query)
    assert (given["x"], given["state"]) == (["1"], ["s"])
    form = urlencode(
        {
            "client_id": secrets["client_id"],
            "client_secret": secrets["client_secret"],
            "code": given["code"][0],
            "grant_type": "authorization_code",
            "redirect_uri": back,
        }
    )
    url = f"{shop.account['base_url']}/api/oauth/token"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    issued = call(url, "POST", form.encode(), headers)
    assert set(issued.json) == {"access_token", "token_type", "scope"}
    assert call(f"{url}?{form}").json["error"] == "invalid_grant"
    bearer = {"Authorization": f"Bearer {issued.json['access_token']}"}
    host = call(f"{shop.account['base_url']}/api/system/host", headers=bearer)
    assert f"http://{host.json['host']}" == shop.account["base_url"]
    wrong = call(page.replace(secrets["client_id"], "nobody"))
    assert wrong.status == 400


def test_an_answer_that_hangs_comes_never_but_the_work_is_done(shop: Any) -> None:
    shop.control("POST", "/faults", {"kind": "hang", "match": "POST", "value": 0.2})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        shop.send("POST", "/api/customers", BUYER)
    assert shop.get("/api/customers")["total"] == 1
    assert shop.send("POST", "/api/customers", BUYER).status == 201


@pytest.mark.parametrize("seconds", [120, -120])
def test_a_wrong_clock_shows_in_every_time_it_writes(make: Any, seconds: int) -> None:
    shop = make(clock_skew=seconds)
    shop.post("/api/customers", BUYER)
    reply = shop.send("GET", "/api/customers")
    written = datetime.fromisoformat(reply.json["results"][0]["created_at"])
    for told in (written, parsedate_to_datetime(reply.headers["date"])):
        assert abs((told - datetime.now(UTC)).total_seconds() - seconds) < 60
