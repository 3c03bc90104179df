"""One box over all records of a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from clarity.web.access import member_required
from clarity.web.activity import words
from clarity.web.fragments import whole_page
from integrations.services.search import BadSearch, Found, Hit, find
from integrations.services.verdict import PLURALS
from tenants import scope
from tenants.models import Membership

ROWS = 25

# How a record was found, in a word or two.
BY = {
    "number": "number or reference",
    "sku": "SKU",
    "email": "e-mail address",
    "id": "id",
    "tracking": "tracking number",
    "order": "belongs to this order",
    "line": "SKU in it",
    "ending": "last characters",
    "begins": "begins so",
}


@dataclass(frozen=True)
class Line:
    """One record that was found."""

    hit: Hit
    badge: words.Badge
    by: str


@dataclass(frozen=True)
class Group:
    """The records of one kind."""

    entity: str
    title: str
    lines: Sequence[Line]


@require_safe
@member_required()
@sensitive_variables("asked")
def search(request: HttpRequest, membership: Membership) -> HttpResponse:
    """What fits; the one record that bears exactly this name is opened at once."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()
    context: dict[str, Any] = {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "search",
        "query": asked,
    }
    if not asked:
        return whole_page(request, "search/search.html", context)
    cursor = request.GET.get("after", "")
    with scope.tenant(membership.tenant_id):
        try:
            found = find(q=asked, limit=ROWS, cursor=cursor)
        except BadSearch as error:
            refused = {**context, "error": str(error)}
            return whole_page(request, "search/search.html", refused, status=422)
    if found.only is not None and not cursor and "list" not in request.GET:
        return redirect("record", slug=membership.tenant.slug, item_id=found.only.item.pk)
    context |= {
        "found": found,
        "groups": grouped(found),
        "is_first": not cursor,
        "first": urlencode({"q": asked, "list": ""}),
        "next": urlencode({"q": asked, "after": found.cursor}) if found.cursor else "",
    }
    return whole_page(request, "search/search.html", context)


def grouped(found: Found) -> list[Group]:
    """A page of what was found, by kind of record."""
    return [
        Group(
            entity,
            next((word for known, word in PLURALS.items() if known == entity), entity).capitalize(),
            [Line(hit, words.badge(hit.outcome), BY.get(hit.by, "")) for hit in hits],
        )
        for entity, hits in groupby(found.hits, key=lambda hit: hit.item.entity)
    ]
