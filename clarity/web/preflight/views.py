"""The preflight of a pair: what would stop its records, and what to do about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clarity.web.access import OPERATORS, may_operate, member_required, signed_in
from clarity.web.fragments import fragment, whole_page
from integrations.connector_kit.audit import Weight
from integrations.models import Pair, PreflightState
from integrations.services import own_fields, preflight
from tenants import scope
from tenants.models import Membership


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The last preflight of the pair."""
    return whole_page(request, "preflight/overview.html", _context(membership, pair_id))


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The piece that renews itself while one runs."""
    return fragment(request, "preflight/now.html", _context(membership, pair_id))


@require_POST
@member_required(*OPERATORS)
def start(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Lets a worker look. Writes to neither account."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        try:
            preflight.start(pair=pair, actor=signed_in(request), now=timezone.now())
        except preflight.CannotLook as error:
            messages.warning(request, str(error))
    return redirect("preflight", slug=membership.tenant.slug, pair_id=pair_id)


def _context(membership: Membership, pair_id: UUID) -> dict[str, Any]:
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        row = preflight.latest(pair)
    is_lost = row is not None and preflight.is_lost(row, now=timezone.now())
    findings = row.findings if row else []
    return {
        "tenant": membership.tenant,
        "pair": pair,
        "row": row,
        "is_running": row is not None and row.state == PreflightState.RUNNING and not is_lost,
        "is_lost": is_lost,
        "is_done": row is not None and row.state == PreflightState.DONE,
        "blockers": [one for one in findings if one["weight"] == Weight.BLOCKER],
        "fields": own_fields.by_place(row.fields if row else []),
        "notices": [one for one in findings if one["weight"] != Weight.BLOCKER],
        "may_operate": may_operate(membership),
    }


def _pair(pair_id: UUID) -> Pair:
    pair: Pair | None = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
    if pair is None:
        raise Http404
    return pair
