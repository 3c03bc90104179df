"""The wizard from two chosen systems to a live pair, against accounts that count what is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from clarity.demo.sandboxes import Sandbox, plain_session
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import (
    Delivery,
    DryRun,
    Environment,
    InboxItem,
    Onboarding,
    Pair,
    PairState,
)
from integrations.services import onboarding
from integrations.services.onboarding import Step
from tenants import scope
from tenants.billing.models import Invoice
from tenants.models import AuditEntry
from tests.onboarding.conftest import Newcomer

READS = {"OrdersNewest", "OrderOne", "OrderLines"}


@dataclass
class Accounts:
    """Real accounts, as far as the wizard can tell."""

    shop: Sandbox
    till: Sandbox
    shop_account: Mapping[str, Any]
    till_account: Mapping[str, Any]


@pytest.fixture
def accounts(newcomer: Newcomer, account_name: str, settings: Any) -> Accounts:
    settings.CLARITY_ALLOW_PRIVATE_TARGETS = True
    # Real accounts are told of an address with TLS only; nothing is ordered after going live.
    settings.CLARITY_PUBLIC_URL = "https://clarity.example.com"
    shop = Sandbox(newcomer.urls["shopify"], account_name)
    till = Sandbox(newcomer.urls["heartland"], account_name)
    common = {"seed": "7", "currency": "USD", "size": 8}
    return Accounts(shop, till, shop.open_account(**common), till.open_account(**common))


@dataclass
class Walk:
    """One person on the way."""

    newcomer: Newcomer
    row: Onboarding

    def url(self, step: str = "") -> str:
        return self.newcomer.path(f"{self.row.pk}/{step}")

    def get(self, step: str = "") -> str:
        return self.newcomer.client.get(self.url(step), follow=True).content.decode()

    def post(self, step: str, **data: Any) -> str:
        return self.newcomer.client.post(self.url(step), data, follow=True).content.decode()

    def left(self) -> dict[Step, str]:
        with scope.tenant(self.newcomer.tenant.pk):
            row = onboarding.find(self.row.pk)
            assert row is not None
            return {one.step: one.left for one in onboarding.progress(row).stands if one.left}

    def pair(self) -> Pair:
        with scope.tenant(self.newcomer.tenant.pk):
            return Pair.objects.select_related("pos", "store").get()


@pytest.fixture
def walk(newcomer: Newcomer) -> Walk:
    choice = {"pos": "heartland", "store": "shopify"}
    for _ in range(2):
        answer = newcomer.client.post(newcomer.path("begin/"), choice, follow=True)
    assert "Step 2 of 8" in answer.content.decode()
    with scope.tenant(newcomer.tenant.pk):
        return Walk(newcomer, Onboarding.objects.get())


def connected(walk: Walk, accounts: Accounts) -> None:
    walk.post(
        "connect/pos/key/",
        address=accounts.till_account["base_url"],
        token=accounts.till_account["credentials"]["token"],
        name="Main Street",
    )
    credentials = accounts.shop_account["credentials"]
    walk.post(
        "connect/store/key/",
        address=accounts.shop_account["base_url"],
        access_token=credentials["access_token"],
        client_secret=credentials["client_secret"],
    )


def test_the_whole_way(
    walk: Walk, accounts: Accounts, at_once: Callable[[], None], newcomer: Newcomer
) -> None:
    connected(walk, accounts)
    pair = walk.pair()
    assert pair.state == PairState.DRAFT
    assert {pair.pos.environment, pair.store.environment} == {Environment.PRODUCTION}
    assert (pair.pos.flavour, pair.pos.name, pair.store.name) == (
        "retail",
        "Main Street",
        "Shopify",
    )
    # Begun again, it is where it was left.
    assert "Step 3 of 8" in walk.get()

    _places(walk, accounts)
    text = walk.post("preflight/run/")
    assert "Both systems are being looked over" in text
    at_once()
    assert Step.PREFLIGHT not in walk.left(), walk.left()
    assert "Next: What flows" in walk.get("preflight/")

    _flows(walk)
    accounts.shop.act("orders", count=3, seed=4, paid=True)
    _mapping(walk)
    _dry_run(walk, accounts, at_once)

    assert "What happens when you go live" in walk.get("live/")
    _live_at_the_price(walk)
    assert walk.pair().state == PairState.LIVE
    assert walk.left() == {}
    with scope.tenant(newcomer.tenant.pk):
        assert AuditEntry.objects.filter(action="pair.went_live").count() == 1
        assert onboarding.open_ways() == []
    assert accounts.shop.log()["by_operation"]["WebhookCreate"] > 0


def _live_at_the_price(walk: Walk) -> None:
    """Not without agreeing, not at a price that rose meanwhile, and billed once for two clicks."""
    text = walk.get("live/")
    assert "7,140.00 USD" in text
    assert "Tick that you agree" in walk.post("live/")
    shown = dict(re.findall(r'name="(agreed_\w+)" value="([^"]+)"', text))
    assert shown == {
        "agreed_total": "7140.00", "agreed_a_term": "7140.00", "agreed_currency": "USD"
    }  # fmt: skip
    too_low = {**shown, "agreed_total": "7000", "agreed_a_term": "7000"}
    text = walk.post("live/", agree="yes", **too_low)
    assert "Nothing was billed. Look at it again and confirm it." in text
    assert walk.pair().state == PairState.DRAFT
    with scope.tenant(walk.newcomer.tenant.pk):
        assert not Invoice.objects.exists()
    for _ in range(2):
        walk.post("live/", agree="yes", **shown)
    with scope.tenant(walk.newcomer.tenant.pk):
        assert Invoice.objects.get().total == 7140


def _places(walk: Walk, accounts: Accounts) -> None:
    pair = walk.pair()
    text = walk.get("places/")
    for said in ("Main Street: Register 1", "External", "Shop location"):
        assert said in text
    known = accounts.till_account["settings"]
    values = {
        f"{pair.pos_id}:{name}": known[name]
        for name in ("location_id", "station_id", "payment_type_id", "tax_item")
    }
    values |= {f"{pair.pos_id}:currency": "USD", f"{pair.pos_id}:who_fulfils": "auto_invoice"}
    shop = {f"{pair.store_id}:location_id": accounts.shop_account["settings"]["location_id"]}
    text = walk.post("places/", **{**values, f"{pair.pos_id}:station_id": "999"}, **shop)
    assert "has no such station of web orders" in text
    assert 'aria-invalid="true"' in text
    text = walk.post("places/", **values, **{f"{pair.store_id}:location_id": ""})
    assert "Choose: stock location." in text
    text = walk.post("places/", **values, **shop)
    assert "Step 4 of 8" in text


def _flows(walk: Walk) -> None:
    text = walk.get("flows/")
    assert "Off at first: what switching it on means" in text
    with scope.tenant(walk.newcomer.tenant.pk):
        pair = Pair.objects.get()
        on = [str(one.pk) for one in pair.flows.filter(is_on=True)]
    assert Step.FLOWS in walk.left()
    assert "Step 6 of 8" in walk.post("flows/", flow=on)
    assert Step.FLOWS not in walk.left()
    with scope.tenant(walk.newcomer.tenant.pk):
        pair.flows.filter(entity="shipment").update(is_on=False)
    # What was looked at is another by now.
    assert Step.FLOWS in walk.left()
    walk.post("flows/", flow=on)


def _mapping(walk: Walk) -> None:
    assert "Your newest orders are being read" in walk.get("mapping/")
    assert "Would be left out: test order" in walk.get("mapping/preview/")
    with scope.tenant(walk.newcomer.tenant.pk):
        store = walk.pair().store
        store.settings["skip_test_orders"] = "no"
        store.save(update_fields=["settings"])
    text = walk.get("mapping/preview/")
    for said in ("Order #1003", "Would arrive as S-1003.", "<code>public_id</code>", "S-1003"):
        assert said in text
    assert "Step 7 of 8" in walk.post("mapping/")
    assert Step.MAPPING not in walk.left()


def _dry_run(walk: Walk, accounts: Accounts, at_once: Callable[[], None]) -> None:
    """Twenty orders at most, nothing written anywhere; one that would stop is told with the way out."""
    accounts.shop.act("articles", sku=catalogue(seed="7", size=8)[0].sku, to="UNKNOWN-1")
    accounts.shop.act("orders", count=1, seed=9, lines_exact=[{"sku": "UNKNOWN-1"}])
    for account in (accounts.shop, accounts.till):
        plain_session(account.public_url).request(
            "DELETE", f"/_sandbox/accounts/{account.account}/log"
        )
    assert "The newest orders are being read" in walk.post("dry-run/run/")
    assert "under way already" in walk.post("dry-run/run/")
    at_once()
    asked = set(accounts.shop.log()["by_operation"])
    assert asked <= READS, asked
    routes = accounts.till.log()["by_route"]
    assert routes, "the till was not asked whether it knows the articles"
    assert all(route.startswith("GET ") for route in routes), routes
    with scope.tenant(walk.newcomer.tenant.pk):
        assert (InboxItem.objects.count(), Delivery.objects.count()) == (0, 0)
        run = DryRun.objects.get()
    assert (run.orders, run.would_arrive, run.would_stop) == (4, 3, 1)
    text = walk.get("dry-run/")
    assert "Nothing was written to Main Street or Shopify." in text
    assert "1 of 4 would be held" in text
    assert "no Heartland item for SKU UNKNOWN-1. Link it or add it" in text
    assert "the order says" in text
    assert "fields would be written" in text
    assert Step.DRY_RUN not in walk.left()
