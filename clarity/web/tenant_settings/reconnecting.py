"""Reconnecting an account through the vendor's own page; the answer comes to the wizard's address."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clarity.web.access import ADMINS, member_required
from clarity.web.onboarding import granting
from clarity.web.tenant_settings.connections import found
from integrations.services import connecting
from integrations.services.connections import BadConnection
from tenants import scope
from tenants.models import Membership


@require_POST
@member_required(*ADMINS)
def authorise(request: HttpRequest, membership: Membership, connection_id: UUID) -> HttpResponse:
    """To the vendor's page, on which the owner lets us in again."""
    slug = membership.tenant.slug
    with scope.tenant(membership.tenant_id):
        connection = found(connection_id)
    callback = reverse("connect-callback", kwargs={"connector": connection.connector})
    try:
        begun = connecting.begin(
            connector=connection.connector,
            typed=connection.settings.get("shop_domain", "")
            or urlsplit(connection.base_url).hostname
            or "",
            redirect_uri=f"{settings.CLARITY_PUBLIC_URL}{callback}",
            now=timezone.now(),
            # Where it answers is known, whatever the name says.
            base_url=connection.base_url,
        )
    except BadConnection as error:
        messages.warning(request, str(error))
        return redirect("connection-reconnect", slug=slug, connection_id=connection_id)
    granting.remember(
        request,
        begun,
        tenant=str(membership.tenant_id),
        slug=slug,
        connection=str(connection.pk),
    )
    back = reverse("connection", kwargs={"slug": slug, "connection_id": connection_id})
    return granting.lead_there(
        request, begun, membership, connector=connection.connector, back=back
    )
