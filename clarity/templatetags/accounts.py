"""The accounts a page's menu offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.template import Context

from clarity.web.access import KEPT, signed_in
from clarity.web.accounts.places import first_page
from tenants import scope
from tenants.models import Tenant
from tenants.services.members import memberships_of

register = template.Library()


# The first that fits, since each of them also claims to be those after it.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
MACHINES = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS", "a Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Place:
    """One account one may switch to."""

    tenant: Tenant
    role: str
    url: str


@register.simple_tag(takes_context=True)
def memberships(context: Context) -> Sequence[Place]:
    """Where the signed-in person is a member; a page inside a scope has it from `access` only."""
    request = context.get("request")
    user = signed_in(request) if isinstance(request, HttpRequest) else None
    if user is None:
        return []
    rows = vars(request).get(KEPT)
    if rows is None:
        rows = memberships_of(user) if scope.active() is None else []
    return [Place(row.tenant, row.get_role_display().lower(), first_page(row)) for row in rows]


@register.filter
def browser_words(user_agent: str) -> str:
    """What a browser says it is, as "Firefox on Windows"; its own words when we know none."""
    browser = next((word for sign, word in BROWSERS if sign in user_agent), "")
    machine = next((word for sign, word in MACHINES if sign in user_agent), "")
    if browser and machine:
        return f"{browser} on {machine}"
    return browser or user_agent[:80] or "An unknown browser"
