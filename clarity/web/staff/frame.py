"""The frame around the pages of one account: its tabs, and its zone for every time shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clarity.web.access import zone_of
from tenants.models import Tenant, User
from tenants.services import staff
from tenants.services.staff import May


@dataclass(frozen=True)
class Tab:
    """One part of an account: what it is called, its address below `admin:`, and who may open it."""

    label: str
    name: str
    needs: May = May.LOOK


# In the order they stand in.
TABS: Sequence[Tab] = (
    Tab("Overview", "account"),
    Tab("Pairs", "account-pairs"),
    Tab("Connections", "account-connections"),
    Tab("Mappings", "account-rules"),
    Tab("Records", "account-inbox"),
    Tab("Incidents", "account-incidents"),
    Tab("Advanced", "account-advanced"),
    Tab("Billing", "account-billing", May.BILL),
    Tab("Audit log", "account-audit"),
)


@dataclass(frozen=True)
class Shown:
    label: str
    url: str
    is_here: bool


def tabs_of(person: User, tenant: Tenant, *, here: str) -> list[Shown]:
    """The tabs this person may open; `here` names the one that is open."""
    return [
        Shown(
            tab.label, reverse(f"admin:{tab.name}", kwargs={"slug": tenant.slug}), tab.name == here
        )
        for tab in TABS
        if staff.may(person, tab.needs)
    ]


def account_page(
    request: HttpRequest,
    person: User,
    template: str,
    *,
    tenant: Tenant,
    tab: str,
    context: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Renders a page of an account, which extends `staff/account_base.html`, in the account's zone."""
    more = {
        **context,
        "here": "accounts",
        "account": tenant,
        "tabs": tabs_of(person, tenant, here=tab),
    }
    with timezone.override(zone_of(tenant)):
        return render(request, template, more, status=status)
