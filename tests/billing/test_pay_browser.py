"""A customer goes live, pays at the local Stripe and downloads the invoice, in a real browser."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from clarity.web.entry import entry_link
from integrations.models import Connection, Pair, Preflight, PreflightState
from integrations.services import billed
from tenants import scope
from tenants.billing.models import Invoice, LegalEntity, StripeEvent
from tenants.billing.services import cancelling, catalogue, pairs
from tenants.billing.stripe import events, library
from tests.billing.conftest import Account, account
from tests.billing.test_pairs import survives
from tests.browser.window import fits
from tests.stripe_server.rig import GOOD, LocalStripe, local_stripe
from tests.stripe_server.state import SECRET

pytestmark = pytest.mark.browser


@pytest.fixture
def stripe(live_server: Any, settings: Any) -> Any:
    with local_stripe() as started:
        settings.CLARITY_STRIPE_SECRET_KEY = "sk_test_local"
        settings.CLARITY_STRIPE_WEBHOOK_SECRETS = [SECRET]
        settings.CLARITY_STRIPE_API_BASE = started.url
        library._client.cache_clear()
        started.tell("hook", url=f"{live_server.url}/webhooks/stripe/")
        yield started


def paused_pair(shop: Account) -> Pair:
    """A pair of real accounts whose subscription ended, and that may go live again."""
    long_ago = timezone.now() - timedelta(days=400)
    with scope.tenant(shop.tenant.pk):
        pos, store = (
            Connection.objects.create(
                name=f"{name} {uuid.uuid4()}", connector=name, environment="production"
            )
            for name in ("heartland", "shopify")
        )
        pair = Pair.objects.create(name="Main street", pos=pos, store=store, state="live")
        Preflight.objects.create(
            pair=pair, state=PreflightState.DONE, started_at=long_ago, blockers=0, findings=[]
        )
        agreed = pairs.quote(now=long_ago).agreed
        billed.went_live(pair, agreed=agreed, actor=shop.owner, now=long_ago)
        cancelling.cancel(reason="A pause", actor=shop.owner, now=long_ago)
    billed.run_due(timezone.now())
    with scope.tenant(shop.tenant.pk):
        pair.refresh_from_db()
    assert pair.state == "paused"
    return pair


def seen(page: Page, name: str) -> None:
    """On a desk and on a phone."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, f"{name}-{width}")


def test_a_customer_goes_live_pays_at_stripe_and_downloads_the_invoice(
    browser: Browser, live_server: Any, stripe: LocalStripe, tmp_path: Path
) -> None:
    shop = account("Harbour Goods")
    catalogue.ensure()
    LegalEntity.objects.update(bank_lines="First Bank\nRouting 000000000\nAccount 1234")
    pair = paused_pair(shop)
    page = browser.new_context(accept_downloads=True).new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)

    page.goto(entry_link(shop.owner, live_server.url))
    page.goto(f"{live_server.url}/t/{shop.tenant.slug}/settings/pairs/{pair.pk}/go-live/")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Go live and be billed 7,140.00 USD").click()
    expect(page.get_by_text("Main street is live again")).to_be_visible()

    page.goto(f"{live_server.url}/t/{shop.tenant.slug}/billing/")
    page.locator(".bill-list a").first.click()
    expect(page.get_by_text("Account 1234")).to_be_visible()
    seen(page, "pay-invoice-open")
    page.get_by_role("link", name="Pay", exact=True).click()
    seen(page, "pay-page")
    page.get_by_role("checkbox", name="Keep this card").check()
    page.get_by_role("button", name="Pay 7,140.00 USD at Stripe").click()

    expect(page).to_have_url(re.compile(f"{stripe.url}/pay/"))
    expect(page.get_by_text("Your card is kept for future payments.")).to_be_visible()
    page.get_by_label("Card number").fill("4000000000000002")
    page.get_by_role("button", name="Pay 7,140.00 USD").click()
    expect(page.get_by_text("Your card was declined.")).to_be_visible()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Pay 7,140.00 USD").click()
    expect(
        page.get_by_text(re.compile(r"Thank you\. Invoice CC-\d+-000001 is paid\."))
    ).to_be_visible()
    seen(page, "pay-invoice-paid")
    with page.expect_download() as got:
        page.get_by_role("link", name="Download PDF").click()
    said = PdfReader(BytesIO(Path(got.value.path()).read_bytes())).pages[0].extract_text()
    assert "7,140.00 USD" in said
    assert "Paid" in said

    page.goto(f"{live_server.url}/t/{shop.tenant.slug}/billing/")
    expect(page.get_by_text("Visa ending in 4242")).to_be_visible()
    page.get_by_role("link", name="Change or stop it").click()
    seen(page, "pay-card")
    page.get_by_role("link", name="Change it at Stripe").click()
    page.get_by_label("Card number").fill("5555555555554444")
    page.get_by_role("button", name="Use this card").click()
    expect(page.get_by_text("Visa ending in 4444")).to_be_visible()
    page.get_by_role("link", name="Charge it no more").click()
    seen(page, "pay-stop")
    page.get_by_role("button", name="Charge it no more").click()
    expect(page.get_by_text("Nothing is charged by itself")).to_be_visible()
    assert troubles == []
    page.context.close()

    # Stripe told us over HTTP meanwhile; looking into it changes nothing more.
    for _ in range(100):
        if StripeEvent.objects.filter(kind="checkout.session.completed").exists():
            break
        page_wait(stripe)
    events.process_due(timezone.now(), survives=survives)
    with scope.tenant(shop.tenant.pk):
        paid = Invoice.objects.latest("issued_at")
        assert [row.amount for row in paid.payments.all()] == [7140]
        assert paid.receivable.open == 0


def page_wait(stripe: LocalStripe) -> None:
    """Something that takes a moment: asks the local Stripe what it would send."""
    assert stripe.events()
