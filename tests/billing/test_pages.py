"""The pages of billing, as owners, admins and everybody else find them."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Connection, Pair, Preflight, PreflightState
from integrations.services import billed, pair_settings
from tenants import scope
from tenants.billing.models import BilledPair, BillingDetails, Invoice, Plan, Price, Subscription
from tenants.billing.services import (
    agreements,
    cancelling,
    catalogue,
    crediting,
    pairs,
    paying,
    reading,
)
from tenants.models import AuditEntry, Membership, Role, User
from tests.billing.conftest import Account, account, at

D = Decimal
DAY = at("2026-03-01")


@pytest.fixture
def now() -> datetime:
    """Pages take the time of the machine."""
    return timezone.now()


def browser(shop: Account, role: Role = Role.OWNER) -> Client:
    """Signed in as a member of this role."""
    user = shop.owner
    if role != Role.OWNER:
        user = User.objects.create(email=f"{role.value}@{shop.tenant.slug}.example.com")
        with scope.tenant(shop.tenant.pk):
            Membership.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def url(shop: Account, path: str = "") -> str:
    return f"/t/{shop.tenant.slug}/billing/{path}"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:500]
    return " ".join(answer.content.decode().split())


def pay(shop: Account, invoice: Invoice, amount: str, reference: str = "WIRE-1") -> None:
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=D(amount), currency="USD", reference=reference,
            received_on=DAY.date(), actor=shop.finance, now=DAY,
        )  # fmt: skip


def test_an_invoice_says_who_what_and_how_much_and_what_happened_since(shop: Account) -> None:
    with scope.tenant(shop.tenant.pk):
        agreements.save_details(
            said={"name": "Harbour <Goods> GmbH", "address": "Kai 1\n20457 Hamburg",
                  "country": "DE", "tax_id": "DE123456788"},
            actor=shop.owner,
        )  # fmt: skip
    _, invoice = shop.go_live(DAY, "Main street & shop")
    assert invoice is not None
    page = url(shop, f"invoices/{invoice.pk}/")
    client = browser(shop)
    said = text(client, page)
    for part in (
        "Harbour &lt;Goods&gt; GmbH", "20457 Hamburg", "DE123456788", invoice.number,
        "1. Connect: Main street &amp; shop", "1 Mar 2026 to 28 Feb 2027", "365 of 365 days",
        "7,140.00 USD", "15 Mar 2026",
    ):  # fmt: skip
        assert part in said
    pay(shop, invoice, "140")
    with scope.tenant(shop.tenant.pk):
        note = crediting.credit(
            invoice_id=invoice.pk, amounts={1: D(7000)}, reason="Goodwill", key="1",
            actor=shop.finance, now=DAY,
        )  # fmt: skip
    said = text(client, page)
    assert ">Paid<" in said
    assert "reference WIRE-1" in said
    assert f"Credit note {note.number}" in said
    said = text(client, url(shop, f"invoices/{note.pk}/"))
    assert "Reason: Goodwill" in said
    assert f"invoices/{invoice.pk}/" in said
    assert "-7,000.00 USD" in said


def test_the_list_goes_on_page_by_page_and_takes_nonsense(
    shop: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(shop)
    assert "There is no invoice." in text(client, url(shop, "invoices/"))
    numbers = {shop.go_live(DAY, f"Shop {n}")[1].number for n in range(3)}  # type: ignore[union-attr]
    monkeypatch.setattr("clarity.web.billing.documents.ROWS", 2)
    first = client.get(url(shop, "invoices/"))
    shown = [row.invoice.number for row in first.context["rows"]]
    later = client.get(url(shop, "invoices/"), {"before": first.context["older"]})
    shown += [row.invoice.number for row in later.context["rows"]]
    assert (len(shown), set(shown)) == (3, numbers)
    assert later.context["older"] == ""
    nonsense = client.get(url(shop, "invoices/"), {"before": "2026-01-01_x"})
    assert len(nonsense.context["rows"]) == 2


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.OPERATOR, 403), (Role.VIEWER, 403)]
)
def test_owners_and_admins_see_bills(shop: Account, role: Role, status: int) -> None:
    _, invoice = shop.go_live(DAY)
    assert invoice is not None
    client = browser(shop, role)
    for path in ("invoices/", f"invoices/{invoice.pk}/"):
        assert client.get(url(shop, path)).status_code == status


def test_another_accounts_invoice_is_not_there(shop: Account) -> None:
    other = account("Other")
    _, invoice = other.go_live(DAY)
    assert invoice is not None
    assert browser(shop).get(url(shop, f"invoices/{invoice.pk}/")).status_code == 404
    assert browser(shop).get(url(other, f"invoices/{invoice.pk}/")).status_code == 404


# --- the overview --------------------------------------------------------------------------------


def test_before_anything_is_billed_the_price_is_said(shop: Account) -> None:
    said = text(browser(shop), url(shop))
    assert "Nothing is billed." in said
    assert "7,140.00 USD a year" in said
    assert "595.00 USD a month" in said
    assert "There is no invoice." in said
    start = f"/t/{shop.tenant.slug}/start/"
    assert "7,140.00 USD a year (595.00 USD a month) before tax" in text(browser(shop), start)
    assert "USD" not in text(browser(shop, Role.VIEWER), start)


def test_the_overview_says_what_is_paid_open_and_charged_next(shop: Account, now: datetime) -> None:
    pair_id, invoice = shop.go_live(now, "Main street")
    shop.go_live(now, "High street")
    assert invoice is not None
    client = browser(shop)
    answer = client.get(url(shop))
    charge = answer.context["charge"]
    with scope.tenant(shop.tenant.pk):
        renews_on = Subscription.objects.get().renews_on
    assert (charge.on, charge.total, charge.pairs) == (renews_on, D(14280), 2)
    assert answer.context["verdict"].headline.startswith("14,280.00 USD is to be paid by ")
    shop.remove(pair_id, now)
    said = text(client, url(shop))
    assert "0 of 50,000 that are usual" in said
    assert "A free place" in said
    assert "One more pair costs" not in said
    answer = client.get(url(shop))
    assert answer.context["charge"].total == D(7140)
    assert answer.context["verdict"].said.startswith("It renews on")


def test_an_unpaid_bill_is_overdue_and_then_past_its_grace(shop: Account, now: datetime) -> None:
    shop.go_live(now - timedelta(days=20))
    client = browser(shop)
    verdict = client.get(url(shop)).context["verdict"]
    assert verdict.headline == "7,140.00 USD is overdue."
    dashboard = f"/t/{shop.tenant.slug}/"
    assert "7,140.00 USD is overdue." in text(client, dashboard)
    assert "overdue" not in text(browser(shop, Role.VIEWER), dashboard)
    assert "Please pay it before" in verdict.said
    assert "Overdue</span>" in text(client, url(shop, "invoices/"))
    other = account("Later")
    other.go_live(now - timedelta(days=60))
    verdict = browser(other).get(url(other)).context["verdict"]
    assert "The time to pay it is over." in verdict.said


def test_where_nobody_is_billed_the_page_says_so(shop: Account, settings: Any) -> None:
    settings.CLARITY_BILLING = False
    assert "Nobody is billed here" in text(browser(shop), url(shop))


# --- whom invoices are for -----------------------------------------------------------------------


def test_an_owner_says_whom_invoices_are_for_and_an_admin_only_looks(shop: Account) -> None:
    client, page = browser(shop), url(shop, "details/")
    said = {"name": "Harbour GmbH", "country": "DE", "tax_id": "de 123 456 78", "address": "Kai 1"}
    answer = client.post(page, {**said, "contact_email": "nobody"})
    assert answer.status_code == 422
    wrong = " ".join(answer.content.decode().split())
    assert "nobody is no e-mail address" in wrong
    assert "de 123 456 78 is not written as a tax id of this country is" in wrong
    assert 'aria-describedby="f-tax_id-help f-tax_id-error"' in wrong
    assert 'value="Harbour GmbH"' in wrong
    with scope.tenant(shop.tenant.pk):
        assert not BillingDetails.objects.exists()
    for _ in range(2):
        assert client.post(page, {**said, "tax_id": "de 123.456.789"}).status_code == 302
    with scope.tenant(shop.tenant.pk):
        assert BillingDetails.objects.get().tax_id == "DE123456789"
    admin = browser(shop, Role.ADMIN)
    assert "Owners can change this." in text(admin, page)
    assert admin.post(page, said).status_code == 403


# --- cancelling and plans ------------------------------------------------------------------------


def test_cancelling_needs_a_reason_and_can_be_taken_back(shop: Account, now: datetime) -> None:
    client, page = browser(shop), url(shop, "cancel/")
    assert client.get(page).status_code == 302
    shop.go_live(now)
    assert "Why do you cancel?" in text(client, page)
    assert client.post(page, {"reason": " "}).status_code == 422
    for _ in range(2):
        assert client.post(page, {"reason": "We <close>"}).status_code == 302
    said = text(client, url(shop))
    assert "Cancelled: it ends on" in said
    assert "We &lt;close&gt;" in said
    with scope.tenant(shop.tenant.pk):
        assert Subscription.objects.get().state == "cancelled"
        assert AuditEntry.objects.filter(action="subscription.cancelled").count() == 1
    admin = browser(shop, Role.ADMIN)
    assert admin.post(page, {"reason": "No"}).status_code == 403
    assert admin.post(url(shop, "go-on/")).status_code == 403
    for _ in range(2):
        assert client.post(url(shop, "go-on/")).status_code == 302
    with scope.tenant(shop.tenant.pk):
        assert Subscription.objects.get().state == "active"


def test_another_plan_counts_from_the_renewal_on(shop: Account, now: datetime) -> None:
    shop.go_live(now)
    client, page = browser(shop), url(shop, "plan/")
    assert "Choose another plan" not in text(client, url(shop))
    small = Plan.objects.create(code="small", name="Small", months=1)
    Plan.objects.create(code="dear", name="Dear", months=1)
    Price.objects.create(plan=small, currency="USD", monthly=D(99), starts_on=date(2020, 1, 1))
    assert "Choose another plan" in text(client, url(shop))
    said = text(client, page)
    assert "99.00 USD for each pair and month" in said
    assert "Dear" not in said
    assert client.post(page, {"plan": "none"}).status_code == 422
    assert client.post(page, {"plan": "small"}).status_code == 302
    said = text(client, url(shop))
    assert "Connect, Small from" in said
    assert "99.00 USD on" in said
    assert client.post(page, {"plan": "connect"}).status_code == 302
    with scope.tenant(shop.tenant.pk):
        assert Subscription.objects.get().next_plan is None


# --- a pair leaves the subscription, and comes back ----------------------------------------------


def live_pair(shop: Account, now: datetime) -> Pair:
    """A pair of real accounts that is billed."""
    with scope.tenant(shop.tenant.pk):
        pos, store = (
            Connection.objects.create(
                name=f"{name} {uuid.uuid4()}", connector=name, environment="production"
            )
            for name in ("heartland", "shopify")
        )
        pair: Pair = Pair.objects.create(name="Main street", pos=pos, store=store, state="live")
        Preflight.objects.create(
            pair=pair, state=PreflightState.DONE, started_at=now, blockers=0, findings=[]
        )
        agreed = pairs.quote(now=now).agreed
        billed.went_live(pair, agreed=agreed, actor=shop.owner, now=now)
        return pair


def settings_of(shop: Account, pair: Pair, path: str = "") -> str:
    return f"/t/{shop.tenant.slug}/settings/pairs/{pair.pk}/{path}"


def shown_price(client: Client, address: str) -> dict[str, str]:
    """What the form would send back."""
    return dict(re.findall(r'name="(agreed_\w+)" value="([^"]+)"', text(client, address)))


def test_a_removed_pair_stops_keeps_its_place_and_comes_back_at_a_price(
    shop: Account, now: datetime
) -> None:
    pair, client = live_pair(shop, now), browser(shop)
    assert "Billed since" in text(client, settings_of(shop, pair))
    assert "Its place is paid until" in text(client, settings_of(shop, pair, "remove/"))
    for _ in range(2):
        assert client.post(settings_of(shop, pair, "remove/")).status_code == 302
    with scope.tenant(shop.tenant.pk):
        pair.refresh_from_db()
        assert pair.state == "paused"
        assert BilledPair.objects.get().ends_on is not None
        assert AuditEntry.objects.filter(action="pair.removed").count() == 1
    said = text(client, settings_of(shop, pair))
    assert "Go live again…" in said
    assert "Resume" not in said
    again = settings_of(shop, pair, "go-live/")
    assert "Only an owner agrees to a price." in text(browser(shop, Role.ADMIN), again)
    assert "has left its place" in text(client, again)
    assert client.post(again).status_code == 422
    sent = {**shown_price(client, again), "agree": "yes"}
    assert sent["agreed_total"] == "0"
    for _ in range(2):
        assert client.post(again, sent).status_code == 302
    with scope.tenant(shop.tenant.pk):
        pair.refresh_from_db()
        assert pair.state == "live"
        assert BilledPair.objects.filter(ends_on=None).count() == 1
    assert len(shop.invoices()) == 1


def test_a_price_that_rose_between_page_and_click_is_shown_anew_and_bills_nothing(
    shop: Account, now: datetime
) -> None:
    pair, client = live_pair(shop, now), browser(shop)
    shop.go_live(now, "Takes the place")
    with scope.tenant(shop.tenant.pk):
        pair_settings.remove(pair_id=pair.pk, actor=shop.owner, now=now)
    shop.go_live(now, "Takes it")
    again = settings_of(shop, pair, "go-live/")
    sent = {**shown_price(client, again), "agree": "yes"}
    agreements.set_price(
        catalogue.plan(), currency="USD", monthly=D(650), starts_on=now.date(), actor=None
    )
    answer = client.post(again, sent, follow=True)
    said = answer.content.decode()
    assert "The price changed since you looked" in said
    assert "7,800.00 USD" in said
    with scope.tenant(shop.tenant.pk):
        pair.refresh_from_db()
        assert pair.state == "paused"
    assert len(shop.invoices()) == 2
    admin = browser(shop, Role.ADMIN)
    answer = admin.post(again, {**shown_price(client, again), "agree": "yes"}, follow=True)
    assert "Only owners agree to prices" in answer.content.decode()
    for nonsense in ("NaN", "-1", "1e99", "x" * 99):
        assert client.post(again, {**sent, "agreed_total": nonsense}).status_code == 422
    assert len(shop.invoices()) == 2


def test_a_price_page_of_a_cancelled_subscription_says_that_it_ends(
    shop: Account, now: datetime
) -> None:
    pair, client = live_pair(shop, now), browser(shop)
    with scope.tenant(shop.tenant.pk):
        pair_settings.remove(pair_id=pair.pk, actor=shop.owner, now=now)
        cancelling.cancel(reason="We close", actor=shop.owner, now=now)
    said = text(client, settings_of(shop, pair, "go-live/"))
    assert "You have cancelled, so this pair is paused then" in said
    assert "renewing every year" not in said


# --- after the end -------------------------------------------------------------------------------


def test_after_the_end_all_can_be_read_for_the_days_that_are_said_and_then_bills_alone(
    shop: Account, now: datetime
) -> None:
    pair, client = live_pair(shop, now), browser(shop)
    records, bills = f"/t/{shop.tenant.slug}/incidents/", url(shop)
    token_page, api = "/api/v1/incidents", {"Clarity-Tenant": shop.tenant.slug}
    with scope.tenant(shop.tenant.pk):
        cancelling.cancel(reason="We close", actor=shop.owner, now=now)
        renews_on = Subscription.objects.get().renews_on
    over = at(f"{renews_on}")
    billed.run_due(over)
    today = now.date()
    for readable_until, status in ((today, 200), (today - timedelta(days=1), 403)):
        with scope.tenant(shop.tenant.pk):
            Subscription.objects.update(readable_until=readable_until)
        reading.forget()
        assert client.get(records).status_code == status
        assert client.get(token_page, headers=api).status_code == status
        said = text(client, bills)
        assert "The subscription ended on" in said
        assert "7,140.00 USD is still to be paid." in said
        assert ("could be read" in said) == (status == 403)
        assert settings_of(shop, pair, "go-live/") in said
    said = client.get(records).content.decode()
    assert "Nothing was deleted by that." in said
    assert settings_of(shop, pair, "go-live/") in said
    said = browser(shop, Role.VIEWER).get(records).content.decode()
    assert "Ask an owner" in said
    assert "/billing/" not in said
    for open_page in ("settings/data/", "settings/members/", "settings/support-access/", "start/"):
        assert client.get(f"/t/{shop.tenant.slug}/{open_page}").status_code == 200


def test_a_trial_is_told_with_what_comes_after_it(shop: Account, now: datetime) -> None:
    catalogue.ensure()
    Plan.objects.filter(pk="connect").update(trial_days=14)
    client = browser(shop)
    assert "14 days, from the first pair that goes live" in text(client, url(shop))
    pair = live_pair(shop, now)
    said = text(client, url(shop))
    assert "Your trial runs until" in said
    assert "14 of 14" in said
    assert "There is no invoice." in said
    assert "Nothing is billed for it when the trial ends" in text(
        client, settings_of(shop, pair, "remove/")
    )
    client.post(settings_of(shop, pair, "remove/"))
    again = text(client, settings_of(shop, pair, "go-live/"))
    assert "Your trial: it is free until" in again
    assert "comes to 7,140.00 USD" in again
    assert "A free place" not in text(client, url(shop))
