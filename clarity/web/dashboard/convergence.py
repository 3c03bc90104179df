"""The comparison of a pair's stock: how it stands, what differs, and sending the right numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import OPERATORS, may_operate, member_required, signed_in
from clarity.web.activity.words import Badge
from clarity.web.dashboard import words
from clarity.web.fragments import fragment, whole_page
from integrations.models import ConvergenceRun, ConvergenceState, Pair
from integrations.services import accuracy
from integrations.services.accuracy import CannotRun, Kept
from integrations.services.stock_differences import Kind
from mappings.engine.stock import plain
from tenants import scope
from tenants.models import Membership

ROWS = 50
KINDS = {
    Kind.DIFFERENT: Badge("Differs", "orange", "alert"),
    Kind.MISSING: Badge("Not in the shop", "muted", "minus"),
    Kind.EXTRA: Badge("Only in the shop", "muted", "minus"),
    Kind.BLOCKED: Badge("Cannot be compared", "red", "cross"),
}
STATES = {
    ConvergenceState.RUNNING.value: Badge("Running", "azure", "clock"),
    ConvergenceState.DONE.value: Badge("Done", "green", "check"),
    ConvergenceState.FAILED.value: Badge("Stopped", "red", "cross"),
}


@dataclass(frozen=True)
class Line:
    """One difference."""

    kept: Kept
    badge: Badge
    wanted: str
    found: str

    @property
    def since(self) -> datetime:
        return self.kept.since


@dataclass(frozen=True)
class RunLine:
    """One run of the list."""

    row: ConvergenceRun
    badge: Badge
    share: str
    matched: str
    differing: str


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The last comparison with its differences, and the ones before."""
    return whole_page(request, "dashboard/convergence.html", _context(request, membership, pair_id))


@require_safe
@member_required()
def now(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The piece that renews itself."""
    context = _context(request, membership, pair_id)
    return fragment(request, "dashboard/convergence_now.html", context)


@require_POST
@member_required(*OPERATORS)
def start(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Lets a worker compare both sides. Writes to neither."""
    with scope.tenant(membership.tenant_id):
        try:
            accuracy.run(pair=_pair(pair_id), actor=signed_in(request), now=timezone.now())
        except CannotRun as error:
            messages.warning(request, str(error))
    return redirect("convergence", slug=membership.tenant.slug, pair_id=pair_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*OPERATORS)
def mend(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Asks first, then sends the right numbers of the last comparison."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        run = accuracy.latest(pair=pair)
        rows = accuracy.to_mend(run) if run else []
        if run is None or (not rows and run.mended_at is None):
            messages.warning(request, "No number of this pair is known to be wrong.")
        elif request.method == "POST":
            _mend(request, run)
        else:
            context = {
                "tenant": membership.tenant,
                "membership": membership,
                "pair": pair,
                "run": run,
                "count": words.number(len({one.key for one in rows})),
            }
            return render(request, "dashboard/mend.html", context)
    return redirect("convergence", slug=membership.tenant.slug, pair_id=pair_id)


def _mend(request: HttpRequest, run: ConvergenceRun) -> None:
    try:
        sent = accuracy.mend(run=run, actor=signed_in(request), now=timezone.now())
    except CannotRun as error:
        messages.warning(request, str(error))
        return
    articles = "article is" if sent == 1 else "articles are"
    messages.success(
        request, f"The right numbers of {sent:,} {articles} on the way. Compare again to be sure."
    )


def _context(request: HttpRequest, membership: Membership, pair_id: UUID) -> Mapping[str, Any]:
    moment = timezone.now()
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        run = accuracy.latest(pair=pair)
        running = accuracy.running(pair=pair, now=moment)
        runs = accuracy.history(pair=pair, limit=20)
        can_run = accuracy.can_run(pair=pair)
    kept = accuracy.differences(run) if run else []
    lines = [_line(one) for one in kept]
    page = Paginator(lines, ROWS).get_page(request.GET.get("page", "1"))
    found = sum(run.counts.values()) if run else 0
    failed = runs[0] if runs and runs[0].state == ConvergenceState.FAILED else None
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "pairs",
        "pair_section": "convergence",
        "pair": pair,
        "run": run,
        "share": words.percent(run.share) if run else "",
        "equal": words.number(run.equal) if run else "",
        "matched": words.number(run.matched) if run else "",
        "counts": [(KINDS[kind], words.number(run.counts.get(kind.value, 0))) for kind in Kind]
        if run
        else (),
        "running": running,
        "failed": failed if not running else None,
        "page": page,
        "not_kept": max(0, found - len(lines)),
        "can_mend": bool(run and run.mended_at is None and accuracy.to_mend(run)),
        "runs": [_run_line(row) for row in runs],
        "can_run": can_run,
        "minutes": settings.CLARITY_CONVERGE_MINUTES,
        "may_operate": may_operate(membership),
        "poll": 1 if running else 10,
    }


def _line(kept: Kept) -> Line:
    one = kept.one
    return Line(
        kept,
        KINDS[one.kind],
        plain(one.wanted) if one.wanted is not None else "",
        plain(one.found) if one.found is not None else "",
    )


def _run_line(row: ConvergenceRun) -> RunLine:
    is_done = row.state == ConvergenceState.DONE
    return RunLine(
        row,
        STATES[row.state],
        words.percent(row.share) if is_done else "",
        words.number(row.matched) if is_done else "",
        words.number(row.counts.get(Kind.DIFFERENT.value, 0)) if is_done else "",
    )


def _pair(pair_id: UUID) -> Pair:
    pair: Pair | None = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
    if pair is None:
        raise Http404
    return pair
