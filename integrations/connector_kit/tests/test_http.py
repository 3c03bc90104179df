from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from integrations.connector_kit import http
from integrations.connector_kit.answers import retry_after
from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater
from integrations.connector_kit.http import Answer, CredentialsRefused, Session
from integrations.connector_kit.journal import CUT, LONGEST_BODY
from integrations.connector_kit.network import TargetRefused
from integrations.connector_kit.pace import Pacer
from integrations.connector_kit.testing import Reply, Vendor, assert_status_contract

TOKEN = "tok-3f9a77c1d2"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as running:
        yield running


def session(vendor: Vendor, **changes: object) -> Session:
    account = vendor.account(credentials={"token": TOKEN})
    return Session(account, headers={"X-Shopify-Access-Token": TOKEN}, **changes)


def test_request_carries_body_params_and_headers(vendor: Vendor) -> None:
    vendor.script = [Reply(201, json={"id": 820982911946154508, "total": Decimal("0.10")})]
    answer = session(vendor).request(
        "POST",
        "/orders.json",
        params={"fields": ["id", "total"], "limit": "5"},
        body={"total": Decimal("19.90"), "name": "Café"},
        headers={"Idempotency-Key": "k1"},
    )
    assert (answer.status, answer.json()) == (
        201,
        {"id": 820982911946154508, "total": Decimal("0.10")},
    )
    asked = vendor.asked[0]
    assert (asked.method, asked.path) == ("POST", "/orders.json")
    assert asked.query == (("fields", "id"), ("fields", "total"), ("limit", "5"))
    assert asked.body == '{"total":19.90,"name":"Café"}'.encode()
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"] == "k1"
    assert asked.headers["x-shopify-access-token"] == TOKEN
    assert asked.headers["user-agent"].startswith("ClarityConnect/")


def test_form_is_sent_as_form(vendor: Vendor) -> None:
    session(vendor).request("POST", "token", form={"grant_type": "refresh", "a": "1 2"})
    assert vendor.asked[0].body == b"grant_type=refresh&a=1+2"
    assert vendor.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_bytes_are_sent_as_they_are(vendor: Vendor) -> None:
    session(vendor).request("POST", "soap", body=b"<a/>", headers={"Content-Type": "text/xml"})
    assert vendor.asked[0].body == b"<a/>"
    assert vendor.asked[0].headers["content-type"] == "text/xml"


def test_path_is_appended_to_a_base_with_a_path(vendor: Vendor) -> None:
    account = vendor.account(base_url=f"{vendor.url}/shops/demo/")
    made = Session(account)
    made.request("GET", "/admin/shop.json")
    made.request("GET", f"{vendor.url}/other?page=2")
    assert [asked.path for asked in vendor.asked] == ["/shops/demo/admin/shop.json", "/other"]


@pytest.mark.parametrize(
    "path",
    [
        "http://127.0.0.1:1/x",
        "https://127.0.0.1/x",
        "http://shop.example.com/x",
        "http://user:pw@{host}/x",
        "http://{host}@shop.example.com/x",
        "http://{host}\\@shop.example.com/x",
        "http://{host}.example.com/x",
        "HTTP://shop.example.com/",
        "http://[::1/x",
    ],
)
def test_another_origin_is_never_called(vendor: Vendor, path: str) -> None:
    host = vendor.url.removeprefix("http://")
    with pytest.raises(TargetRefused):
        session(vendor).request("GET", path.format(host=host))
    assert vendor.asked == []


@pytest.mark.parametrize("path", ["../admin", "a/../../b", "a/%2e%2e/b", "..", "/%2E./x?a=b"])
def test_path_does_not_climb(vendor: Vendor, path: str) -> None:
    with pytest.raises(ValueError, match="climb"):
        session(vendor).request("GET", path)
    assert vendor.asked == []


@pytest.mark.parametrize("path", ["@shop.example.com/x", "//shop.example.com/x", "\\\\a", ":80/x"])
def test_odd_paths_stay_on_the_host(vendor: Vendor, path: str) -> None:
    session(vendor).request("GET", path)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("status", [200, 204, 304, 400, 404, 409, 410, 422])
def test_other_statuses_are_answers(vendor: Vendor, status: int) -> None:
    vendor.script = [Reply(status, headers={"X-Thing": "a"})]
    answer = session(vendor).request("GET", "x")
    assert (answer.status, answer.headers["x-thing"]) == (status, "a")


