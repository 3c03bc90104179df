"""In which of the accounts one looks after a number is known. What it is, each account's page says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clarity.web.staff.accounts import after_of, place_of
from clarity.web.staff.gate import staff_page
from integrations.services import number_search
from integrations.services.number_search import BadNumber
from tenants.models import Tenant, User
from tenants.services import staff, staff_door
from tenants.services.staff import May

# So many accounts are asked for one page, each by itself.
ACCOUNTS = 100


@staff_page
@require_safe
def find(request: HttpRequest, person: User) -> HttpResponse:
    """The accounts with such a number. Only they are noted as looked into: of the others nothing is seen."""
    staff.refuse_unless(person, May.LOOK)
    typed = request.GET.get("q", "")
    context: dict[str, Any] = {"here": "find", "query": typed.strip()[:200]}
    if not typed.strip():
        return _page(request, context)
    try:
        number = number_search.readable(typed)
    except BadNumber as error:
        return _page(request, {**context, "error": str(error)}, status=422)
    after = after_of(request.GET.get("after", ""))
    some = staff.assigned(person, after=after, limit=ACCOUNTS + 1)
    asked = some[:ACCOUNTS]
    found = staff_door.found_at(
        person,
        asked,
        is_here=lambda: number_search.has_number(number),
        at="the search for a number over several accounts: it is known here",
    )
    last = place_of(asked[-1]) if len(some) > ACCOUNTS else ""
    context |= {
        "accounts": _links(found, number),
        "asked": len(asked),
        "is_first": after is None,
        "next": urlencode({"q": number, "after": last}) if last else "",
    }
    return _page(request, context)


def _links(found: Sequence[Tenant], number: str) -> list[tuple[Tenant, str]]:
    """Each with the address of the search within it."""
    query = urlencode({"q": number})
    return [
        (one, f"{reverse('admin:account-search', kwargs={'slug': one.slug})}?{query}")
        for one in found
    ]


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, "staff/records/find.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response
