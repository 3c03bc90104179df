"""Connecting a shop: the authorise URL, the callback check, and tokens that expire."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from integrations.connector_kit.errors import NeedsOwner, NotTheirs
from integrations.connectors.shopify.auth import (
    SCOPES,
    Tokens,
    authorise_url,
    check_callback,
    exchange_code,
    query_signature,
    shop_url,
)
from integrations.connectors.shopify.tests.small_shop import account, client, small_shop

# Published with hexdocs shopify_oauth; the secret is "hush".
VECTOR = {
    "code": "0907a61c0c8d55e99db179b68161bc00",
    "shop": "some-shop.myshopify.com",
    "state": "0.6784241404160823",
    "timestamp": "1337178173",
}
VECTOR_HMAC = "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf"
VECTOR_TIME = datetime.fromtimestamp(1337178173, tz=UTC)
APP = {"client_id": "app", "client_secret": "hush-hush-secret"}


def test_authorise_url_names_the_scopes_and_the_state() -> None:
    url = urlsplit(
        authorise_url(
            base_url=shop_url("some-shop.myshopify.com"),
            client_id="app",
            redirect_uri="https://connect.example.com/back",
            state="nonce",
        )
    )
    query = parse_qs(url.query, keep_blank_values=True)
    assert (url.hostname, url.path) == ("some-shop.myshopify.com", "/admin/oauth/authorize")
    assert query["state"] == ["nonce"]
    assert query["scope"] == [",".join(SCOPES)]
    assert query["grant_options[]"] == [""]


@pytest.mark.parametrize("shop", ["evil.example.com", "a.myshopify.com.example.com", "", "a/b"])
def test_what_is_no_shop_has_no_address(shop: str) -> None:
    with pytest.raises(NotTheirs):
        shop_url(shop)


def test_signature_of_the_published_vector() -> None:
    assert query_signature({**VECTOR, "hmac": "ignored"}, "hush") == VECTOR_HMAC


def test_callback_gives_the_shop() -> None:
    shop = check_callback(
        {**VECTOR, "hmac": VECTOR_HMAC}, secret="hush", state=VECTOR["state"], now=VECTOR_TIME
    )
    assert shop == "some-shop.myshopify.com"


@pytest.mark.parametrize(
    ("change", "state", "late"),
    [
        ({"hmac": "0" * 64}, VECTOR["state"], 0),
        ({"shop": "other-shop.myshopify.com"}, VECTOR["state"], 0),
        ({}, "another", 0),
        ({"state": ""}, "", 0),
        ({}, VECTOR["state"], 91),
        ({"hmac": "ä"}, VECTOR["state"], 0),
    ],
)
def test_callback_refuses_forged_and_stale(change: dict, state: str, late: int) -> None:
    query = {**VECTOR, "hmac": VECTOR_HMAC, **change}
    now = VECTOR_TIME + timedelta(seconds=late)
    with pytest.raises(NotTheirs):
        check_callback(query, secret="hush", state=state, now=now)


def test_callback_refuses_a_signed_query_without_time() -> None:
    query = {"shop": "some-shop.myshopify.com", "state": "s"}
    query["hmac"] = query_signature(query, "hush")
    with pytest.raises(NotTheirs, match="no time"):
        check_callback(query, secret="hush", state="s", now=VECTOR_TIME)


def test_code_is_exchanged_for_an_expiring_pair() -> None:
    granted = {
        "access_token": "shpat_new",
        "scope": "write_orders",
        "expires_in": 3600,
        "refresh_token": "shprt_new",
        "refresh_token_expires_in": 7776000,
    }
    with small_shop(oauth=granted) as shop:
        found = exchange_code(account(shop, credentials=APP), "the-code", now=VECTOR_TIME)
    assert shop.calls[0].path == "/admin/oauth/access_token"
    assert shop.calls[0].variables == {**APP, "code": "the-code", "expiring": "1"}
    assert found == {
        "access_token": "shpat_new",
        "refresh_token": "shprt_new",
        "access_token_expires_at": (VECTOR_TIME + timedelta(hours=1)).isoformat(),
        "refresh_token_expires_at": (VECTOR_TIME + timedelta(days=90)).isoformat(),
    }


def test_refused_token_is_refreshed_once_and_stored_before_it_is_used() -> None:
    kept: list[tuple[dict, list[str]]] = []
    with small_shop(
        oauth={"access_token": "shpat_second", "refresh_token": "shprt_2", "expires_in": 3600},
        Locations={"locations": {"nodes": [], "pageInfo": {"hasNextPage": False}}},
    ) as shop:
        shop.good_tokens = {"shpat_second"}
        opened = client(
            shop,
            credentials={**APP, "access_token": "shpat_first", "refresh_token": "shprt_1"},
            renewed=lambda pair: kept.append((dict(pair), shop.operations())),
        )
        opened.run("Locations", {"after": None})
        opened.run("Locations", {"after": None})
    assert [(c.operation, c.token) for c in shop.calls] == [
        ("Locations", "shpat_first"),
        ("oauth", ""),
        ("Locations", "shpat_second"),
        ("Locations", "shpat_second"),
    ]
    assert shop.sent("oauth")[0] == {
        **APP,
        "grant_type": "refresh_token",
        "refresh_token": "shprt_1",
    }
    assert len(kept) == 1
    assert kept[0][0]["refresh_token"] == "shprt_2"
    assert kept[0][1] == ["Locations", "oauth"]


def test_a_token_that_another_process_renewed_is_taken_as_it_is() -> None:
    ours = {**APP, "access_token": "shpat_first", "refresh_token": "dead"}
    theirs = {**APP, "access_token": "shpat_second", "refresh_token": "r2"}
    with small_shop() as shop:
        tokens = Tokens(account(shop, credentials=ours, renewing=lambda: nullcontext(theirs)))
        assert tokens.renew("shpat_first") == "shpat_second"
        assert tokens.current() == "shpat_second"
    assert shop.sent("oauth") == []


def test_token_is_refreshed_before_it_expires() -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
    with small_shop(oauth={"access_token": "shpat_second", "refresh_token": "r2"}) as shop:
        tokens = Tokens(
            account(
                shop,
                credentials={
                    **APP,
                    "access_token": "shpat_first",
                    "refresh_token": "r1",
                    "access_token_expires_at": soon,
                },
            )
        )
        assert tokens.current() == "shpat_second"


def test_app_of_the_merchant_asks_with_client_credentials() -> None:
    with small_shop(oauth={"access_token": "shpat_second", "expires_in": 86399}) as shop:
        tokens = Tokens(account(shop, credentials={**APP, "access_token": "shpat_first"}))
        assert tokens.renew("shpat_first") == "shpat_second"
        assert tokens.renew("shpat_first") == "shpat_second"
    assert shop.sent("oauth") == [{**APP, "grant_type": "client_credentials"}]


def test_dead_grant_needs_the_owner() -> None:
    refusal = (
        400,
        {
            "error": "invalid_request",
            "error_description": "This request requires an active refresh_token",
        },
    )
    with small_shop(oauth=lambda _: refusal) as shop:
        tokens = Tokens(
            account(shop, credentials={**APP, "access_token": "a", "refresh_token": "dead"})
        )
        with pytest.raises(NeedsOwner, match="connect the shop again"):
            tokens.renew("a")


def test_token_without_an_app_cannot_be_renewed() -> None:
    with small_shop() as shop, pytest.raises(NeedsOwner):
        client(shop, credentials={"access_token": "shpat_dead"}).run("ShopPing")
    assert shop.operations() == ["ShopPing"]


def test_no_token_is_observed() -> None:
    seen: list[object] = []
    with small_shop(
        oauth={"access_token": "shpat_second_token", "refresh_token": "shprt_second_token"},
        ShopPing={"shop": {"name": "Example"}},
    ) as shop:
        shop.good_tokens = {"shpat_second_token"}
        opened = client(
            shop,
            credentials={**APP, "access_token": "shpat_first", "refresh_token": "shprt_first"},
            observe=seen.append,
        )
        opened.run("ShopPing")
    text = repr(seen)
    assert len(seen) == 3
    for secret in ("shpat_", "shprt_", "hush-hush"):
        assert secret not in text
