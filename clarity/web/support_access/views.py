"""Who of our people acts for the account, who did, and an owner's say over it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clarity.web.access import OWNERS, may_own, member_required
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.models import Deputation, Membership, Tenant
from tenants.services import deputations

PAST = 50


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Those at work now, those before, and whether it is allowed at all."""
    now = timezone.now()
    with scope.tenant(membership.tenant_id):
        context = {
            "tenant": Tenant.objects.get(pk=membership.tenant_id),
            "membership": membership,
            "may_own": may_own(membership),
            "running": deputations.running(now=now),
            "past": deputations.past(now=now, limit=PAST),
        }
    return whole_page(request, "support_access/overview.html", context)


@require_POST
@member_required(*OWNERS)
def allow(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Allows or forbids it. Forbidding ends what runs; a second click changes nothing."""
    wanted = request.POST.get("allowed", "") == "yes"
    with scope.tenant(membership.tenant_id):
        deputations.let_in(wanted, by=membership, now=timezone.now())
    messages.success(
        request,
        "Our staff may act on behalf of this account again."
        if wanted
        else "Our staff can no longer act on behalf of this account. Whoever did is out.",
    )
    return redirect("support-access", slug=membership.tenant.slug)


@require_POST
@member_required(*OWNERS)
def end(request: HttpRequest, membership: Membership, deputation_id: UUID) -> HttpResponse:
    """Sends one of our people out, at once."""
    with scope.tenant(membership.tenant_id):
        if not Deputation.objects.filter(pk=deputation_id).exists():
            raise Http404
        deputations.end_as_owner(deputation_id, by=membership, now=timezone.now())
    messages.success(request, "They are out.")
    return redirect("support-access", slug=membership.tenant.slug)
