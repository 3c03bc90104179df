"""The banner over every page while one of our people acts on a tenant's behalf."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone

from clarity.web.access import KEPT
from clarity.web.deputies import session

register = template.Library()


@register.inclusion_tag("parts/deputy_banner.html", takes_context=True)
def deputy_banner(context: Context) -> dict[str, Any]:
    """For who acts: until when, and the way to end it. For members: who acts. Else nothing."""
    request = context.get("request")
    if not isinstance(request, HttpRequest):
        return {}
    noted = session.noted(request)
    if noted is not None and noted.ends_at > timezone.now():
        is_there = session.held_in(request) is not None
        return {"noted": noted, "is_there": is_there, "csrf_token": context.get("csrf_token")}
    tenant = context.get("tenant")
    for row in vars(request).get(KEPT) or ():
        if tenant is not None and row.tenant_id == tenant.pk and row.deputy_until:
            return {"until": row.deputy_until, "email": row.deputy_email, "slug": row.tenant.slug}
    return {}


@register.simple_tag(takes_context=True)
def acting_for(context: Context) -> str:
    """The slug of the account this browser acts on behalf of on this page; "" when it does not."""
    request = context.get("request")
    if not isinstance(request, HttpRequest) or session.held_in(request) is None:
        return ""
    noted = session.noted(request)
    return noted.slug if noted else ""