def test_status_contract() -> None:
    assert_status_contract(
        lambda account: Session(account, headers={"Authorization": f"Bearer {TOKEN}"}),
        lambda client: client.request("POST", "orders", body={"token": TOKEN}).json(),
        account={"credentials": {"token": TOKEN}},
    )


def test_refused_credentials_show_the_answer_and_hide_the_token(vendor: Vendor) -> None:
    vendor.script = [Reply(403, json={"errors": f"{TOKEN} lacks read_orders"})]
    with pytest.raises(CredentialsRefused) as caught:
        session(vendor).request("GET", "x")
    assert caught.value.answer.status == 403
    assert "lacks read_orders" in caught.value.message
    assert TOKEN not in caught.value.message


def test_redirect_is_not_followed_and_names_the_host_only(vendor: Vendor) -> None:
    with Vendor() as other:
        target = f"{other.url}/hidden/path?access_token=abc"
        vendor.script = [Reply(301, headers={"Location": target})]
        with pytest.raises(NeedsOwner) as caught:
            session(vendor).request("GET", "x")
        assert other.asked == []
    assert other.url in caught.value.message
    assert "base URL" in caught.value.message
    assert "hidden" not in caught.value.message
    assert "abc" not in caught.value.message


def test_html_is_try_later(vendor: Vendor) -> None:
    vendor.script = [Reply(body=b"<html></html>")]
    with pytest.raises(TryLater, match="not JSON"):
        session(vendor).request("GET", "x").json()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2.0", 2.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("Mon, 02 Mar 2026 15:04:35 GMT", 30.0),
        ("Mon, 02 Mar 2026 15:00:00 GMT", 0.0),
        ("99999999", 86_400.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    from datetime import UTC, datetime

    assert retry_after(text, now=datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)) == seconds


def test_no_answer_in_time(vendor: Vendor) -> None:
    vendor.script = [Reply(delay=3)]
    with pytest.raises(TryLater, match="in time"):
        session(vendor, read_timeout=0.2).request("GET", "x")
    assert [(seen.status, seen.response_body) for seen in vendor.observed] == [
        (0, "127.0.0.1 did not answer in time")
    ]


def test_broken_off_may_have_got_there_and_unreachable_has_not(vendor: Vendor) -> None:
    vendor.script = [Reply(hang_up=True)]
    with pytest.raises(TryLater) as caught:
        session(vendor).request("POST", "x", body={})
    assert caught.value.unsure
    gone = Session(vendor.account(base_url="http://127.0.0.1:1"))
    with pytest.raises(TryLater) as caught:
        gone.request("POST", "x", body={})
    assert not caught.value.unsure


