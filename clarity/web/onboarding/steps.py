"""The steps between two connected accounts and a live pair."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import OPERATORS, signed_in
from clarity.web.billing import prices
from clarity.web.flows import words as flow_words
from clarity.web.fragments import fragment
from clarity.web.onboarding import way
from clarity.web.option_words import in_words
from integrations.connector_kit.audit import Weight
from integrations.connector_kit.errors import ConnectorError
from integrations.models import Connection, Onboarding, Pair, PreflightState
from integrations.services import flows, onboarding, onboarding_places, own_fields, preflight
from integrations.services.onboarding import CannotGoOn, Step
from integrations.services.onboarding_places import BadPlaces
from tenants import scope
from tenants.models import Membership


@require_http_methods(["GET", "HEAD", "POST"])
@way.of_pair()
def places(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """Locations, stations and tender types, as the accounts name them."""
    given: dict[str, dict[str, str]] = {}
    errors: dict[str, dict[str, str]] = {}
    problem = ""
    if request.method == "POST":
        way.admins_only(membership)
        given, errors, problem = _save_places(request, pair)
        if not errors and not problem:
            return way.onward(membership, row, Step.PLACES)
    try:
        sides = [
            _questions(one, given.get(str(one.pk)), errors.get(str(one.pk), {}))
            for one in (pair.pos, pair.store)
        ]
    except ConnectorError as error:
        sides, problem = [], error.message
    return way.page(
        request,
        membership,
        row,
        Step.PLACES,
        status=422 if errors else 200,
        sides=sides,
        problem=problem,
    )


def _save_places(
    request: HttpRequest, pair: Pair
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]], str]:
    given, errors, problem = {}, {}, ""
    for one in (pair.pos, pair.store):
        place = str(one.pk)
        given[place] = {
            spec.name: request.POST.get(f"{place}:{spec.name}", "")
            for spec in onboarding_places.asked(one)
        }
        try:
            onboarding_places.save(
                one, values=given[place], actor=signed_in(request), now=timezone.now()
            )
        except BadPlaces as error:
            errors[place] = dict(error.errors)
        except ConnectorError as error:
            problem = f"{one.name}: {error.message}"
    return given, errors, problem


def _questions(
    connection: Connection, given: dict[str, str] | None, errors: dict[str, str]
) -> dict[str, Any]:
    rows = onboarding_places.questions(connection, given=given)
    return {
        "connection": connection,
        "rows": [
            {"question": one, "help": in_words(one.spec), "error": errors.get(one.spec.name, "")}
            for one in rows
        ],
    }


@require_safe
@way.of_pair()
def check(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """The preflight, with what it found."""
    return way.page(request, membership, row, Step.PREFLIGHT, **_checked(pair))


@require_safe
@way.of_pair()
def check_now(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """The piece that renews itself while it runs."""
    found = way.context(membership, row, Step.PREFLIGHT) | _checked(pair)
    return fragment(request, "onboarding/preflight_now.html", found)


@require_POST
@way.of_pair(*OPERATORS)
def check_start(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """Lets a worker look."""
    with scope.tenant(membership.tenant_id):
        try:
            preflight.start(pair=pair, actor=signed_in(request), now=timezone.now())
        except preflight.CannotLook as error:
            messages.warning(request, str(error))
    return redirect(way.address(membership, row, Step.PREFLIGHT))


def _checked(pair: Pair) -> dict[str, Any]:
    with scope.tenant(pair.tenant_id):
        found = preflight.latest(pair)
    is_lost = found is not None and preflight.is_lost(found, now=timezone.now())
    findings = found.findings if found else []
    return {
        # The names that the preflight's own piece shows.
        "check": found,
        "is_running": found is not None and found.state == PreflightState.RUNNING and not is_lost,
        "is_lost": is_lost,
        "is_done": found is not None and found.state == PreflightState.DONE,
        "blockers": [one for one in findings if one["weight"] == Weight.BLOCKER],
        "notices": [one for one in findings if one["weight"] != Weight.BLOCKER],
        "fields": own_fields.by_place(found.fields if found else []),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@way.of_pair()
def carried(
    request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair
) -> HttpResponse:
    """Which kinds of records go which way."""
    if request.method == "POST":
        way.admins_only(membership)
        chosen = set(request.POST.getlist("flow"))
        with scope.tenant(membership.tenant_id):
            wanted = {one.pk: str(one.pk) in chosen for one in flows.of_pair(pair)}
            onboarding.switch_flows(
                row, wanted=wanted, actor=signed_in(request), now=timezone.now()
            )
        return way.onward(membership, row, Step.FLOWS)
    with scope.tenant(membership.tenant_id):
        rows = [
            {
                "flow": one,
                "name": flow_words.name_of(one),
                "consequences": [] if one.is_on else flow_words.consequences(one),
            }
            for one in flows.of_pair(pair)
        ]
    return way.page(request, membership, row, Step.FLOWS, rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
@way.of_pair()
def live(request: HttpRequest, membership: Membership, row: Onboarding, pair: Pair) -> HttpResponse:
    """Says what will happen, and lets it happen."""
    if request.method == "POST":
        way.admins_only(membership)
        agreed = prices.agreed(request)
        if agreed is None and prices.shown(membership, pair)["price"]:
            return _live_page(request, membership, row, pair, not_agreed=prices.NOT_AGREED)
        try:
            problem = onboarding.go_live(
                row,
                actor=signed_in(request),
                public_url=settings.CLARITY_PUBLIC_URL,
                now=timezone.now(),
                agreed=agreed,
            )
        except CannotGoOn as error:
            messages.error(request, str(error))
            return redirect(way.address(membership, row, Step.GO_LIVE))
        messages.success(request, f"{pair.name} is live. Records flow from now on.")
        if agreed is not None and agreed.total:
            messages.info(request, prices.INVOICED)
        if problem:
            messages.warning(
                request, f"Webhooks could not be registered, so changes show later. {problem}"
            )
        return redirect("live", slug=membership.tenant.slug, pair_id=pair.pk)
    return _live_page(request, membership, row, pair)


def _live_page(
    request: HttpRequest,
    membership: Membership,
    row: Onboarding,
    pair: Pair,
    *,
    not_agreed: str = "",
) -> HttpResponse:
    with scope.tenant(membership.tenant_id):
        going = [
            {"flow": one, "name": flow_words.name_of(one)}
            for one in flows.of_pair(pair)
            if one.is_on
        ]
    return way.page(
        request,
        membership,
        row,
        Step.GO_LIVE,
        status=422 if not_agreed else 200,
        going=going,
        not_agreed=not_agreed,
        **prices.shown(membership, pair),
    )
