"""Safety stock of a pair: a row each for articles and locations, and files of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import ADMINS, may_administer, member_required, signed_in
from clarity.web.csv_cells import csv_download
from clarity.web.fragments import whole_page
from clarity.web.tenant_settings.pair import found
from clarity.web.tenant_settings.refusing import refuse_unless
from integrations.models import Pair
from integrations.services import safety_stock
from integrations.services.safety_stock import BadSafetyStock
from mappings.engine.stock import plain
from tenants import scope
from tenants.models import Membership

ROWS = 50
MOST_BYTES = 5 * 1024 * 1024
# More mistakes than these are not read by anybody.
MOST_SHOWN = 25


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def overview(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The rows; a POST sets one, or takes it away when it has no units."""
    with scope.tenant(membership.tenant_id):
        pair = found(pair_id)
        if request.method != "POST":
            return _page(request, membership, pair)
        refuse_unless(may_administer(membership))
        typed = [request.POST.get(name, "") for name in ("sku", "location", "units")]
        try:
            row = safety_stock.parse(*typed)
            if row.units is None and "remove" not in request.POST:
                raise BadSafetyStock("Enter how many units are kept back.")
            safety_stock.put(pair, [row], actor=signed_in(request), now=timezone.now())
        except BadSafetyStock as error:
            return _page(request, membership, pair, typed=typed, error=str(error), status=400)
        strangers = safety_stock.unknown(pair, [row.sku])
    what = "every article" if row.sku == "*" else row.sku
    messages.success(
        request,
        f"Nothing of {what} is kept back any more."
        if row.units is None
        else f"{plain(row.units)} of {what} kept back. The numbers are worked out again.",
    )
    if strangers and row.units is not None:
        messages.warning(
            request, f"No stock of {row.sku} was published yet. Is the SKU spelt as in your store?"
        )
    return redirect("pair-safety-stock", slug=membership.tenant.slug, pair_id=pair_id)


@require_safe
@member_required()
def download(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The rows as a table file."""
    with scope.tenant(membership.tenant_id):
        text = safety_stock.table(found(pair_id))
    return csv_download(text, name="safety-stock.csv")


@require_POST
@member_required(*ADMINS)
def upload(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Sets the rows of a file, all or none."""
    with scope.tenant(membership.tenant_id):
        pair = found(pair_id)
        wanted, problems = _read(request.FILES.get("file"))
        if not problems:
            try:
                count = safety_stock.put(pair, wanted, actor=signed_in(request), now=timezone.now())
            except BadSafetyStock as error:
                problems = [str(error)]
        if problems:
            return _page(request, membership, pair, problems=problems, status=400)
        strangers = safety_stock.unknown(pair, (row.sku for row in wanted))
    rows = "row" if count == 1 else "rows"
    messages.success(request, f"{count:,} {rows} changed; the others were the same already.")
    if strangers:
        shown = ", ".join(strangers[:10])
        more = f" and {len(strangers) - 10:,} more" if len(strangers) > 10 else ""
        messages.warning(
            request,
            f"No stock was published yet under {shown}{more}. Are they spelt as in your store?",
        )
    return redirect("pair-safety-stock", slug=membership.tenant.slug, pair_id=pair_id)


def _read(file: UploadedFile[Any] | None) -> tuple[list[safety_stock.Row], list[str]]:
    if file is None:
        return [], ["Choose a file."]
    if (file.size or 0) > MOST_BYTES:
        return [], [f"The file is larger than {MOST_BYTES // 1024 // 1024} MB."]
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], ["The file is no text in UTF-8. Save it as CSV in UTF-8 and try again."]
    rows, problems = safety_stock.look_through(text)
    if not rows and not problems:
        problems = ["The file has no rows."]
    return rows, problems


def _page(
    request: HttpRequest,
    membership: Membership,
    pair: Pair,
    *,
    typed: list[str] | None = None,
    error: str = "",
    problems: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Call inside the tenant's scope."""
    q = request.GET.get("q", "").strip()[:120]
    rows = [row for row in safety_stock.rows(pair) if q.lower() in row.sku.lower()]
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    listed: list[Any] = [(row, plain(row.units)) for row in page.object_list]
    context = {
        "tenant": membership.tenant,
        "membership": membership,
        "pair": pair,
        "may_administer": may_administer(membership),
        "rows": listed,
        "page": page,
        "q": q,
        "strangers": set(safety_stock.unknown(pair, (row.sku for row, _ in listed))),
        "typed": typed or ["", "", ""],
        "error": error,
        "problems": (problems or [])[:MOST_SHOWN],
        "more_problems": max(0, len(problems or []) - MOST_SHOWN),
    }
    return whole_page(request, "tenant_settings/safety_stock.html", context, status=status)
