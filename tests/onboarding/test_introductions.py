"""A system that calls us first: believed only with the token, the right host, and the person there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from integrations.connector_kit.sandbox.testing import done, serving
from integrations.models import Connection, Introduction, Onboarding
from integrations.services import introducing, tidying
from integrations.services.onboarding import CannotGoOn
from integrations.services.sandbox import connect_sandbox
from integrations.sync.sessions import open_account
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, Tenant, User
from tenants.services.members import create_tenant

KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_NUMBERS = iter(range(1, 1000))


@dataclass
class Rig:
    """A retailer at the step of connecting, and a shop that can be told to activate."""

    tenant: Tenant
    client: Client
    row: Onboarding
    shop: dict[str, Any]
    control: str

    def url(self, rest: str) -> str:
        return f"/t/{self.tenant.slug}/start/{self.row.pk}/connect/store/{rest}"

    def begin(self, address: str = "") -> str:
        """Asks for addresses; the page one lands on."""
        given = {"address": address or self.shop["base_url"]}
        answer = self.client.post(self.url("introduce/"), given, follow=True)
        return answer.content.decode()

    def addresses(self) -> tuple[str, str]:
        page = self.client.get(self.url("introduction/")).content.decode()
        callback, arrival = (
            unescape(re.search(rf'id="{name}" value="([^"]+)"', page)[1])  # type: ignore[index]
            for name in ("callback", "arrival")
        )
        return callback, arrival

    def activate(self) -> str:
        """The merchant clicks Activate; where their browser is sent, as path and query."""
        callback, arrival = self.addresses()
        there = done(
            "POST", f"{self.control}/activate", {"callback_url": callback, "identity_url": arrival}
        )
        parts = urlsplit(there["identity_url"])
        return f"{parts.path}?{parts.query}"

    def asked(self, path: str) -> int:
        routes = done("GET", f"{self.control}/log")["by_route"]
        return sum(count for route, count in routes.items() if path in route)

    def connections(self) -> list[Connection]:
        with scope.tenant(self.tenant.pk):
            return list(Connection.objects.all())

    def introduction(self) -> Introduction:
        with scope.tenant(self.tenant.pk):
            found: Introduction = Introduction.objects.get()
            return found

    def call(self, url: str, **form: str) -> int:
        """Somebody posts to the address we opened."""
        said = {
            "store_base_url": f"{self.shop['base_url']}/",
            "oauth_consumer_key": "k" * 32,
            "oauth_consumer_secret": "s" * 32,
            "oauth_verifier": "v" * 32,
            **form,
        }
        answer = Client().post(
            urlsplit(url).path, urlencode(said), content_type="application/x-www-form-urlencoded"
        )
        return answer.status_code


@pytest.fixture(scope="module")
def shops() -> Iterator[str]:
    with serving("magento") as address:
        yield address


@pytest.fixture
def rig(transactional_db: None, live_server: Any, shops: str, settings: Any) -> Rig:
    settings.CLARITY_PUBLIC_URL = live_server.url
    settings.CLARITY_ALLOW_PRIVATE_TARGETS = True
    name = f"retailer-{next(_NUMBERS)}"
    tenant = create_tenant(name=name, owner_email=f"{name}@example.com")
    client = Client()
    client.force_login(User.objects.get(email=f"{name}@example.com"))
    client.post(f"/t/{tenant.slug}/start/begin/", {"pos": "heartland", "store": "magento"})
    with scope.tenant(tenant.pk):
        row = Onboarding.objects.get()
    shop = done("POST", f"{shops}/_sandbox/accounts", {"name": name, "size": 4})
    return Rig(tenant, client, row, shop, f"{shops}/_sandbox/accounts/{name}")


def test_a_shop_hands_over_its_keys_once_the_person_has_agreed(rig: Rig) -> None:
    page = rig.begin()
    assert "Waiting for Magento" in page
    assert "Identity Link URL" in page
    arrival = rig.activate()
    assert "Magento has called" in rig.client.get(rig.url("introduction/now/")).content.decode()
    # What it said lies sealed, and it was not called back.
    kept = bytes(rig.introduction().sealed)
    query = parse_qs(urlsplit(arrival).query)
    assert query["oauth_consumer_key"][0].encode() not in kept
    assert rig.asked("oauth/token") == 0

    page = rig.client.get(arrival).content.decode()
    assert f"Connect Magento to {rig.tenant.name}?" in page
    assert rig.asked("oauth/token") == 0
    assert rig.connections() == []

    form = {f"query:{name}": values[0] for name, values in query.items()}
    answer = rig.client.post(urlsplit(arrival).path, form, follow=True)
    assert answer.redirect_chain == [(urlsplit(arrival).path, 302)]
    page = answer.content.decode()
    assert "Magento is connected" in page
    assert f'href="{query["success_call_back"][0]}" rel="noreferrer"' in page
    (made,) = rig.connections()
    assert (made.connector, made.base_url) == ("magento", rig.shop["base_url"])
    with scope.tenant(rig.tenant.pk):
        credentials = open_account(made).credentials
        assert Onboarding.objects.get().store_id == made.pk
        done = set(AuditEntry.objects.values_list("action", flat=True))
    assert all(credentials[name] for name in KEYS)
    assert {"onboarding.introduction_begun", "onboarding.connected"} <= done

    # All of it once more does no harm.
    assert "Magento is connected" in rig.client.get(arrival).content.decode()
    rig.client.post(urlsplit(arrival).path, form)
    assert len(rig.connections()) == 1
    assert rig.introduction().sealed is None


def test_only_admins_of_the_same_business_may_agree(rig: Rig) -> None:
    rig.begin()
    arrival = rig.activate()
    stranger = Client()
    assert "sign-in" in stranger.get(arrival)["Location"]
    create_tenant(name="Other", owner_email="other@example.com")
    stranger.force_login(User.objects.get(email="other@example.com"))
    viewer = Client()
    user = User.objects.create_user("viewer@example.com")
    with scope.tenant(rig.tenant.pk):
        Membership.objects.create(user=user, role=Role.OPERATOR)
    viewer.force_login(user)
    for browser, status in ((stranger, 404), (viewer, 403)):
        assert browser.get(arrival).status_code == status
        assert browser.post(arrival, {}).status_code == status
        assert browser.get(rig.url("introduction/")).status_code == status
        assert browser.post(rig.url("introduce/"), {"address": "x"}).status_code == status
    assert (rig.connections(), rig.asked("oauth/token")) == ([], 0)


def test_a_call_without_the_token_or_of_another_shop_is_not_taken(rig: Rig) -> None:
    rig.begin()
    callback, _ = rig.addresses()
    head, token = callback.rstrip("/").rsplit("/", 1)
    assert rig.call(f"{head}/{token[:-2]}xx/") == 404
    assert rig.call(callback.replace("/magento/", "/shopify/")) == 404
    assert rig.call(callback, oauth_verifier="") == 400
    assert rig.call(callback, store_base_url="https://other.example.com/") == 400
    assert rig.introduction().sealed is None
    page = rig.client.get(rig.url("introduction/")).content.decode()
    assert "it is at other.example.com, and 127.0.0.1 was entered here" in unescape(page)
    assert Client().get(urlsplit(callback).path).status_code == 405
    # A right one afterwards is taken, and new addresses close the old one.
    assert rig.call(callback) == 200
    rig.begin()
    assert rig.call(callback) == 404
    assert rig.introduction().told_at is None


def test_the_window_must_belong_to_the_integration_that_called(rig: Rig) -> None:
    rig.begin()
    callback, arrival = rig.addresses()
    path = urlsplit(arrival).path
    early = rig.client.get(path, {"oauth_consumer_key": "k" * 32})
    assert (early.status_code, "has not called us yet" in early.content.decode()) == (422, True)
    rig.call(callback)
    other = {"oauth_consumer_key": "x" * 32}
    answer = rig.client.get(path, other)
    assert "belongs to another integration" in answer.content.decode()
    answer = rig.client.post(path, {f"query:{name}": value for name, value in other.items()})
    assert (answer.status_code, rig.asked("oauth/token")) == (422, 0)


def test_keys_that_nobody_fetched_in_time_are_not_fetched_later(rig: Rig) -> None:
    rig.begin()
    arrival = rig.activate()
    with scope.tenant(rig.tenant.pk):
        Introduction.objects.update(told_at=timezone.now() - timedelta(seconds=301))
    assert "called too long ago" in rig.client.get(arrival).content.decode()
    with scope.tenant(rig.tenant.pk):
        Introduction.objects.update(begun_at=timezone.now() - introducing.OPEN_FOR * 2)
    assert "work no more" in rig.client.get(rig.url("introduction/")).content.decode()
    assert (rig.connections(), rig.asked("oauth/token")) == ([], 0)


def test_what_a_shop_said_is_not_used_once_it_is_connected_otherwise(rig: Rig) -> None:
    rig.begin()
    callback, _ = rig.addresses()
    assert rig.call(callback) == 200
    account = connect_sandbox(
        rig.shop, tenant_id=rig.tenant.pk, connector="magento", name="By keys", now=timezone.now()
    )
    with scope.tenant(rig.tenant.pk):
        Onboarding.objects.update(store=account)
    assert rig.call(callback) == 404
    with pytest.raises(CannotGoOn, match="connected already"):
        introducing.connect(
            row=rig.row,
            side="store",
            query={"oauth_consumer_key": "k" * 32},
            actor=None,
            now=timezone.now(),
        )
    assert rig.asked("oauth/token") == 0
    # It is let go of when its time is up.
    tidying.tidy(timezone.now())
    assert rig.introduction().sealed is not None
    tidying.tidy(timezone.now() + introducing.OPEN_FOR * 3)
    assert rig.introduction().sealed is None


def test_a_shop_that_refuses_says_so_and_can_begin_again(rig: Rig) -> None:
    rig.begin()
    callback, arrival = rig.addresses()
    # Somebody who knows the address speaks for the shop; the shop itself knows nothing of it.
    rig.call(callback)
    form = {"query:oauth_consumer_key": "k" * 32}
    answer = rig.client.post(urlsplit(arrival).path, form)
    assert answer.status_code == 422
    assert "did not hand over the access token" in answer.content.decode()
    assert rig.connections() == []
    query = parse_qs(urlsplit(rig.activate()).query)
    form = {f"query:{name}": values[0] for name, values in query.items()}
    rig.client.post(urlsplit(arrival).path, form)
    assert len(rig.connections()) == 1


def test_nobody_is_led_to_another_host(rig: Rig) -> None:
    rig.begin()
    callback, arrival = rig.addresses()
    rig.call(callback)
    with scope.tenant(rig.tenant.pk):
        one = Introduction.objects.get()
        for back in (
            "https://evil.example.com/x",
            "javascript:alert(1)",
            f"{rig.shop['base_url'].replace('://', '://me@')}/x",
            f"{rig.shop['base_url'].replace('http:', 'https:')}/x",
            "//evil.example.com",
            f"{rig.shop['base_url']}\\@evil.example.com",
        ):
            query = {"oauth_consumer_key": "k" * 32, "success_call_back": back}
            assert introducing.arrived(one, query, now=timezone.now()).back == "", back


def test_addresses_inside_a_network_or_without_tls_are_refused(rig: Rig, settings: Any) -> None:
    settings.CLARITY_ALLOW_PRIVATE_TARGETS = False
    for address, said in (
        ("", "Address of your shop is needed."),
        ("http://shop.example.com", "is not encrypted; use https://."),
        ("https://127.0.0.1/x", "lies inside a private or reserved network."),
    ):
        page = rig.begin(address or " ")
        assert said in unescape(page), address
        assert 'id="store-itself-error"' in page
    with scope.tenant(rig.tenant.pk):
        assert not Introduction.objects.exists()


def _typed(rig: Rig, **changed: str) -> str:
    given = {name: rig.shop["credentials"][name] for name in KEYS}
    form = {"address": rig.shop["base_url"], **given, **changed}
    return rig.client.post(rig.url("key/"), form, follow=True).content.decode()


def test_what_a_shop_refuses_is_not_said_of_its_address(rig: Rig, shops: str) -> None:
    page = unescape(_typed(rig, access_token_secret="x" * 32))
    assert "Magento does not accept the signature." in page
    assert "look like Magento" not in page
    assert "store-address-error" not in page
    page = unescape(_typed(rig, address=f"{shops}/elsewhere"))
    assert 'id="store-address-error" role="alert">What answers at this address is not' in page
    assert rig.connections() == []


def test_a_shop_behind_a_proxy_is_connected_by_the_address_it_signs(rig: Rig, shops: str) -> None:
    there = {"name": f"{rig.tenant.name}-behind", "size": 4, "seen_as": "https://www.example.com"}
    rig.shop = done("POST", f"{shops}/_sandbox/accounts", there)
    assert "Magento does not accept the signature." in _typed(rig)
    folder = urlsplit(rig.shop["base_url"]).path
    _typed(rig, signing_base_url=f"https://www.example.com{folder}")
    (made,) = rig.connections()
    assert made.settings["signing_base_url"] == f"https://www.example.com{folder}"
    # It is not asked for again among the places.
    assert (
        "Address used for signatures"
        not in rig.client.get(f"/t/{rig.tenant.slug}/start/{rig.row.pk}/places/").content.decode()
    )
