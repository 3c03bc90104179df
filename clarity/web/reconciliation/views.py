"""The payments of a day on both sides of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clarity.web.access import OPERATORS, may_operate, member_required, signed_in
from clarity.web.csv_cells import csv_download
from clarity.web.fragments import whole_page
from integrations.models import Pair, ReconciledOrder, Verdict
from integrations.services import reconciled, reconciling
from tenants import scope
from tenants.models import Membership
from tenants.services import audit

ROWS = 25
# What lies outside was not meant, and has no day before or after it in the end.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True)
class Line:
    """One order of the table, with its amounts as text."""

    row: ReconciledOrder
    shown: dict[str, str]

    @property
    def differs(self) -> bool:
        return bool(self.row.verdict != Verdict.AGREES)


@require_safe
@member_required()
def day(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The report of one day, as it was last made."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        today = reconciling.today_of(pair, now=timezone.now())
        chosen = _day(request.GET.get("day", ""), today - timedelta(days=1))
        report = reconciled.of_day(pair, chosen)
        only = "all" not in request.GET and bool(report and report.differing)
        rows = reconciled.rows_of(report, only_differences=only) if report else ()
        page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
        context = {
            "tenant": membership.tenant,
            "pair": pair,
            "may_operate": may_operate(membership),
            "can_reconcile": reconciling.can_reconcile(pair),
            "day": chosen,
            "today": today,
            "before": chosen - timedelta(days=1),
            "after": chosen + timedelta(days=1) if chosen < today else None,
            "report": report,
            "store_totals": [one for one in report.totals if one["side"] == "store"]
            if report
            else [],
            "pos_totals": [one for one in report.totals if one["side"] == "pos"] if report else [],
            "only": only,
            "page": page,
            "lines": [Line(row, reconciled.as_row(row)) for row in page.object_list],
        }
    return whole_page(request, "reconciliation/day.html", context)


@require_POST
@member_required(*OPERATORS)
def compare(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Asks both systems now and shows the day."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        today = reconciling.today_of(pair, now=timezone.now())
    chosen = _day(request.POST.get("day", ""), today - timedelta(days=1))
    try:
        reconciling.reconcile(pair=pair, day=chosen, now=timezone.now())
    except reconciling.CannotReconcile as error:
        messages.warning(request, str(error))
    else:
        with scope.tenant(membership.tenant_id):
            audit.record(
                action="payments.compared",
                object_type="Pair",
                object_id=pair_id,
                actor=signed_in(request),
                after={"day": chosen},
            )
    address = reverse("payments", args=[membership.tenant.slug, pair_id])
    return redirect(f"{address}?{urlencode({'day': chosen.isoformat()})}")


@require_safe
@member_required()
def table(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Every order of the day as a table file."""
    with scope.tenant(membership.tenant_id):
        pair = _pair(pair_id)
        chosen = _day(request.GET.get("day", ""), FIRST_DAY)
        report = reconciled.of_day(pair, chosen)
        if report is None:
            raise Http404
        text = reconciled.as_csv(report)
    return csv_download(text, name=f"payments-{chosen}.csv")


def _day(text: str, usual: date) -> date:
    """The day that was asked for, the usual one when that is no day of this time."""
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return usual
    return asked if FIRST_DAY <= asked <= LAST_DAY else usual


def _pair(pair_id: UUID) -> Pair:
    found: Pair | None = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
    if found is None:
        raise Http404
    return found
