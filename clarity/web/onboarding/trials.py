"""What would be written: the mapping on the newest orders, and the dry run of twenty."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import OPERATORS, signed_in
from clarity.web.fragments import fragment, whole_page
from clarity.web.onboarding import way
from integrations.connector_kit.errors import ConnectorError
from integrations.models import DryRunState, Onboarding, Pair
from integrations.services import dry_run, onboarding
from integrations.services.dry_run import CannotTry, Looked, Tried
from integrations.services.onboarding import Step
from tenants import scope
from tenants.models import Membership

PREVIEWED = 3


@require_http_methods(["GET", "HEAD", "POST"])
@way.of_pair()
def mapping(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """The frame of the preview, which is asked for on its own: it waits for the store."""
    if request.method == "POST":
        way.admins_only(membership)
        with scope.tenant(membership.tenant_id):
            onboarding.review(row, step=Step.MAPPING, actor=signed_in(request))
        return way.onward(membership, row, Step.MAPPING)
    with scope.tenant(membership.tenant_id):
        flow = onboarding.order_flow(pair)
    return way.page(request, membership, row, Step.MAPPING, flow=flow)


@require_safe
@way.of_pair()
def preview(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """The newest orders as they would be written, field by field. Reads the store."""
    found: Sequence[Looked] = ()
    problem = ""
    try:
        found = dry_run.look(pair=pair, count=PREVIEWED)
    except (ConnectorError, CannotTry) as error:
        problem = str(error)
    context = {
        "pair": pair,
        "looked": [_shown(one) for one in found],
        "problem": problem,
    }
    return whole_page(request, "onboarding/preview.html", context)


@require_safe
@way.of_pair()
def trial(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """The dry run, with what it found."""
    return way.page(request, membership, row, Step.DRY_RUN, **_tried(pair))


@require_safe
@way.of_pair()
def trial_now(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """The piece that renews itself while it runs."""
    found = way.context(membership, row, Step.DRY_RUN) | _tried(pair)
    return fragment(request, "onboarding/dry_run_now.html", found)


@require_POST
@way.of_pair(*OPERATORS)
def trial_start(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """Lets a worker try the newest orders."""
    with scope.tenant(membership.tenant_id):
        try:
            dry_run.start(pair=pair, actor=signed_in(request), now=timezone.now())
        except CannotTry as error:
            messages.warning(request, str(error))
    return redirect(way.address(membership, row, Step.DRY_RUN))


def _tried(pair: Pair) -> dict[str, Any]:
    with scope.tenant(pair.tenant_id):
        found = dry_run.latest(pair)
        orders = dry_run.found_by(found) if found is not None else []
    is_lost = found is not None and dry_run.is_lost(found, now=timezone.now())
    return {
        "run": found,
        "orders": [_order(one) for one in orders],
        "is_running": found is not None and found.state == DryRunState.RUNNING and not is_lost,
        "is_lost": is_lost,
        "is_done": found is not None and found.state == DryRunState.DONE,
    }


def _order(one: Tried) -> dict[str, Any]:
    return {
        "tried": one,
        "placed_at": parse_datetime(one.placed_at) if one.placed_at else None,
        "fields": [(path, _word(value)) for path, value in one.fields],
    }


def _shown(one: Looked) -> dict[str, Any]:
    return _order(one.tried) | {
        "origins": [
            {
                "target": origin.target,
                "value": _word(origin.value),
                "sources": [(path, _word(value)) for path, value in origin.sources],
                "rule": origin.rule,
                "note": origin.note,
                "is_own": origin.is_own,
            }
            for origin in one.origins
        ]
    }


def _word(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        return json.dumps(value, default=str) if value else "none"
    return str(value) or "empty"
