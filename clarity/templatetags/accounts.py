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
