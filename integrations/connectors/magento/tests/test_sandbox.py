"""End to end over HTTP: signed calls, the preflight, events and polls against the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connector_kit.base import Notice, WebhookRequest
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Rejected
from integrations.connector_kit.sandbox.testing import serving
from integrations.connector_kit.scripted import Asked, Reply, Vendor
from integrations.connectors.magento.answers import Forbidden
from integrations.connectors.magento.auth import Proof, Signing
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.connector import CONNECTOR
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.polling import changed
from integrations.connectors.magento.tests.sandbox_shop import SandboxShop, open_shop
from mappings.canonical.record import Entity

ALL = frozenset(Entity) - {Entity.GIFT_CARD}
CHANGES = frozenset({Entity.ORDER, Entity.PAYMENT, Entity.REFUND, Entity.CUSTOMER})


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("magento") as address:
        yield address


@pytest.fixture(scope="module")
def plain(public: str) -> SandboxShop:
    """An Open Source shop as it comes, for tests that leave it as it is."""
    return open_shop(public)


def kinds(shop: SandboxShop, **changes: Any) -> list[str]:
    """What is found; that new customers get Magento's welcome is so in every shop."""
    assert CONNECTOR.audit
    found = CONNECTOR.audit(shop.client(**changes), ALL, lambda entity, keys: ())
    return [finding.kind for finding in found if finding.kind != "welcome_mails"]


# --- connecting --------------------------------------------------------------------------------


def test_signed_shop_is_probed_and_has_nothing_against_it(plain: SandboxShop) -> None:
    found = CONNECTOR.probe(plain.client())
    assert (found.currency, found.problems) == ("USD", ())
    assert found.details["Calls"] == "signed (OAuth 1.0a)"
    assert found.details["Edition"] == "Magento Open Source"
    assert kinds(plain) == []


@pytest.mark.parametrize(
    "wrong", ["consumer_secret", "access_token_secret", "consumer_key", "access_token"]
)
def test_wrong_value_of_the_four_is_refused(plain: SandboxShop, wrong: str) -> None:
    credentials = {**plain.details["credentials"], wrong: "0" * 32}
    with pytest.raises(NeedsOwner):
        plain.client(credentials=credentials).get("orders/1")


def test_call_that_is_sent_twice_is_not_carried_out_twice(plain: SandboxShop) -> None:
    """The signature is checked, and its nonce is taken once."""
    frozen = Signing(nonce=lambda: "ab" * 16)
    opened = StoreClient(plain.account(), signing=frozen)
    opened.get("modules")
    with pytest.raises(Exception, match="twice"):
        opened.get("modules")


def test_every_kind_of_query_is_signed_as_it_is_sent(plain: SandboxShop) -> None:
    opened = plain.client()
    odd = Criteria(filters=(where("sku", "a=b & c+d/ü%~*'()", "eq"),), sort=(("sku", "ASC"),))
    assert opened.search("products", odd).total == 0
    with pytest.raises(Rejected):
        opened.get(f"products/{opened.sku_path('no such + SKU & more')}")


def test_token_alone_is_explained_and_works_where_it_is_allowed(public: str) -> None:
    shop = open_shop(public)
    only = {"access_token": shop.details["credentials"]["access_token"]}
    with pytest.raises(NeedsOwner, match="standalone Bearer tokens"):
        CONNECTOR.probe(shop.client(credentials=only))
    shop.control("", "PATCH", bearer=True)
    assert CONNECTOR.probe(shop.client(credentials=only)).problems == ()
    assert "token_alone" in kinds(shop, credentials=only)


def test_integration_that_was_deleted_needs_its_owner(public: str) -> None:
    shop = open_shop(public)
    shop.control("uninstall")
    with pytest.raises(NeedsOwner, match="does not know"):
        CONNECTOR.probe(shop.client())


# --- what the preflight finds ------------------------------------------------------------------


def test_missing_permissions_are_found_before_they_are_needed(public: str) -> None:
    shop = open_shop(public)
    granted = [
        "Magento_Backend::store",
        "Magento_Sales::actions_view",
        "Magento_Catalog::products",
        "Magento_Customer::customer",
        "MageOS_AsyncEvents::manage",
    ]
    shop.control("", "PATCH", resources=granted)
    assert CONNECTOR.audit
    found = {row.kind: row for row in CONNECTOR.audit(shop.client(), ALL, lambda *_: ())}
    named = set(found["permission_missing"].examples)
    assert {
        "Magento_Sales::ship",
        "Magento_Sales::creditmemo",
        "Magento_Sales::comment",
        "Magento_Sales::transactions_fetch",
        "Magento_InventoryApi::source",
        "Magento_Customer::manage",
    } <= named
    assert not named & set(granted)
    with pytest.raises(Forbidden):
        shop.client().post("order/0/ship", {})


def test_looking_over_changes_nothing(public: str) -> None:
    shop = open_shop(public)
    order = shop.control("orders", count=1, seed="1")["orders"][0]["id"]
    before = shop.client().get(f"orders/{order}")
    kinds(shop)
    assert shop.client().get(f"orders/{order}") == before


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"clock_skew": 1800}, "clock_wrong"),
        ({"input_limits": True}, "input_limits"),
        ({"clock_skew": -1800}, "clock_wrong"),
        ({"events": "none"}, "events_none"),
        ({"events": "mageplaza"}, "events_by_hand"),
        ({"locations": 3}, "source_not_chosen"),
    ],
)
def test_shop_that_is_unlike_others_is_told(
    public: str, options: dict[str, Any], kind: str
) -> None:
    assert kinds(open_shop(public, **options), settings={}) == [kind]


