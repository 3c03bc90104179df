"""The books in a real browser: finance enters a payment, and looks at every list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from tenants import scope
from tenants.billing.models import UnmatchedPayment
from tenants.billing.services import agreements, unmatched
from tenants.models import StaffRole
from tenants.services import staff
from tests.billing.conftest import D, account
from tests.browser.window import fits
from tests.staff.conftest import colleague
from tests.staff.test_staff_browser import shut_out, window_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_finance_enters_a_payment_and_reads_the_books(browser: Browser, live_server: Any) -> None:
    now = timezone.now()
    shop = account("Harbour Goods and Fine Provisions")
    person = colleague("finance", StaffRole.FINANCE)
    staff.assign(tenant_id=shop.tenant.pk, staff=person, actor=None)
    shop.go_live(now - timedelta(days=40), "Main street")
    with scope.tenant(shop.tenant.pk):
        agreements.grant_discount(
            name="Early customer", percent=D("12.5"), starts_on=now.date(), ends_on=None,
            actor=shop.finance,
        )  # fmt: skip
    shop.go_live(now, "Harbour")
    with scope.door("money of nobody"):
        unmatched.note(
            payment_id="pi_3QXy", customer_id="", minor_amount=714000, currency="USD",
            invoice_number="", problem="Nobody asked for this payment.", paid_at=now, now=now,
        )  # fmt: skip
        stray = UnmatchedPayment.objects.get().pk
    said: list[str] = []
    context = window_of(browser, person, live_server.url, 1280)
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(f"page error: {error}"))
    page.on(
        "console",
        # Chromium itself tells of a form that comes back with a mistake.
        lambda one: (
            said.append(one.text)
            if one.type in ("error", "warning") and "422" not in one.text
            else None
        ),
    )
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="Books").click()
    page.get_by_role("link", name="Overdue").click()
    fits(page, "books-overdue-1280")
    page.get_by_role("link", name="CC-").click()
    fits(page, "books-invoice-1280")
    page.get_by_role("link", name="Enter a payment").click()
    page.get_by_label("Amount").fill("8000")
    page.get_by_label("Reference").fill("wire 17")
    page.get_by_label("Why").fill("On the statement of today")
    page.get_by_role("button", name="See what it does").click()
    expect(page.get_by_text("is open, which is less than 8,000.00 USD")).to_be_visible()
    expect(page.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    fits(page, "books-mistake-1280")
    page.get_by_label("Amount").fill("7140")
    page.get_by_role("button", name="See what it does").click()
    expect(page.get_by_text("Nothing is open then.")).to_be_visible()
    fits(page, "books-question-1280")
    page.get_by_role("button", name="Change something").click()
    page.get_by_label("Reference").fill("wire 18")
    page.get_by_role("button", name="See what it does").click()
    page.get_by_role("button", name="Enter it").click()
    expect(page.get_by_text("7,140.00 USD is entered for")).to_be_visible()
    expect(page.get_by_text("reference wire 18")).to_be_visible()
    base = f"accounts/{shop.tenant.slug}/billing/"
    shown = {
        1280: ("books/revenue/", "billing/price/add/"),
        390: (base, f"{base}discount/", "books/", "books/renewals/", f"books/unmatched/{stray}/"),
    }
    for width, addresses in shown.items():
        page.set_viewport_size({"width": width, "height": 860})
        for address in addresses:
            page.goto(f"{live_server.url}/admin/{address}")
            fits(page, f"books-{address.strip('/').replace('/', '-')}-{width}")
            if address in (base, f"{base}discount/", "books/"):
                assert shut_out(page) == [], address
    assert said == []
    context.close()
