"""A pair in the subscription: gone live again at a price, or taken out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods

from clarity.web.access import ADMINS, member_required, signed_in
from clarity.web.billing import frame, prices
from clarity.web.fragments import whole_page
from integrations.models import Pair
from integrations.services import billed, pair_settings, pairs
from tenants import scope
from tenants.billing.models import BilledPair, Subscription
from tenants.billing.services.problems import BillingProblem
from tenants.models import Membership


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def go_live(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Lets a pair go on whose subscription has ended, at the price that is shown."""
    with scope.tenant(membership.tenant_id):
        pair = _found(pair_id)
        waits = bool(billed.obstacle_to_resuming(pair))
    if not waits:
        return _back(membership, pair_id)
    if request.method != "POST":
        return _price(request, membership, pair)
    agreed = prices.agreed(request)
    if agreed is None:
        return _price(request, membership, pair, not_agreed=prices.NOT_AGREED)
    try:
        with scope.tenant(membership.tenant_id):
            pair_settings.resume(
                pair_id=pair_id, actor=signed_in(request), now=timezone.now(), agreed=agreed
            )
    except (pairs.NotReady, BillingProblem) as error:
        messages.error(request, str(error))
        return redirect("pair-go-live", slug=membership.tenant.slug, pair_id=pair_id)
    messages.success(request, f"{pair.name} is live again. What waited flows now, in order.")
    if agreed.total:
        messages.info(request, prices.INVOICED)
    return _back(membership, pair_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def remove(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """Says what it means, then stops the pair and bills it no more."""
    with scope.tenant(membership.tenant_id):
        pair = _found(pair_id)
        if request.method == "POST":
            paid_until = pair_settings.remove(
                pair_id=pair_id, actor=signed_in(request), now=timezone.now()
            )
        elif not billed.can_be_removed(pair):
            return _back(membership, pair_id)
        else:
            return whole_page(request, "billing/remove.html", _removing(membership, pair))
    if paid_until is None:
        messages.warning(request, f"{pair.name} is not billed; there is nothing to remove.")
    else:
        messages.success(
            request, f"{pair.name} is removed and stopped.{_place(membership, paid_until)}"
        )
    return _back(membership, pair_id)


def panel(pair: Pair) -> dict[str, Any]:
    """What the settings of a pair say of its billing. Call inside the scope."""
    row = BilledPair.objects.filter(pair_id=pair.pk, ends_on=None).first()
    return {
        "is_trial": Subscription.objects.filter(is_trial=True).exists(),
        "billed_pair": row if billed.can_be_removed(pair) else None,
        "needs_price": bool(billed.obstacle_to_resuming(pair)),
    }


def _place(membership: Membership, paid_until: date) -> str:
    """What becomes of the place it leaves; of a trial nothing does."""
    with scope.tenant(membership.tenant_id):
        if Subscription.objects.filter(is_trial=True).exists():
            return ""
    day = date_format(paid_until - timedelta(days=1), "j M Y")
    return f" Its place is paid until {day}: another pair can take it until then."


def _price(
    request: HttpRequest, membership: Membership, pair: Pair, *, not_agreed: str = ""
) -> HttpResponse:
    context = {
        **frame.context(membership),
        **prices.shown(membership, pair),
        "pair": pair,
        "not_agreed": not_agreed,
    }
    return whole_page(request, "billing/go_live.html", context, status=422 if not_agreed else 200)


def _removing(membership: Membership, pair: Pair) -> dict[str, Any]:
    row = BilledPair.objects.get(pair_id=pair.pk, ends_on=None)
    others = BilledPair.objects.filter(ends_on=None).exclude(pk=row.pk).count()
    return {
        **frame.context(membership),
        "pair": pair,
        "row": row,
        "others": others,
        "subscription": Subscription.objects.get(),
    }


def _found(pair_id: UUID) -> Pair:
    rows = Pair.objects.filter(pk=pair_id).select_related("pos", "store")
    pair: Pair | None = rows.first()
    if pair is None:
        raise Http404
    return pair


def _back(membership: Membership, pair_id: UUID) -> HttpResponse:
    answer: HttpResponse = redirect("pair-settings", slug=membership.tenant.slug, pair_id=pair_id)
    return answer
