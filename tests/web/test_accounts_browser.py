"""Signing up, a passkey and an invitation in a real browser, on a desk and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tenants.models import User
from tenants.services.members import memberships_of
from tests.browser.window import fits

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _nothing_counted(transactional_db: None) -> None:
    cache.clear()


def opened(browser: Browser, width: int, troubles: list[str]) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    return context, page


def with_device(context: BrowserContext, page: Page) -> None:
    """A virtual authenticator that agrees to everything, as a phone with a fingerprint would."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def sign_up(page: Page, base: str, width: int) -> None:
    page.goto(f"{base}/sign-in/")
    fits(page, f"sign-in-{width}")
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name of your business").fill("Harbour Goods")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("too short")).to_be_visible()
    fits(page, f"sign-up-mistake-{width}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name="Is this address yours?")).to_be_visible()
    fits(page, f"code-{width}")
    code = re.search(r"^    (\S+)$", str(mail.outbox[-1].body), re.M)
    assert code
    page.get_by_label("Code").fill(code.group(1))
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("summary.account-menu, .account-menu > summary")).to_be_visible()
    assert [row.tenant.name for row in memberships_of(User.objects.get())] == ["Harbour Goods"]


@pytest.mark.parametrize("width", [1280, 390])
def test_signs_up_adds_a_passkey_and_signs_in_with_it(
    browser: Browser, live_server: Any, width: int
) -> None:
    # A passkey belongs to a name, so not to 127.0.0.1.
    base = live_server.url.replace("127.0.0.1", "localhost")
    troubles: list[str] = []
    context, page = opened(browser, width, troubles)
    with_device(context, page)
    sign_up(page, base, width)

    page.locator(".account-menu > summary").click()
    fits(page, f"menu-{width}")
    page.get_by_role("link", name="How I sign in").click()
    fits(page, f"security-{width}")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    fits(page, f"reauthenticate-{width}")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    fits(page, f"passkey-add-{width}")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    fits(page, f"recovery-codes-{width}")
    page.goto(f"{base}/accounts/2fa/webauthn/")
    expect(page.get_by_text("Signs you in by itself.")).to_be_visible()
    fits(page, f"passkeys-{width}")

    page.locator(".account-menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto(f"{base}/sign-in/?next=/new-account/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{base}/new-account/")
    fits(page, f"new-account-{width}")

    if width == 1280:
        _invites(browser, page, base, troubles)
    else:
        _pages_of_people(page, base, width)
    assert troubles == []
    context.close()


def _invites(browser: Browser, page: Page, base: str, troubles: list[str]) -> None:
    slug = memberships_of(User.objects.get())[0].tenant.slug
    page.goto(f"{base}/t/{slug}/settings/members/")
    page.get_by_label("E-mail address").fill("Bob@Example.com")
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("An invitation is on its way to bob@example.com.")).to_be_visible()
    link = re.search(r"(http://\S+/invitation/\S+)", str(mail.outbox[-1].body))
    assert link
    _pages_of_people(page, base, 1280)
    other_context, other = opened(browser, 390, [])
    other.goto(link.group(1))
    fits(other, "invitation-390")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Join").click()
    expect(other.locator(".account-menu > summary")).to_be_visible()
    other.goto(f"{base}/t/{slug}/settings/members/")
    expect(other.get_by_text("Owners and admins invite people")).to_be_visible()
    fits(other, "members-of-a-viewer-390")
    other.goto(f"{base}/t/{slug}/settings/audit/")
    expect(other.get_by_text("your role is viewer")).to_be_visible()
    fits(other, "refused-390")
    other_context.close()


def _pages_of_people(page: Page, base: str, width: int) -> None:
    slug = memberships_of(User.objects.get(email="ada@example.com"))[0].tenant.slug
    for name, place in (
        ("members", "settings/members/"),
        ("leave", "settings/members/leave/"),
        ("audit", "settings/audit/"),
    ):
        page.goto(f"{base}/t/{slug}/{place}")
        fits(page, f"{name}-{width}")
    for name, place in (
        ("email", "email/"),
        ("password", "password/change/"),
        ("sessions", "sessions/"),
        ("totp", "2fa/totp/activate/"),
    ):
        page.goto(f"{base}/accounts/{place}")
        fits(page, f"{name}-{width}")
