"""Connecting an account: plain reasons beside the field, the vendor's own page, roles, tenants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from clarity.web.onboarding import connect
from integrations.connector_kit.network import TargetRefused
from integrations.connector_kit.registry import get
from integrations.models import Connection, Onboarding
from integrations.services import connecting
from integrations.services.connections import BadConnection
from integrations.sync.sessions import open_account
from tenants import scope
from tenants.models import Role, User
from tenants.services.members import create_tenant
from tests.onboarding.conftest import Newcomer
from tests.onboarding.test_wizard import Accounts, Walk, accounts, connected, walk

__all__ = ["accounts", "walk"]


def saved(newcomer: Newcomer) -> list[Connection]:
    with scope.tenant(newcomer.tenant.pk):
        return list(Connection.objects.order_by("created_at"))


def test_what_cannot_be_reached_or_is_refused_is_said_beside_the_field(
    walk: Walk, accounts: Accounts, settings: Any
) -> None:
    good = accounts.till_account["base_url"]
    settings.CLARITY_ALLOW_PRIVATE_TARGETS = False
    for address, said in (
        ("", "Address of your Heartland is needed."),
        ("http://example.com", "is not encrypted; use https://."),
        ("https://127.0.0.1/x", "lies inside a private or reserved network."),
        ("https://169.254.169.254/latest", "lies inside a private or reserved network."),
        ("https://me:pw-4711@example.com", "holds a user name"),
        ("ftp://example.com", "does not start with https://."),
        ("a b", "is not a web address."),
    ):
        text = walk.post("connect/pos/key/", address=address, token="hl_typed-token")
        assert said in text, address
        assert 'id="pos-address-error"' in text
        assert "hl_typed-token" not in text
    settings.CLARITY_ALLOW_PRIVATE_TARGETS = True
    text = walk.post("connect/pos/key/", address=good, token="hl_wrong")
    assert "Heartland refuses this api token:" in text
    assert 'id="pos-token-error"' in text
    text = walk.post("connect/pos/key/", address=good, token="")
    assert "API token is needed." in text
    text = walk.post("connect/pos/key/", address="http://127.0.0.1:9", token="x")
    assert "Nothing could be asked there" in text
    assert saved(walk.newcomer) == []


def test_the_flavour_is_told_by_what_the_account_answers(walk: Walk, accounts: Accounts) -> None:
    accounts.till.act("faults", kind="status", value=404, match="/api/", times=-1)
    keys = accounts.till_account["credentials"]
    walk.post(
        "connect/pos/key/",
        address=accounts.till_account["base_url"],
        token=keys["token"],
        webhook_secret=keys["webhook_secret"],
    )
    (made,) = saved(walk.newcomer)
    assert (made.flavour, made.name) == ("unified_v1", "Heartland")
    # It lists no locations, so none is asked for.
    assert "Location of web orders" not in walk.get("places/")


def test_the_same_account_is_not_connected_twice_but_used_for_another_pair(
    walk: Walk, accounts: Accounts, newcomer: Newcomer
) -> None:
    connected(walk, accounts)
    till, shop = saved(newcomer)
    with scope.tenant(newcomer.tenant.pk):
        # Nobody invents a secret for webhooks that are not signed; we do.
        assert len(open_account(till).credentials["webhook_secret"]) > 30
    newcomer.client.post(newcomer.path("begin/"), {"pos": "heartland", "store": "shopify"})
    with scope.tenant(newcomer.tenant.pk):
        second = Walk(newcomer, Onboarding.objects.exclude(pk=walk.row.pk).get())
    text = second.post(
        "connect/pos/key/",
        address=till.base_url,
        token=accounts.till_account["credentials"]["token"],
    )
    assert "This account is connected already, as Main Street." in text
    second.post("connect/pos/known/", connection=str(till.pk))
    text = second.get("connect/")
    assert "Main Street is connected" in text
    # That shop and this till are a pair already.
    assert str(shop.pk) not in text
    assert len(saved(newcomer)) == 2


def granted(
    walk: Walk, accounts: Accounts, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """The person goes to the vendor's page and agrees; the query with which it sends them back."""
    keys = accounts.shop_account["credentials"]
    settings.CLARITY_APPS = {"shopify": f"{keys['client_id']}:{keys['client_secret']}"}
    vendors = connecting.begin

    def at_the_sandbox(**asked: Any) -> connecting.Begun:
        return vendors(**asked, base_url=accounts.shop_account["base_url"])

    monkeypatch.setattr(connect.connecting, "begin", at_the_sandbox)
    answer = walk.newcomer.client.post(
        walk.url("connect/store/page/"), {"address": accounts.shop.account}
    )
    found = re.search(r'href="([^"]+)" rel="noreferrer"', answer.content.decode())
    assert found is not None
    return agreed(unescape(found[1]))


