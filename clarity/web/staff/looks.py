"""What django-unfold asks for its frame: where the pages lie, and the colours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from clarity.web.access import signed_in
from tenants.services.staff import May, may


def colours(request: HttpRequest) -> str:
    """Where the colours lie that unfold would write into the page."""
    return static("clarity/unfold.css")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The pages this person may open."""
    person = signed_in(request)
    items = [("Work list", "checklist", "index"), ("Accounts", "storefront", "accounts")]
    items.append(("Books", "receipt_long", "books"))
    if person is not None and may(person, May.ACT):
        items.append(("Several at once", "checklist_rtl", "bulk-jobs"))
    if person is not None and may(person, May.GOVERN):
        items.append(("Background", "schedule", "background"))
        items.append(("Our people", "group", "tenants_user_changelist"))
    return [
        {
            "title": "",
            "items": [
                {"title": title, "icon": icon, "link": reverse(f"admin:{name}")}
                for title, icon, name in items
            ],
        }
    ]
