"""The announcements above a member's page."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone

from clarity.web.access import signed_in
from tenants.services import announcements as service

register = template.Library()


@register.inclusion_tag("announcements/banners.html", takes_context=True)
def announcements(context: Context) -> dict[str, Any]:
    """What reaches the page's tenant now and its reader has not dismissed."""
    request = context.get("request")
    person = signed_in(request) if isinstance(request, HttpRequest) else None
    tenant = context.get("tenant")
    # The pages of our own people call it the account, and show nothing.
    if person is None or tenant is None:
        return {"announcements": []}
    found = service.shown(tenant_id=tenant.pk, person=person, now=timezone.now())
    return {
        "announcements": found,
        "tenant": tenant,
        "here": request.get_full_path() if request is not None and request.method == "GET" else "",
        "csrf_token": context.get("csrf_token"),
    }