def agreed(address: str) -> Mapping[str, str]:
    asked = urlsplit(address)
    query = parse_qs(asked.query)
    assert query["redirect_uri"] == ["https://clarity.example.com/connect/shopify/callback/"]
    there = HTTPConnection(asked.netloc)
    there.request("POST", f"{asked.path}?{asked.query}")
    back = there.getresponse().headers["Location"]
    there.close()
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


CALLBACK = "/connect/shopify/callback/"


def test_the_vendors_own_page_connects_and_its_answer_is_used_once(
    walk: Walk, accounts: Accounts, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = walk.newcomer.client
    settings.CLARITY_APPS = {"shopify": "id:secret"}
    bad = client.post(walk.url("connect/store/page/"), {"address": "not a shop!"})
    assert "is not the name of a shop. It looks like" in bad.content.decode()
    query = granted(walk, accounts, settings, monkeypatch)

    # Another person's session, a stranger's state, a forged shop: nothing is connected.
    other = create_tenant(name="Other", owner_email="other@example.com")
    stranger = Client()
    assert "sign-in" in stranger.get(CALLBACK, query)["Location"]
    stranger.force_login(User.objects.get(email="other@example.com"))
    text = stranger.get(CALLBACK, query, follow=True).content.decode()
    assert "belongs to no attempt of yours" in text
    assert "belongs to no attempt" in (
        client.get(CALLBACK, {**query, "state": "made-up"}, follow=True).content.decode()
    )
    assert saved(walk.newcomer) == []
    with scope.tenant(other.pk):
        assert not Connection.objects.exists()

    text = client.get(CALLBACK, query, follow=True).content.decode()
    assert "Shopify is connected" in text, text[text.index("<main") :][:900]
    (made,) = saved(walk.newcomer)
    assert made.settings["shop_domain"] == f"{accounts.shop.account}.myshopify.com"
    with scope.tenant(walk.newcomer.tenant.pk):
        keys = open_account(made).credentials
        row = Onboarding.objects.get(pk=walk.row.pk)
    assert row.store_id == made.pk
    assert keys["refresh_token"]
    assert "shpat" not in str(row.reviewed)
    again = client.get(CALLBACK, query, follow=True).content.decode()
    assert "was used already" in again


def test_an_account_is_authorised_again_at_the_vendors_page(
    walk: Walk, accounts: Accounts, settings: Any
) -> None:
    connected(walk, accounts)
    (made,) = [one for one in saved(walk.newcomer) if one.connector == "shopify"]
    keys = accounts.shop_account["credentials"]
    settings.CLARITY_APPS = {"shopify": f"{keys['client_id']}:{keys['client_secret']}"}
    with scope.tenant(walk.newcomer.tenant.pk):
        before = open_account(made).credentials
        Connection.objects.filter(pk=made.pk).update(
            state="needs_owner",
            settings={**made.settings, "shop_domain": f"{accounts.shop.account}.myshopify.com"},
        )

    def begun() -> Mapping[str, str]:
        path = reverse("connection-authorise", args=[walk.newcomer.tenant.slug, made.pk])
        text = walk.newcomer.client.post(path).content.decode()
        found = re.search(r'href="([^"]+)" rel="noreferrer"', text)
        assert found is not None
        return agreed(unescape(found[1]))

    forged = {**begun(), "hmac": "0" * 64}
    text = walk.newcomer.client.get(CALLBACK, forged, follow=True).content.decode()
    assert "Nothing was changed." in text
    with scope.tenant(walk.newcomer.tenant.pk):
        assert open_account(made).credentials == before
    text = walk.newcomer.client.get(CALLBACK, begun(), follow=True).content.decode()
    assert "is connected. What waited goes on." in text
    with scope.tenant(walk.newcomer.tenant.pk):
        assert open_account(made).credentials["access_token"] != before["access_token"]
        assert Connection.objects.get(pk=made.pk).state == "active"
    assert len(saved(walk.newcomer)) == 2


@pytest.mark.parametrize(
    ("connector", "typed"),
    [("shopify", "example.myshopify.com"), ("heartland", "main.retail.heartland.us")],
)
def test_the_secret_of_our_app_goes_to_no_host_that_somebody_typed(
    settings: Any, connector: str, typed: str
) -> None:
    settings.CLARITY_APPS = {connector: "id:secret"}
    settings.CLARITY_SANDBOXES = {connector: "http://127.0.0.1:9101"}

    def begin(base_url: str) -> connecting.Begun:
        return connecting.begin(
            connector=connector,
            typed=typed,
            redirect_uri=f"https://clarity.example.com{CALLBACK}",
            now=datetime(2026, 11, 20, tzinfo=UTC),
            base_url=base_url,
        )

    for address in ("https://thief.example.com", "http://127.0.0.1:9101.example.com"):
        with pytest.raises(BadConnection, match="Enter its keys by hand"):
            begin(address)
    for address in ("", f"https://{typed}", "http://127.0.0.1:9101/sb-1"):
        assert begin(address).pending["base_url"] == (address or f"https://{typed}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shop": "another.myshopify.com"}, "is not signed with the app&#x27;s secret"),
        ({"hmac": "0" * 64}, "is not signed with the app&#x27;s secret"),
        ({"timestamp": "1"}, "is not signed with the app&#x27;s secret"),
        ({"error": "access_denied"}, "Shopify was not allowed to let us in."),
    ],
)
def test_a_forged_answer_connects_nothing(
    walk: Walk,
    accounts: Accounts,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str],
    said: str,
) -> None:
    query = {**granted(walk, accounts, settings, monkeypatch), **change}
    text = walk.newcomer.client.get(CALLBACK, query, follow=True).content.decode()
    assert said in text
    assert saved(walk.newcomer) == []


