"""Finding a channel of a tenant, and what its pages have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from clarity.web.access import may_administer
from clarity.web.fragments import whole_page
from integrations.models import AlertChannel
from tenants.models import Membership


def find(channel_id: UUID) -> AlertChannel:
    """The channel. Call inside the tenant's scope. Raises Http404."""
    found: AlertChannel | None = AlertChannel.objects.filter(pk=channel_id).first()
    if found is None:
        raise Http404
    return found


def shown(
    request: HttpRequest,
    membership: Membership,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of the alert settings."""
    common = {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "settings",
        "settings_section": "alerts",
        "may_change": may_administer(membership),
    }
    return whole_page(request, f"alerts/{template}", {**common, **context}, status=status)
