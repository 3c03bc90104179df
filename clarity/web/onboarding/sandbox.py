"""The sandbox in one click, and the page on which its first order arrives."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clarity.web.access import ADMINS, OPERATORS, may_operate, member_required, signed_in
from clarity.web.fragments import fragment, whole_page
from integrations.connector_kit.registry import get
from integrations.models import Pair
from integrations.services import sandbox_pairs, sandbox_watch
from integrations.services.sandbox_hosts import SandboxAway
from integrations.services.sandbox_pairs import CannotMake, Systems
from tenants import scope
from tenants.models import Membership


@require_POST
@member_required(*ADMINS)
def make(request: HttpRequest, membership: Membership) -> HttpResponse:
    """A pair of sandbox accounts that runs, in one click."""
    wanted = Systems(request.POST.get("pos", ""), request.POST.get("store", ""))
    known = sandbox_pairs.offered()
    if wanted not in known:
        messages.error(request, "This installation hosts no such sandbox. Choose one it shows.")
        return redirect("start", slug=membership.tenant.slug)
    try:
        row = sandbox_pairs.make(
            systems=wanted,
            tenant_id=membership.tenant_id,
            actor=signed_in(request),
            public_url=settings.CLARITY_PUBLIC_URL,
            now=timezone.now(),
        )
    except (CannotMake, SandboxAway) as error:
        messages.warning(request, str(error))
        return redirect("start", slug=membership.tenant.slug)
    return redirect("start-sandbox", slug=membership.tenant.slug, pair_id=row.pair_id)


@require_safe
@member_required()
def watch(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """What comes through the sandbox pair."""
    return whole_page(request, "onboarding/sandbox.html", _context(membership, pair_id))


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The piece that renews itself."""
    return fragment(request, "onboarding/sandbox_now.html", _context(membership, pair_id))


@require_POST
@member_required(*OPERATORS)
def act(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """What a buyer or a cashier would do."""
    pair = _pair(membership, pair_id)
    sells = request.POST.get("what") == "sale"
    do = sandbox_pairs.sell_at_till if sells else sandbox_pairs.place_order
    try:
        do(pair=pair, public_url=settings.CLARITY_PUBLIC_URL, now=timezone.now())
    except SandboxAway as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request,
            "Sold at the till. The stock of the web shop follows."
            if sells
            else "Ordered in the shop. It arrives below in a moment.",
        )
    return redirect("start-sandbox", slug=membership.tenant.slug, pair_id=pair_id)


def _context(membership: Membership, pair_id: UUID) -> dict[str, Any]:
    pair = _pair(membership, pair_id)
    with scope.tenant(membership.tenant_id):
        row = sandbox_pairs.of_pair(pair)
        if row is None:
            raise Http404
        seen = sandbox_watch.look(pair=pair, sandbox=row)
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "pairs",
        "pair": pair,
        "sandbox": row,
        "seen": seen,
        "pos": get(pair.pos.connector).manifest,
        "store": get(pair.store.connector).manifest,
        "may_operate": may_operate(membership),
    }


def _pair(membership: Membership, pair_id: UUID) -> Pair:
    with scope.tenant(membership.tenant_id):
        rows = Pair.objects.filter(pk=pair_id, sandbox_pair__isnull=False)
        found: Pair | None = rows.select_related("pos", "store").first()
    if found is None:
        raise Http404
    return found
