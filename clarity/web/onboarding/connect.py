"""The first two steps: which systems, and a key to each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import ADMINS, member_required, signed_in
from clarity.web.onboarding import granting, way
from clarity.web.onboarding.start import systems
from integrations.connector_kit.manifest import Manifest
from integrations.connector_kit.registry import get
from integrations.models import Connection, Onboarding
from integrations.services import connecting, introducing, onboarding
from integrations.services.connecting import Typed
from integrations.services.connections import BadConnection
from integrations.services.onboarding import CannotGoOn, Step
from tenants import scope
from tenants.models import Membership

SIDES = ("pos", "store")


@require_safe
@member_required()
def resume(request: HttpRequest, membership: Membership, onboarding_id: UUID) -> HttpResponse:
    """Where one left off."""
    return way.go_on(membership, way.find(membership, onboarding_id))


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def choose(request: HttpRequest, membership: Membership, onboarding_id: UUID) -> HttpResponse:
    """Other systems, as long as they are not connected."""
    row = way.find(membership, onboarding_id)
    problem = ""
    if request.method == "POST":
        way.admins_only(membership)
        try:
            with scope.tenant(membership.tenant_id):
                onboarding.choose(
                    row, pos=request.POST.get("pos", ""), store=request.POST.get("store", "")
                )
            return way.onward(membership, row, Step.SYSTEMS)
        except CannotGoOn as error:
            problem = str(error)
    return way.page(
        request,
        membership,
        row,
        Step.SYSTEMS,
        status=422 if problem else 200,
        tills=systems("pos"),
        shops=systems("store"),
        problem=problem,
    )


@require_safe
@member_required()
def overview(request: HttpRequest, membership: Membership, onboarding_id: UUID) -> HttpResponse:
    """Both sides: connected already, or how to connect."""
    row = way.find(membership, onboarding_id)
    return shown(request, membership, row)


@sensitive_post_parameters()
@require_POST
@member_required(*ADMINS)
def by_key(
    request: HttpRequest, membership: Membership, onboarding_id: UUID, side: str
) -> HttpResponse:
    """Tries the keys a person typed, and keeps them when they work."""
    row = side_of(membership, onboarding_id, side)
    manifest = _manifest(row, side)
    if getattr(row, f"{side}_id"):
        return way.go_on(membership, row)
    given = {spec.name: request.POST.get(spec.name, "")[:4000] for spec in manifest.credentials}
    typed = Typed(
        request.POST.get("address", "")[:400],
        request.POST.get("name", "")[:200],
        given,
        {one.name: request.POST.get(one.name, "")[:4000] for one in connecting.asked(manifest)},
    )
    try:
        made = connecting.connect(
            row=row, side=side, typed=typed, actor=signed_in(request), now=timezone.now()
        )
    except CannotGoOn as error:
        messages.warning(request, str(error))
        return redirect(way.address(membership, row, Step.CONNECT))
    except BadConnection as error:
        # Keys are asked for again: a page does not carry them back.
        return shown(request, membership, row, side=side, error=error, typed=typed)
    messages.success(request, f"{made.name} is connected: {made.account_name}.")
    return way.go_on(membership, way.find(membership, onboarding_id))


@require_POST
@member_required(*ADMINS)
def by_page(
    request: HttpRequest, membership: Membership, onboarding_id: UUID, side: str
) -> HttpResponse:
    """To the vendor's own page, on which the owner lets us in."""
    row = side_of(membership, onboarding_id, side)
    manifest = _manifest(row, side)
    typed = Typed(request.POST.get("address", "")[:400], "", {})
    callback = reverse("connect-callback", kwargs={"connector": manifest.name})
    try:
        begun = connecting.begin(
            connector=manifest.name,
            typed=typed.address,
            redirect_uri=f"{settings.CLARITY_PUBLIC_URL}{callback}",
            now=timezone.now(),
        )
    except BadConnection as error:
        return shown(request, membership, row, side=side, error=error, typed=typed, at=1)
    granting.remember(
        request,
        begun,
        tenant=str(membership.tenant_id),
        slug=membership.tenant.slug,
        onboarding=str(row.pk),
        side=side,
    )
    back = way.address(membership, row, Step.CONNECT)
    return granting.lead_there(request, begun, membership, connector=manifest.name, back=back)


@require_POST
@member_required(*ADMINS)
def by_known(
    request: HttpRequest, membership: Membership, onboarding_id: UUID, side: str
) -> HttpResponse:
    """An account that is connected already, for another pair."""
    row = side_of(membership, onboarding_id, side)
    try:
        with scope.tenant(membership.tenant_id):
            known = {str(one.pk): one for one in onboarding.usable(row, side)}
            chosen = known.get(request.POST.get("connection", ""))
            if chosen is None:
                raise CannotGoOn("Choose one of the accounts in the list.")
            onboarding.take(row, side=side, connection=chosen, actor=signed_in(request))
    except CannotGoOn as error:
        messages.warning(request, str(error))
    return way.go_on(membership, way.find(membership, onboarding_id))


def side_of(membership: Membership, onboarding_id: UUID, side: str) -> Onboarding:
    """Raises Http404."""
    if side not in SIDES:
        raise Http404
    return way.find(membership, onboarding_id)


def _manifest(row: Onboarding, side: str) -> Manifest:
    return get(getattr(row, f"{side}_connector")).manifest


def shown(
    request: HttpRequest,
    membership: Membership,
    row: Onboarding,
    *,
    side: str = "",
    error: BadConnection | None = None,
    typed: Typed | None = None,
    at: int = 0,
) -> HttpResponse:
    """The step. `at`: which of a side's forms the error belongs to: its keys, the vendor's page, the
    system that connects by itself."""
    with scope.tenant(membership.tenant_id):
        sides = [_side(row, name, error if name == side else None, typed, at=at) for name in SIDES]
    return way.page(
        request, membership, row, Step.CONNECT, status=422 if error else 200, sides=sides
    )


def _side(
    row: Onboarding,
    side: str,
    error: BadConnection | None,
    typed: Typed | None,
    *,
    at: int,
) -> dict[str, Any]:
    manifest = _manifest(row, side)
    connection: Connection | None = getattr(row, side)
    offers = connecting.offers_consent(manifest.name)
    names = [spec for spec in manifest.credentials if spec.typed == "always"]
    names += connecting.asked(manifest)
    fields = {spec.name for spec in names} | {"address", "name"}
    return {
        "side": side,
        "manifest": manifest,
        "connection": connection,
        "fields": names,
        "offers_page": offers,
        "offers_itself": introducing.offers(manifest.name),
        "introduction": introducing.of(row, side) if connection is None else None,
        "usable": onboarding.usable(row, side) if connection is None else [],
        "error": str(error) if error else "",
        "error_field": error.field if error and error.field in fields else "",
        "error_at_page": bool(error) and at == 1,
        "error_elsewhere": bool(error) and at != 0,
        "error_itself": bool(error) and at == 2,
        "address": typed.address if error and typed else "",
        "name": typed.name if error and typed else "",
        "is_open": bool(error) and not at,
    }