def test_edition_and_stock_are_told_by_the_modules(public: str) -> None:
    shop = open_shop(public, edition="commerce", msi=False, events="io_events")
    shape = shop.client().shape
    assert (shape.edition, shape.uses_msi, shape.push) == ("commerce", False, "io_events")


def test_pages_become_smaller_where_the_shop_limits_them(public: str) -> None:
    shop = open_shop(public, input_limits=True, size=12)
    opened = shop.client(settings={**shop.details["settings"], "page_size": "1000"})
    skus = [
        row["sku"]
        for row in opened.everything("products", Criteria(sort=(("sku", "ASC"),), size=500))
    ]
    assert len(skus) == len(set(skus)) >= 12
    assert opened.page_limit < 500


# --- changes -----------------------------------------------------------------------------------


def _notice(row: Any) -> Notice:
    return Notice(Entity.ORDER, str(row["entity_id"]), "poll")


def test_polls_tell_every_order_once(public: str) -> None:
    shop = open_shop(public, clock_skew=-900)
    opened = shop.client(settings={**shop.details["settings"], "page_size": "2"})
    cursor = changed(opened, "orders", "", datetime.now(UTC), notice=_notice).cursor
    made = shop.control("orders", count=5, seed="2", paid=False)["orders"]
    ids = [str(row["id"]) for row in made]
    told, cursor = _poll(opened, cursor)
    assert sorted(told) == sorted(ids)
    assert _poll(opened, cursor)[0] == []
    shop.control(f"orders/{ids[2]}/pay")
    assert _poll(opened, cursor)[0] == [ids[2]]


def _poll(opened: StoreClient, cursor: str) -> tuple[list[str], str]:
    """All pages of one run."""
    told: list[str] = []
    for _ in range(12):
        page = changed(opened, "orders", cursor, datetime.now(UTC), notice=_notice)
        told += [notice.key for notice in page.notices]
        cursor = page.cursor
        if not page.more:
            return told, cursor
    raise AssertionError("the run does not end")


def _hook(shop: SandboxShop) -> tuple[list[tuple[str, str]], Callable[[Asked], Reply]]:
    """Our side of a webhook: verified and read as the door of webhooks does it."""
    account, heard = shop.account(), []

    def answering(asked: Asked) -> Reply:
        request = WebhookRequest(dict(asked.headers), dict(asked.query), asked.body)
        assert CONNECTOR.challenge
        assert CONNECTOR.verify
        assert CONNECTOR.notices
        if asked.method == "GET":
            return Reply(body=CONNECTOR.challenge(request, account).encode())
        try:
            CONNECTOR.verify(request, account)
        except NotTheirs as error:
            return Reply(error.status, json={"detail": error.message})
        heard.extend((notice.entity.value, notice.key) for notice in CONNECTOR.notices(request))
        return Reply(json={})

    return heard, answering


def _sell_and_wait(shop: SandboxShop, heard: list[tuple[str, str]]) -> None:
    """Until order and payment of a sale were heard of."""
    order = shop.control("orders", count=1, seed="3", paid=True)["orders"][0]["id"]
    invoices = Criteria(filters=(where("order_id", str(order)),), sort=())
    invoice = shop.client().search("invoices", invoices).items[0]["entity_id"]
    wanted = {("order", str(order)), ("payment", str(invoice))}
    end = time.monotonic() + 10
    while time.monotonic() < end and not wanted <= set(heard):
        time.sleep(0.02)
    assert wanted <= set(heard)


def test_async_events_are_subscribed_to_signed_and_read(public: str) -> None:
    shop = open_shop(public, events="async_events")
    heard, hook = _hook(shop)
    assert CONNECTOR.subscribe
    assert CONNECTOR.subscriptions
    assert CONNECTOR.unsubscribe
    with Vendor(answering=hook) as ours:
        address = f"{ours.url}/hooks/magento/1/"
        for _ in range(2):
            CONNECTOR.subscribe(shop.client(), address, CHANGES)
        listed = CONNECTOR.subscriptions(shop.client(), address)
        assert len(listed) == len({row.topic for row in listed}) > 5
        _sell_and_wait(shop, heard)
        assert CONNECTOR.unsubscribe(shop.client(), address) == len(listed)
        assert CONNECTOR.subscriptions(shop.client(), address) == []


def test_events_of_adobe_are_checked_with_its_published_key(public: str) -> None:
    shop = open_shop(public, edition="commerce", events="io_events")
    heard, hook = _hook(shop)
    assert CONNECTOR.subscribe
    with Vendor(answering=hook) as ours:
        address = f"{ours.url}/hooks/magento/1/"
        shop.control("io_events", url=address)
        CONNECTOR.subscribe(shop.client(), address, CHANGES)
        CONNECTOR.subscribe(shop.client(), address, CHANGES)
        _sell_and_wait(shop, heard)


def test_hooks_of_mageplaza_bear_the_secret(public: str) -> None:
    shop = open_shop(public, events="mageplaza")
    secret = shop.details["credentials"]["webhook_secret"]
    heard, hook = _hook(shop)
    with Vendor(answering=hook) as ours:
        for kind in ("order", "new_invoice"):
            shop.control(
                "hooks",
                type=kind,
                url=f"{ours.url}/hooks/magento/1/?event={kind}",
                headers={"X-Clarity-Secret": secret},
            )
        _sell_and_wait(shop, heard)


def test_signature_of_ours_is_made_anew_for_each_call(plain: SandboxShop) -> None:
    proof = Proof(plain.account())
    assert proof.header("GET", "/rest/V1/modules") != proof.header("GET", "/rest/V1/modules")