def test_too_large_an_answer(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_ANSWER", 100_000)
    # A bomb: a hundred bytes that unpack to a million.
    bomb = gzip.compress(b"0" * 1_000_000)
    vendor.script = [
        Reply(body=b"1" * 200_000),
        Reply(body=bomb, headers={"Content-Encoding": "gzip"}),
        Reply(json={"ok": True}),
    ]
    made = session(vendor)
    for _ in range(2):
        with pytest.raises(Rejected, match="50 MB"):
            made.request("GET", "x")
    assert made.request("GET", "x").json() == {"ok": True}


def test_gzip_and_chunks(vendor: Vendor) -> None:
    body = gzip.compress(b'{"a": 1}')
    vendor.script = [Reply(body=body, headers={"Content-Encoding": "gzip"})]
    assert session(vendor).request("GET", "x").json() == {"a": 1}


def test_broken_gzip_is_try_later(vendor: Vendor) -> None:
    vendor.script = [Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"})]
    with pytest.raises(TryLater):
        session(vendor).request("GET", "x")


def test_connections_are_kept(vendor: Vendor) -> None:
    made = session(vendor)
    for status in (200, 204, 404, 422, 500, 200):
        vendor.script = [Reply(status, json={"a": "b"} if status != 204 else None)]
        try:
            made.request("GET", "x")
        except TryLater:
            assert status == 500
    assert len(vendor.asked) == 6
    assert vendor.connections == 1


def test_threads_share_a_session(vendor: Vendor) -> None:
    vendor.answering = lambda asked: Reply(json={"n": dict(asked.query)["n"]}, delay=0.02)
    made = session(vendor, concurrency=4)
    got: dict[int, str] = {}

    def work(first: int) -> None:
        for number in range(first, first + 10):
            got[number] = made.request("GET", "x", params={"n": str(number)}).json()["n"]

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {number: str(number) for number in range(40)}
    assert vendor.connections <= 4


def test_cookies_are_not_kept(vendor: Vendor) -> None:
    vendor.script = [Reply(headers={"Set-Cookie": "sid=1; Path=/"})]
    made = session(vendor)
    made.request("GET", "x")
    made.request("GET", "x")
    assert "cookie" not in vendor.asked[1].headers


def test_environment_proxies_are_ignored(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert session(vendor).request("GET", "x").status == 200


def test_exchange_is_observed_without_secrets(vendor: Vendor) -> None:
    vendor.script = [
        Reply(
            422,
            json={
                "id": 4263982831123456,
                "note": "4111 1111 1111 1111",
                "access_token": "s3cret99",
            },
            headers={"X-Request-Id": "req-1"},
        )
    ]
    session(vendor).request(
        "POST",
        "x",
        params={"api_key": "k-8812399", "hmac": "abcdef", "limit": "5"},
        body={"password": "hunter22", "note": f"token {TOKEN}", "id": 4263982831123456},
    )
    (seen,) = vendor.observed
    assert (seen.method, seen.status, seen.request_id) == ("POST", 422, "req-1")
    assert seen.url.startswith(vendor.url)
    assert seen.url.endswith("&limit=5")
    assert seen.milliseconds >= 0
    kept = repr(seen)
    for secret in (TOKEN, "s3cret99", "k-8812399", "abcdef", "hunter22", "4111 1111"):
        assert secret not in kept, secret
    assert '"id":4263982831123456' in seen.response_body
    assert "ending 1111" in seen.response_body


def test_long_bodies_are_cut(vendor: Vendor) -> None:
    # The card number lies across the cut.
    text = "x" * (LONGEST_BODY - 8) + " 4111111111111111 " + "y" * 50_000
    vendor.script = [Reply(body=text.encode())]
    session(vendor).request("GET", "x")
    kept = vendor.observed[0].response_body
    assert kept.endswith(CUT)
    assert len(kept.encode()) == LONGEST_BODY + len(CUT)
    assert "4111" not in kept


def test_what_a_system_hides_is_not_kept(vendor: Vendor) -> None:
    vendor.script = [Reply(json={"cards": [{"code": "GC-77-PLENTY"}], "total": 5})]
    hidden = (re.compile(r"/cards/(?P<hidden>[^/?]+)"), re.compile(r'"code":"(?P<hidden>[^"]*)"'))
    session(vendor, hidden=hidden).request("GET", "cards/GC-77-PLENTY/balance")
    (kept,) = vendor.observed
    assert kept.url.endswith("/cards/[secret removed]/balance")
    assert kept.response_body == '{"cards":[{"code":"[secret removed]"}],"total":5}'


def test_secret_calls_keep_no_body(vendor: Vendor) -> None:
    vendor.script = [Reply(json="opaque-token")]
    session(vendor).request("POST", "x", body={"user": "someone"}, secret=True)
    assert vendor.observed[0].request_body == vendor.observed[0].response_body
    assert vendor.observed[0].response_body == "[not kept: holds credentials]"


def test_unsendable_credential_is_not_shown(vendor: Vendor) -> None:
    for bad in ("abc\ndef-secret", "abc\u2022def-secret"):
        made = Session(vendor.account(), headers={"X-Token": bad})
        with pytest.raises(NeedsOwner) as caught:
            made.request("GET", "x")
        assert "secret" not in caught.value.message
    assert vendor.asked == []


def test_pacer_is_asked_and_told(vendor: Vendor) -> None:
    now = [100.0]
    pacer = Pacer(1, 2, clock=lambda: now[0], sleep=lambda _: None)
    vendor.script = [Reply(429, headers={"Retry-After": "9"})]
    made = session(vendor, pacer=pacer)
    with pytest.raises(TryLater):
        made.request("GET", "x")
    with pytest.raises(TryLater) as caught:
        made.request("GET", "x")
    assert (caught.value.after, caught.value.throttled) == (9.0, True)
    assert len(vendor.asked) == 1


def test_answer_text_uses_the_charset() -> None:
    headers = {"content-type": "text/plain; charset=iso-8859-1"}
    assert Answer(200, headers, b"caf\xe9").text == "café"
    assert Answer(200, {"content-type": "text/plain; charset=x-none"}, b"a\xff").text == "a\ufffd"
    assert "caf" not in repr(Answer(200, {}, b"caf"))
