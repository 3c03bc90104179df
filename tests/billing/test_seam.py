"""What integrations tell billing, and what they do when a subscription has ended."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import Connection, Pair
from integrations.services import billed, pair_settings, removing
from integrations.services.pairs import NotReady
from tenants import scope
from tenants.billing.models import BilledPair, Receivable, Subscription
from tenants.billing.services import cancelling
from tenants.billing.services.pairs import Agreed, quote
from tenants.billing.services.problems import BillingProblem
from tenants.models import AuditEntry
from tests.billing.conftest import Account, account, at

DAY, LATER = at("2026-03-01"), at("2027-03-01")


@pytest.fixture(autouse=True)
def _billing_is_on(settings: Any) -> None:
    settings.CLARITY_BILLING = True


def a_pair(shop: Account, environment: str = "production") -> Pair:
    with scope.tenant(shop.tenant.pk):
        pos, store = (
            Connection.objects.create(
                name=f"{name} {uuid.uuid4()}", connector=name, environment=environment
            )
            for name in ("heartland", "shopify")
        )
        return Pair.objects.create(name="Main street", pos=pos, store=store, state="live")


def go_live(shop: Account, pair: Pair, agreed: Agreed | None) -> None:
    with scope.tenant(shop.tenant.pk):
        billed.went_live(pair, agreed=agreed, actor=shop.owner, now=DAY)


def shown(shop: Account) -> Agreed:
    with scope.tenant(shop.tenant.pk):
        return quote(now=DAY).agreed


def test_a_sandbox_pair_is_free_and_a_real_one_needs_a_price_that_was_confirmed(
    shop: Account,
) -> None:
    go_live(shop, a_pair(shop, "sandbox"), None)
    assert shop.invoices() == []
    with pytest.raises(BillingProblem, match="Look at the price"):
        go_live(shop, a_pair(shop), None)
    go_live(shop, a_pair(shop), shown(shop))
    assert [one.total for one in shop.invoices()] == [Decimal(7140)]


def test_while_it_is_off_nothing_is_told(shop: Account, settings: Any) -> None:
    settings.CLARITY_BILLING = False
    go_live(shop, a_pair(shop), None)
    billed.run_due(LATER)
    with scope.tenant(shop.tenant.pk):
        assert not Subscription.objects.exists()


def test_a_pause_goes_on_being_billed_and_a_shop_that_is_erased_is_not(shop: Account) -> None:
    pair = a_pair(shop)
    go_live(shop, pair, shown(shop))
    with scope.tenant(shop.tenant.pk):
        pair_settings.pause(pair_id=pair.pk, actor=shop.owner)
        assert BilledPair.objects.get().ends_on is None
    removing.remove_connection(tenant_id=shop.tenant.pk, connection_id=pair.store_id)
    with scope.tenant(shop.tenant.pk):
        assert not Pair.objects.exists()
        assert BilledPair.objects.get().ends_on is not None
    assert len(shop.invoices()) == 1


def test_pairs_of_an_ended_subscription_are_paused_and_do_not_just_go_on(shop: Account) -> None:
    pair, other = a_pair(shop), a_pair(shop)
    go_live(shop, pair, shown(shop))
    with scope.tenant(shop.tenant.pk):
        cancelling.cancel(reason="We close", actor=shop.owner, now=DAY)
    for _ in range(2):
        billed.run_due(LATER)
    with scope.tenant(shop.tenant.pk):
        pair.refresh_from_db()
        other.refresh_from_db()
        # The other one went live before there was billing: nobody agreed to a price for it.
        assert (pair.state, other.state) == ("paused", "live")
        paused = AuditEntry.objects.get(action="pair.paused")
        assert paused.reason == "The subscription has ended."
        with pytest.raises(NotReady, match="has ended. Look at the price and go live again"):
            pair_settings.resume(pair_id=pair.pk, actor=shop.owner, now=LATER)
    assert len(shop.invoices()) == 1


def test_an_account_that_cannot_be_renewed_keeps_no_other_from_its_reminder(shop: Account) -> None:
    other, ended = account("Other"), account("Ended")
    go_live(shop, a_pair(shop), shown(shop))
    pair = a_pair(ended)
    go_live(ended, pair, shown(ended))
    go_live(other, a_pair(other), shown(other))
    with scope.tenant(ended.tenant.pk):
        cancelling.cancel(reason="We close", actor=ended.owner, now=DAY)
    with scope.tenant(shop.tenant.pk):
        # Nobody set a price in it.
        Subscription.objects.update(currency="EUR")
    with pytest.raises(RuntimeError, match="renewals failed for some accounts"):
        billed.run_due(LATER)
    assert len(shop.invoices()) == 1
    assert len(other.invoices()) == 2
    with scope.tenant(other.tenant.pk):
        assert Receivable.objects.filter(reminders=3).count() == 1
    with scope.tenant(ended.tenant.pk):
        pair.refresh_from_db()
        assert pair.state == "paused"
