"""What every step of the wizard has in common: where one is, and what comes before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from clarity.web.access import may_administer, may_operate, member_required
from clarity.web.fragments import whole_page
from clarity.web.onboarding.words import TITLES, WHY
from integrations.connector_kit.registry import get
from integrations.models import Onboarding, Pair
from integrations.services import onboarding
from integrations.services.onboarding import Progress, Stand, Step
from tenants import scope
from tenants.models import Membership, Role

StepView = Callable[[HttpRequest, Membership, Onboarding, Pair], HttpResponse]


@dataclass(frozen=True)
class Stop:
    """One step in the list beside the page. `url` is missing while it cannot be entered."""

    stand: Stand
    title: str
    url: str
    is_here: bool


def find(membership: Membership, onboarding_id: UUID) -> Onboarding:
    """Raises Http404."""
    with scope.tenant(membership.tenant_id):
        row = onboarding.find(onboarding_id)
    if row is None:
        raise Http404
    return row


def address(membership: Membership, row: Onboarding, step: Step) -> str:
    return reverse(
        f"start-{step.value}", kwargs={"slug": membership.tenant.slug, "onboarding_id": row.pk}
    )


def go_on(membership: Membership, row: Onboarding) -> HttpResponse:
    """To the first step that is not done."""
    with scope.tenant(membership.tenant_id):
        step = onboarding.progress(row).current.step
    return redirect(address(membership, row, step))


def onward(membership: Membership, row: Onboarding, step: Step) -> HttpResponse:
    """To the step behind this one."""
    later = list(Step)[list(Step).index(step) + 1]
    return redirect(address(membership, row, later))


def page(
    request: HttpRequest,
    membership: Membership,
    row: Onboarding,
    step: Step,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """A step's whole page."""
    template = f"onboarding/{step.value.replace('-', '_')}.html"
    return whole_page(request, template, context(membership, row, step) | more, status=status)


def context(membership: Membership, row: Onboarding, step: Step) -> dict[str, Any]:
    """What the frame of a step shows. Asks no account."""
    with scope.tenant(membership.tenant_id):
        progress = onboarding.progress(row)
    here = progress.of(step)
    stops = [_stop(membership, row, one, here) for one in progress.stands]
    earlier = stops[here.number - 2] if here.number > 1 else None
    later = stops[here.number] if here.number < len(stops) else None
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "pairs",
        "row": row,
        "pair": row.pair,
        "stops": stops,
        "here": here,
        "count": len(stops),
        "title": TITLES[step],
        "why": WHY[step],
        "earlier": earlier,
        "later": later,
        "first_left": _first_left(stops, progress),
        "till": get(row.pos_connector).manifest,
        "shop": get(row.store_connector).manifest,
        "may_administer": may_administer(membership),
        "may_operate": may_operate(membership),
    }


def _stop(membership: Membership, row: Onboarding, stand: Stand, here: Stand) -> Stop:
    can_enter = row.pair is not None or stand.step in (Step.SYSTEMS, Step.CONNECT)
    return Stop(
        stand=stand,
        title=TITLES[stand.step],
        url=address(membership, row, stand.step) if can_enter else "",
        is_here=stand == here,
    )


def _first_left(stops: Sequence[Stop], progress: Progress) -> Stop | None:
    """The first step that is not done, the last one aside."""
    current = progress.current
    if current.step is Step.GO_LIVE:
        return None
    return next(stop for stop in stops if stop.stand == current)


def admins_only(membership: Membership) -> None:
    """Raises PermissionDenied for those who may only look."""
    if not may_administer(membership):
        raise PermissionDenied


def of_pair(*roles: Role) -> Callable[[StepView], Callable[..., HttpResponseBase]]:
    """A view of a step behind the two accounts: `view(request, membership, row, pair)`.

    Whoever comes while there is no pair yet is led to the first step that is not done. Access is
    member_required's.
    """

    def wrap(view: StepView) -> Callable[..., HttpResponseBase]:
        @member_required(*roles)
        @wraps(view)
        def found(
            request: HttpRequest, membership: Membership, onboarding_id: UUID
        ) -> HttpResponseBase:
            row = find(membership, onboarding_id)
            if row.pair is None:
                return go_on(membership, row)
            return view(request, membership, row, row.pair)

        return found

    return wrap
