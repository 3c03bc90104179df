"""The accounts a staff member looks after, by name."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clarity.web.staff.gate import staff_page
from tenants.models import Tenant, User
from tenants.services import staff
from tenants.services.staff import May

ROWS = 50


@staff_page
@require_safe
def accounts(request: HttpRequest, person: User) -> HttpResponse:
    """One page; `after` leads on from its last name, `q` narrows by a part of the name."""
    if not staff.may(person, May.BILL):
        staff.refuse_unless(person, May.LOOK)
    named = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    after = after_of(request.GET.get("after", ""))
    found = staff.assigned(person, named=named, after=after, limit=ROWS + 1)
    shown = found[:ROWS]
    context = {
        "here": "accounts",
        "accounts": shown,
        "named": named,
        "may_look": staff.may(person, May.LOOK),
        "may_act": staff.may(person, May.ACT),
        "is_first": after is None,
        "next": place_of(shown[-1]) if len(found) > ROWS else "",
    }
    return render(request, "staff/accounts.html", context)


def after_of(text: str) -> tuple[str, UUID] | None:
    """Id and name of the last account of the page before; None when it makes no sense."""
    pk, _, name = text.replace("\x00", "").partition("_")
    try:
        return name, UUID(pk)
    except ValueError:
        return None


def place_of(tenant: Tenant) -> str:
    """What leads on from this account."""
    return f"{tenant.pk}_{tenant.name}"
