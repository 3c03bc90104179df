"""Settings of a pair: its name, whether it runs, what is done when, and its end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import (
    ADMINS,
    OPERATORS,
    may_administer,
    may_operate,
    member_required,
    signed_in,
)
from clarity.web.billing import pair as billing_of
from clarity.web.fragments import whole_page
from clarity.web.tenant_settings import words
from integrations.models import Pair, PairState, SafetyStock
from integrations.services import connection_schedule, merging, pair_settings, pairs
from integrations.services.pair_settings import BadName, CannotDelete
from tenants import scope
from tenants.models import Membership


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Everything that can be set on a pair."""
    with scope.tenant(membership.tenant_id):
        return _page(request, membership, found(pair_id))


@require_POST
@member_required(*ADMINS)
def rename(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Another name."""
    typed = request.POST.get("name", "")
    with scope.tenant(membership.tenant_id):
        pair = found(pair_id)
        try:
            pair_settings.rename(pair_id=pair_id, name=typed, actor=signed_in(request))
        except BadName as error:
            return _page(request, membership, pair, typed=typed, error=str(error), status=400)
    messages.success(request, "Renamed.")
    return _back(membership, pair_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OPERATORS)
def pause(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Asks first."""
    with scope.tenant(membership.tenant_id):
        pair = found(pair_id)
        if request.method == "POST":
            pair_settings.pause(pair_id=pair_id, actor=signed_in(request))
    if request.method == "POST":
        messages.success(request, f"{pair.name} is paused. What comes meanwhile is kept.")
        return _back(membership, pair_id)
    return whole_page(request, "tenant_settings/pair_pause.html", _common(membership, pair))


@require_POST
@member_required(*OPERATORS)
def resume(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Goes on as before."""
    try:
        with scope.tenant(membership.tenant_id):
            found(pair_id)
            pair = pair_settings.resume(
                pair_id=pair_id, actor=signed_in(request), now=timezone.now()
            )
    except pairs.NotReady as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"{pair.name} goes on. What waited flows now, in order.")
    return _back(membership, pair_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def delete(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Asks first; only a draft or a sandbox pair can be deleted."""
    with scope.tenant(membership.tenant_id):
        pair = found(pair_id)
    if request.method != "POST":
        context = {
            **_common(membership, pair),
            "obstacle": pair_settings.obstacle_to_deleting(pair),
        }
        return whole_page(request, "tenant_settings/pair_delete.html", context)
    try:
        pair_settings.delete(
            tenant_id=membership.tenant_id, pair_id=pair_id, actor=signed_in(request)
        )
    except CannotDelete as error:
        messages.warning(request, f"{pair.name} was not deleted. {error}")
        return _back(membership, pair_id)
    messages.success(request, f"{pair.name} is deleted. Its connections are still there.")
    return redirect("connections", slug=membership.tenant.slug)


def found(pair_id: UUID) -> Pair:
    """The pair, within the scope. Raises Http404."""
    rows = Pair.objects.filter(pk=pair_id).select_related("pos", "store", "mapping_set")
    pair: Pair | None = rows.first()
    if pair is None:
        raise Http404
    return pair


def _page(
    request: HttpRequest,
    membership: Membership,
    pair: Pair,
    *,
    typed: str | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    """Call inside the tenant's scope."""
    context = {
        **_common(membership, pair),
        "badge": words.pair_badge(pair),
        "name": pair.name if typed is None else typed,
        "error": error,
        "is_paused": pair.state == PairState.PAUSED,
        "is_draft": pair.state == PairState.DRAFT,
        "is_live": pair.state == PairState.LIVE,
        "safety_rows": SafetyStock.objects.filter(pair=pair).count(),
        "has_merge_rules": bool(merging.going_both_ways(pair)),
        "schedule": connection_schedule.of_pair(pair),
        "can_delete": not pair_settings.obstacle_to_deleting(pair),
        "is_sandbox": pair_settings.is_sandbox(pair),
        **billing_of.panel(pair),
    }
    return whole_page(request, "tenant_settings/pair.html", context, status=status)


def _common(membership: Membership, pair: Pair) -> dict[str, Any]:
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "pair": pair,
        "may_operate": may_operate(membership),
        "may_administer": may_administer(membership),
    }


def _back(membership: Membership, pair_id: UUID) -> HttpResponse:
    answer: HttpResponse = redirect("pair-settings", slug=membership.tenant.slug, pair_id=pair_id)
    return answer
