"""A member has read an announcement."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from clarity.web.access import member_required
from tenants.models import Membership
from tenants.services import announcements


@require_POST
@member_required()
def dismiss(request: HttpRequest, membership: Membership, announcement_id: int) -> HttpResponse:
    """Shows it to this person no more, and goes back to the page they were on."""
    is_known = announcement_id < 2**63 and announcements.dismiss(
        announcement_id=announcement_id, tenant_id=membership.tenant_id, person=membership.user
    )
    if not is_known:
        raise Http404
    there = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(there, allowed_hosts=None) and there.startswith("/t/"):
        return redirect(there)
    return redirect("dashboard", slug=membership.tenant.slug)
