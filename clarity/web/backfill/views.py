"""Backfills of a pair: what each would take, and how far each is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import OPERATORS, may_operate, member_required, signed_in
from clarity.web.activity.words import duration
from clarity.web.backfill import words
from clarity.web.fragments import fragment, whole_page
from integrations.models import ArticleSide, Backfill, BackfillState, Flow, Pair
from integrations.services import backfills
from integrations.services.backfill_progress import Progress, progress, unmatched_articles
from integrations.services.backfills import CannotBackfill
from tenants import scope
from tenants.models import Membership
from tenants.services import audit

ROWS = 25


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Each flow that can be backfilled, and the latest runs."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        moment = timezone.now()
        context = {
            "tenant": membership.tenant,
            "pair": pair,
            "may_operate": may_operate(membership),
            "choices": [
                {
                    "flow": choice.flow,
                    "name": words.name_of(choice.flow),
                    "obstacle": choice.obstacle,
                    "active": choice.latest
                    if choice.latest and choice.latest.state in backfills.RESUMABLE
                    else None,
                }
                for choice in backfills.choices(pair)
            ],
            "runs": [_run(row, progress(row, now=moment)) for row in backfills.carried_by(pair)],
        }
    return whole_page(request, "backfill/overview.html", context)


@require_POST
@member_required(*OPERATORS)
def plan(request: HttpRequest, membership: Membership, pair_id: UUID, flow_id: int) -> HttpResponse:
    """Counts on both sides and shows what it would take. Nothing is carried yet."""
    slug = membership.tenant.slug
    with scope.tenant(membership.tenant_id):
        flow: Flow | None = (
            Flow.objects.filter(pk=flow_id, pair_id=pair_id)
            .select_related("pair", "source", "target")
            .first()
        )
    if flow is None:
        raise Http404
    try:
        row = backfills.plan(flow=flow, now=timezone.now())
    except CannotBackfill as error:
        messages.warning(request, str(error))
        return redirect("backfills", slug=slug, pair_id=pair_id)
    with scope.tenant(membership.tenant_id):
        audit.record(
            action="backfill.planned",
            object_type="Backfill",
            object_id=row.pk,
            actor=signed_in(request),
        )
    return redirect("backfill", slug=slug, backfill_id=row.pk)


@require_safe
@member_required()
def detail(request: HttpRequest, membership: Membership, backfill_id: int) -> HttpResponse:
    """One backfill: its plan, how far it is, and what has no partner."""
    with scope.tenant(membership.tenant_id):
        row = _row(backfill_id)
        context = {
            **_now(row),
            **_articles(request, row),
            "tenant": membership.tenant,
            "may_operate": may_operate(membership),
        }
    return whole_page(request, "backfill/detail.html", context)


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership, backfill_id: int) -> HttpResponse:
    """The piece that renews itself."""
    with scope.tenant(membership.tenant_id):
        context = {
            **_now(_row(backfill_id)),
            "tenant": membership.tenant,
            "may_operate": may_operate(membership),
        }
    return fragment(request, "backfill/now.html", context)


@require_safe
@member_required()
def articles(request: HttpRequest, membership: Membership, backfill_id: int) -> HttpResponse:
    """Articles without a partner, as they stand now."""
    with scope.tenant(membership.tenant_id):
        context = {**_articles(request, _row(backfill_id)), "tenant": membership.tenant}
    return fragment(request, "backfill/articles.html", context)


@require_POST
@member_required(*OPERATORS)
def start(request: HttpRequest, membership: Membership, backfill_id: int) -> HttpResponse:
    """Starts a planned backfill, or takes up a paused or stopped one."""
    return _change(
        request,
        membership,
        backfill_id,
        action="backfill.started",
        change=lambda row: backfills.start(row, by=signed_in(request), now=timezone.now()),
        done="The backfill runs. What changes meanwhile goes first.",
    )


@require_POST
@member_required(*OPERATORS)
def pause(request: HttpRequest, membership: Membership, backfill_id: int) -> HttpResponse:
    """Stops the reading."""
    return _change(
        request,
        membership,
        backfill_id,
        action="backfill.paused",
        change=backfills.pause,
        done="The backfill is paused. What was read already still arrives.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OPERATORS)
def cancel(request: HttpRequest, membership: Membership, backfill_id: int) -> HttpResponse:
    """Asks first, then ends the backfill for good."""
    if request.method != "POST":
        with scope.tenant(membership.tenant_id):
            row = _row(backfill_id)
            context = {"tenant": membership.tenant, "row": row, "name": words.name_of(row.flow)}
        return render(request, "backfill/cancel.html", context)
    return _change(
        request,
        membership,
        backfill_id,
        action="backfill.cancelled",
        change=lambda row: backfills.cancel(row, now=timezone.now()),
        done="The backfill is cancelled. What was carried already stays.",
    )


def _change(
    request: HttpRequest,
    membership: Membership,
    backfill_id: int,
    *,
    action: str,
    change: Callable[[Backfill], None],
    done: str,
) -> HttpResponse:
    with scope.tenant(membership.tenant_id):
        row = _row(backfill_id)
        try:
            change(row)
        except CannotBackfill as error:
            messages.warning(request, str(error))
        else:
            audit.record(
                action=action, object_type="Backfill", object_id=row.pk, actor=signed_in(request)
            )
            messages.success(request, done)
    return redirect("backfill", slug=membership.tenant.slug, backfill_id=backfill_id)


def _pair(pair_id: UUID) -> Pair:
    pair: Pair | None = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
    if pair is None:
        raise Http404
    return pair


def _row(backfill_id: int) -> Backfill:
    try:
        return backfills.get(backfill_id)
    except Backfill.DoesNotExist:
        raise Http404 from None


def _run(row: Backfill, found: Progress) -> Mapping[str, Any]:
    return {
        "row": row,
        "name": words.name_of(row.flow),
        "badge": words.BADGES[row.state],
        "settled": words.number(found.settled),
        "total": words.number(found.total),
        "percent": found.percent,
    }


def _now(row: Backfill) -> Mapping[str, Any]:
    moment = timezone.now()
    found = progress(row, now=moment)
    left = (found.ends_at - moment).total_seconds() if found.ends_at else None
    took = None
    if row.finished_at and row.started_at:
        took = (row.finished_at - row.started_at).total_seconds()
    return {
        "row": row,
        "pair": row.flow.pair,
        "name": words.name_of(row.flow),
        "badge": words.BADGES[row.state],
        "found": found,
        "settled": words.number(found.settled),
        "total": words.number(found.total),
        "tiles": words.tiles(found),
        "plan": words.plan_sentence(row),
        "calls": words.call_parts(row),
        "articles_there": words.number(row.listed_there),
        "step": words.step(row),
        "rate": words.rate(found.per_second),
        "permitted": words.rate(found.permitted),
        "left": duration(left),
        "took": duration(took),
        "is_planned": row.state == BackfillState.PLANNED,
        "is_running": row.state == BackfillState.RUNNING,
        "is_over": row.state in (BackfillState.DONE, BackfillState.CANCELLED),
    }


def _articles(request: HttpRequest, row: Backfill) -> Mapping[str, Any]:
    """Those of the source first; those that only the target has once all is read."""
    side = ArticleSide.TARGET if request.GET.get("side") == "target" else ArticleSide.SOURCE
    rows = unmatched_articles(row, side=side)
    if side == ArticleSide.TARGET and not row.is_read:
        rows = rows.none()
    page = Paginator(rows, ROWS).get_page(request.GET.get("page", "1"))
    # Read while the scope is open; the page is rendered after it.
    page.object_list = list(page.object_list)
    return {"row": row, "side": side.value, "page": page}
