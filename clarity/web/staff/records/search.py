"""The search box of an account, as its own people have it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from clarity.web.search.views import ROWS, grouped
from clarity.web.staff.gate import staff_page
from clarity.web.staff.records.shown import RECORDS, shown
from integrations.services.search import BadSearch, find
from tenants.models import User
from tenants.services import staff_door


@staff_page
@require_safe
@sensitive_variables("asked")
def search(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """What fits; the one record that bears exactly this name is opened at once."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()
    cursor = request.GET.get("after", "")
    context: dict[str, Any] = {"query": asked, "list": "search"}
    # What was looked for is not noted: it may be an address.
    with staff_door.looking(person, slug, at="the search of its records") as tenant:
        if asked:
            try:
                found = find(q=asked, limit=ROWS, cursor=cursor)
            except BadSearch as error:
                context["error"] = str(error)
            else:
                if found.only is not None and not cursor and "list" not in request.GET:
                    return redirect("admin:account-record", slug=slug, item_id=found.only.item.pk)
                context |= {
                    "found": found,
                    "groups": grouped(found),
                    "is_first": not cursor,
                    "first": urlencode({"q": asked, "list": ""}),
                    "next": urlencode({"q": asked, "after": found.cursor}) if found.cursor else "",
                }
    return shown(
        request,
        person,
        "staff/records/search.html",
        tenant=tenant,
        tab=RECORDS,
        context=context,
        status=422 if "error" in context else 200,
    )
