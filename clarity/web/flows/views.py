"""The flows of a pair: which are on, and switching one after a look at what that means."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.access import OPERATORS, may_operate, member_required, signed_in
from clarity.web.flows import words
from clarity.web.fragments import whole_page
from integrations.models import Flow, Pair
from integrations.services import flows
from integrations.services.mapping_reading import has_rules
from tenants import scope
from tenants.models import Membership


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Every flow with its state."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        rows = [
            {"flow": flow, "name": words.name_of(flow), "has_rules": has_rules(flow)}
            for flow in flows.of_pair(pair)
        ]
    context = {
        "tenant": membership.tenant,
        "pair": pair,
        "rows": rows,
        "may_operate": may_operate(membership),
    }
    return whole_page(request, "flows/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OPERATORS)
def switch(
    request: HttpRequest, membership: Membership, pair_id: UUID, flow_id: int
) -> HttpResponse:
    """Asks first; the form says which way, so that a second click changes nothing back."""
    with scope.tenant(membership.tenant_id):
        flow = _flow(_pair(pair_id), flow_id)
    to = request.POST.get("to", "")
    if request.method != "POST" or to not in ("on", "off"):
        context = {
            "tenant": membership.tenant,
            "pair": flow.pair,
            "flow": flow,
            "name": words.name_of(flow),
            "consequences": words.consequences(flow),
            "is_unclear": request.method == "POST",
        }
        status = 422 if request.method == "POST" else 200
        return whole_page(request, "flows/switch.html", context, status=status)
    is_on = to == "on"
    problem = flows.switch(
        flow,
        is_on=is_on,
        by=signed_in(request),
        public_url=settings.CLARITY_PUBLIC_URL,
        now=timezone.now(),
    )
    messages.success(request, f"{words.name_of(flow)}: switched {'on' if is_on else 'off'}.")
    if problem:
        messages.warning(
            request, f"Webhooks could not be registered, so changes show later: {problem}"
        )
    return redirect("flows", slug=membership.tenant.slug, pair_id=pair_id)


def _pair(pair_id: UUID) -> Pair:
    pair: Pair | None = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
    if pair is None:
        raise Http404
    return pair


def _flow(pair: Pair, flow_id: int) -> Flow:
    rows = Flow.objects.filter(pair=pair, pk=flow_id)
    flow: Flow | None = rows.select_related("pair", "source", "target").first()
    if flow is None:
        raise Http404
    return flow
