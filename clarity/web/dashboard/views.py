"""The dashboard of a tenant: is all well, how much came today, and how fresh and right it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clarity.web.access import may_operate, member_required, zone_of
from clarity.web.billing import banner
from clarity.web.dashboard import charted, standing
from clarity.web.fragments import fragment, whole_page
from integrations.models import Flow, Pair
from integrations.services import accuracy, figures
from integrations.services.figures import Span
from tenants import scope
from tenants.models import Membership

SPANS = ((Span.DAY, "24 hours"), (Span.WEEK, "7 days"), (Span.MONTH, "30 days"))


@require_safe
@member_required()
def dashboard(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The whole page; its pieces are asked for again by `now` and `charts`."""
    with scope.tenant(membership.tenant_id):
        context = {
            **_base(request, membership),
            **standing.context(membership, page=request.GET.get("page", "1")),
            **_charts(request, membership),
            **banner.context(membership),
        }
    return whole_page(request, "dashboard/dashboard.html", context)


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The figures of the day and every pair."""
    with scope.tenant(membership.tenant_id):
        context = {
            **_base(request, membership),
            **standing.context(membership, page=request.GET.get("page", "1")),
        }
    return fragment(request, "dashboard/now.html", context)


@require_safe
@member_required()
def charts(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The charts of the chosen stretch of time."""
    with scope.tenant(membership.tenant_id):
        context = {**_base(request, membership), **_charts(request, membership)}
    return fragment(request, "dashboard/charts.html", context)


def _base(request: HttpRequest, membership: Membership) -> Mapping[str, Any]:
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "overview",
        "may_operate": may_operate(membership),
        "page_number": request.GET.get("page", "1")[:6],
    }


def _charts(request: HttpRequest, membership: Membership) -> Mapping[str, Any]:
    """Of one pair, or of all."""
    moment, zone = timezone.now(), zone_of(membership.tenant)
    asked = request.GET.get("span", "")
    span = Span(asked) if asked in set(Span) else Span.DAY
    pairs = list(Pair.objects.order_by("name", "pk"))
    chosen = _chosen(request, pairs)
    shown = [chosen] if chosen else pairs
    flows = list(Flow.objects.filter(pair__in=[pair.pk for pair in shown]).order_by("pk"))
    found = figures.read(flows=flows, span=span, now=moment, zone=zone)
    starts = [bucket.start for bucket in found.buckets]
    compared = accuracy.over(pairs=shown, starts=starts)
    return {
        "span": span.value,
        "spans": [(value.value, word) for value, word in SPANS],
        "span_word": dict(SPANS)[span],
        "choices": pairs if len(pairs) > 1 else (),
        "chosen": str(chosen.pk) if chosen else "",
        "charts": [
            charted.records(found, span, zone),
            charted.freshness(found, flows, span, zone),
            charted.accuracy(compared, starts, span, zone),
        ],
    }


def _chosen(request: HttpRequest, pairs: list[Pair]) -> Pair | None:
    """The pair asked for; one that is not there, or another tenant's, is as none."""
    try:
        wanted = UUID(request.GET.get("pair", ""))
    except ValueError:
        return None
    return next((pair for pair in pairs if pair.pk == wanted), None)
