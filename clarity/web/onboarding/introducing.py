"""A system that connects by itself: the addresses to enter there, and the person who comes back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.access import ADMINS, member_required, signed_in
from clarity.web.fragments import fragment, whole_page
from clarity.web.onboarding import connect, way
from integrations.connector_kit.registry import get
from integrations.models import Introduction, Onboarding
from integrations.services import introducing
from integrations.services.connecting import Typed
from integrations.services.connections import BadConnection
from integrations.services.onboarding import CannotGoOn, Step
from tenants import scope
from tenants.models import Membership

# What the system adds to the address it sends the person to. Only it knows what they mean, so all of
# its query is handed on, but no more than fits into one.
_MOST, _LONGEST = 10, 2000
_HANDED_ON = "query:"
_BACK = "introduced"


@require_POST
@member_required(*ADMINS)
def begin(
    request: HttpRequest, membership: Membership, onboarding_id: UUID, side: str
) -> HttpResponse:
    """New addresses for a system that a person named; earlier ones work no more."""
    row = connect.side_of(membership, onboarding_id, side)
    typed = Typed(request.POST.get("address", "")[:400], "", {})
    try:
        introducing.begin(
            row=row,
            side=side,
            typed=typed.address,
            actor=signed_in(request),
            now=timezone.now(),
        )
    except CannotGoOn as error:
        messages.warning(request, str(error))
        return redirect(way.address(membership, row, Step.CONNECT))
    except BadConnection as error:
        return connect.shown(request, membership, row, side=side, error=error, typed=typed, at=2)
    return redirect(_address("start-connect-introduction", membership, row, side))


@require_safe
@member_required(*ADMINS)
def waiting(
    request: HttpRequest, membership: Membership, onboarding_id: UUID, side: str
) -> HttpResponse:
    """What to enter there, and whether the system has called."""
    row, one = _begun(membership, onboarding_id, side)
    if one is None or getattr(row, f"{side}_id"):
        return redirect(way.address(membership, row, Step.CONNECT))
    return whole_page(request, "onboarding/introduction.html", _context(membership, row, side, one))


@require_safe
@member_required(*ADMINS)
def now(
    request: HttpRequest, membership: Membership, onboarding_id: UUID, side: str
) -> HttpResponse:
    """The piece that renews itself until the system has called and is connected."""
    row, one = _begun(membership, onboarding_id, side)
    if one is None:
        return redirect(way.address(membership, row, Step.CONNECT))
    found = _context(membership, row, side, one)
    return fragment(request, "onboarding/introduction_now.html", found)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(*ADMINS)
def arrived(
    request: HttpRequest, membership: Membership, onboarding_id: UUID, side: str
) -> HttpResponse:
    """The system has sent the person here: they agree, and only then is it called."""
    row, one = _begun(membership, onboarding_id, side)
    if one is None:
        return redirect(way.address(membership, row, Step.CONNECT))
    if getattr(row, f"{side}_id"):
        return _arrival(request, membership, row, side, back=_kept(request, row, side))
    query = _query(request)
    try:
        if request.method == "POST":
            made, back = introducing.connect(
                row=row, side=side, query=query, actor=signed_in(request), now=timezone.now()
            )
            _keep(request, row, side, back)
            messages.success(request, f"{made.name} is connected: {made.account_name}.")
            return redirect(_address("start-connect-introduced", membership, row, side))
        with scope.tenant(membership.tenant_id):
            here = introducing.arrived(one, query, now=timezone.now())
    except (BadConnection, CannotGoOn) as error:
        return _arrival(request, membership, row, side, problem=str(error))
    return _arrival(request, membership, row, side, here=here, handed_on=query)


def _query(request: HttpRequest) -> dict[str, str]:
    """What the system added to the address; the form hands it on under names of its own."""
    given: dict[str, Any] = request.GET.dict()
    if request.method == "POST":
        sent = request.POST.dict().items()
        given = {
            name.removeprefix(_HANDED_ON): value
            for name, value in sent
            if name.startswith(_HANDED_ON)
        }
    return {name: str(value)[:_LONGEST] for name, value in list(given.items())[:_MOST]}


def _begun(
    membership: Membership, onboarding_id: UUID, side: str
) -> tuple[Onboarding, Introduction | None]:
    """Raises Http404 for a side whose system does not connect by itself."""
    row = connect.side_of(membership, onboarding_id, side)
    if not introducing.offers(getattr(row, f"{side}_connector")):
        raise Http404
    with scope.tenant(membership.tenant_id):
        return row, introducing.of(row, side)


def _context(
    membership: Membership, row: Onboarding, side: str, one: Introduction
) -> dict[str, Any]:
    moment = timezone.now()
    is_connected = bool(getattr(row, f"{side}_id"))
    is_open = introducing.is_open(one, now=moment)
    return way.context(membership, row, Step.CONNECT) | {
        "side": side,
        "manifest": get(one.connector).manifest,
        "terms": get(one.connector).introduction,
        "introduction": one,
        "callback": introducing.address(one),
        "arrival": settings.CLARITY_PUBLIC_URL
        + _address("start-connect-introduced", membership, row, side),
        "is_connected": is_connected,
        "is_open": is_open,
        "is_running": is_open and not is_connected,
        "is_heard": introducing.is_heard(one, now=moment),
    }


def _arrival(
    request: HttpRequest, membership: Membership, row: Onboarding, side: str, **more: Any
) -> HttpResponse:
    context = {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "pairs",
        "row": row,
        "side": side,
        "manifest": get(getattr(row, f"{side}_connector")).manifest,
        "connection": getattr(row, side),
        **more,
    }
    status = 422 if more.get("problem") else 200
    return whole_page(request, "onboarding/introduced.html", context, status=status)


def _keep(request: HttpRequest, row: Onboarding, side: str, back: str) -> None:
    """Where this person goes back to, which is nobody else's business."""
    request.session[_BACK] = {"way": str(row.pk), "side": side, "back": back}


def _kept(request: HttpRequest, row: Onboarding, side: str) -> str:
    kept = request.session.get(_BACK) or {}
    is_it = (kept.get("way"), kept.get("side")) == (str(row.pk), side)
    return str(kept.get("back", "")) if is_it else ""


def _address(name: str, membership: Membership, row: Onboarding, side: str) -> str:
    place = {"slug": membership.tenant.slug, "onboarding_id": row.pk, "side": side}
    return reverse(name, kwargs=place)
