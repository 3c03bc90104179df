"""Letters to a business about a trouble, to be read over and changed before they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from clarity.web.staff.lines import MONEY
from integrations.services.troubles import Kind
from tenants.models import Tenant


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str


@dataclass(frozen=True)
class _Words:
    """`page`: the name of the account's own page where it is done."""

    subject: str
    ask: str
    page: str = "dashboard"


_WORDS: Mapping[Kind, _Words] = {
    Kind.RECONNECT: _Words(
        "Please reconnect your system",
        "Nothing is lost: what comes meanwhile is kept, and goes on by itself once you have"
        " reconnected it here:",
        "connections",
    ),
    Kind.RENEWAL: _Words(
        "Your connection needs you soon",
        "Please open the page of your connections and reconnect it before it ends:",
        "connections",
    ),
    Kind.PAST_GRACE: _Words(
        "Your invoice is still open",
        "Please pay it, or answer this mail if something is wrong with it:",
        "billing-invoices",
    ),
    Kind.UNPAID: _Words(
        "Your invoice is overdue",
        "Please pay it, or answer this mail if something is wrong with it:",
        "billing-invoices",
    ),
    Kind.CHARGE: _Words(
        "Your card was not charged", "Please pay it with another card, or by transfer:",
        "billing-invoices"
    ),
    Kind.MAIL: _Words(
        "Where should your bills go?",
        "Please look whether the address that your bills go to is right:",
        "billing-details",
    ),
    Kind.TRIAL: _Words("Your trial ends soon", "This page says what follows:", "billing"),
    Kind.ONBOARDING: _Words(
        "Can we help you go on?",
        "You can go on where you left off. If something is in your way, answer this mail and we look at"
        " it together:",
        "start",
    ),
    Kind.TOKEN: _Words(
        "An API token of yours ends soon", "Please make a new one and put it in its place:",
        "api-tokens",
    ),
}  # fmt: skip


def letter(kind: Kind | None, said: str, *, tenant: Tenant, base_url: str) -> Letter:
    """What to begin with; without a kind an empty one."""
    words = _WORDS.get(kind) if kind is not None else None
    if words is None:
        return Letter("", "")
    slug = {"slug": tenant.slug}
    link = base_url.rstrip("/") + reverse(words.page, kwargs=slug)
    told = said.replace("the owner has", "you have").replace("The owner has", "You have")
    return Letter(
        f"{words.subject} – {tenant.name}",
        f"Hello,\n\nabout {tenant.name} at Clarity Connect: {told}\n\n{words.ask}\n\n{link}\n",
    )


def is_about_money(kind: Kind | None) -> bool:
    return kind in MONEY