def test_operators_look_and_only_admins_connect(walk: Walk, accounts: Accounts) -> None:
    connected(walk, accounts)
    operator = walk.newcomer.member(Role.OPERATOR)
    for step in ("systems/", "connect/", "places/", "preflight/", "flows/", "mapping/", "live/"):
        assert operator.get(walk.url(step)).status_code == 200, step
    for step in ("systems/", "places/", "flows/", "mapping/", "live/", "connect/pos/key/"):
        assert operator.post(walk.url(step)).status_code == 403, step
    viewer = walk.newcomer.member(Role.VIEWER)
    for step in ("preflight/run/", "dry-run/run/"):
        assert viewer.post(walk.url(step)).status_code == 403, step


def test_another_tenants_way_is_not_there(walk: Walk) -> None:
    other = create_tenant(name="Other", owner_email="other@example.com")
    stranger = Client()
    stranger.force_login(User.objects.get(email="other@example.com"))
    assert stranger.get(walk.url("connect/")).status_code == 404
    for name in ("start-step", "start-connect", "start-places", "start-go-live"):
        foreign = reverse(name, kwargs={"slug": other.slug, "onboarding_id": walk.row.pk})
        assert stranger.get(foreign).status_code == 404, name


def test_an_address_that_may_not_be_reached_is_said_beside_the_address() -> None:
    refused = TargetRefused("shop.example.com leads to 10.0.0.1, inside a private network.")
    found = connecting._plain(refused, get("shopify").manifest)
    assert (found.field, str(found).startswith("Nothing could be asked there: ")) == (
        "address",
        True,
    )
