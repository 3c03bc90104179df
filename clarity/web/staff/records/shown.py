"""Pages about an account's records, which no browser keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from clarity.web.staff.frame import account_page
from tenants.models import Tenant, User

RECORDS, INCIDENTS = "account-inbox", "account-incidents"


def shown(
    request: HttpRequest,
    person: User,
    template: str,
    *,
    tenant: Tenant,
    tab: str,
    context: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """The page; it holds what an account's records say."""
    response = account_page(
        request, person, template, tenant=tenant, tab=tab, context=context, status=status
    )
    response["Cache-Control"] = "private, no-store"
    return response
