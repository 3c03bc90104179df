"""Which deputation a browser holds. It counts in the session it was taken in, and only there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from clarity.web.deputies import limits, second_step
from tenants import on_behalf, scope
from tenants.models import Membership, User
from tenants.services import audit, deputations
from tenants.services.deputations import Held

_KEY = "clarity_deputation"
_HELD = "clarity_held_deputation"


class Over(Http404):
    """The deputation has ended: at its time, by an owner, or since its holder lost role, account or
    second step."""

    def __init__(self, slug: str, name: str) -> None:
        super().__init__()
        self.slug = slug
        self.name = name


class NotForDeputies(PermissionDenied):
    """The page is for the account itself; the message, made for them, says so."""


@dataclass(frozen=True)
class Noted:
    """What the session knows of it, which may be out of date: only good to show."""

    id: UUID
    slug: str
    name: str
    ends_at: datetime


def take(request: HttpRequest, held: Held) -> None:
    """From now on this browser opens the tenant's pages."""
    request.session[_KEY] = {
        "id": str(held.deputation.pk),
        "slug": held.tenant.slug,
        "name": held.tenant.name,
        "ends_at": held.deputation.ends_at.isoformat(),
    }


def give_up(request: HttpRequest, person: User) -> Noted | None:
    """Ends what this browser held, before its time where that is not over; None when it held nothing."""
    kept = noted(request)
    if kept is not None:
        drop(request)
        deputations.give_up(person, kept.id, now=timezone.now())
    return kept


def drop(request: HttpRequest) -> None:
    request.session.pop(_KEY, None)


def noted(request: HttpRequest) -> Noted | None:
    """What this browser holds, as it was when it was taken."""
    session = getattr(request, "session", None)
    kept = session.get(_KEY) if session is not None else None
    if not kept:
        return None
    return Noted(
        UUID(kept["id"]), kept["slug"], kept["name"], datetime.fromisoformat(kept["ends_at"])
    )


def membership(request: HttpRequest, user: User, slug: str) -> Membership | None:
    """An admin's membership for who acts on this tenant's behalf; None when this browser does not.

    Raises Over when it did. Asked anew on each request.
    """
    kept = noted(request)
    if kept is None or kept.slug != slug:
        return None
    held = None
    if second_step.is_set_up(user) and second_step.has_proven(request, user):
        held = deputations.held(user, kept.id, now=timezone.now())
    if held is None:
        # Whoever may not use it any more holds it no longer, as the tenant's members see it too.
        give_up(request, user)
        raise Over(kept.slug, kept.name)
    vars(request)[_HELD] = held
    return held.as_member()


def held_in(request: HttpRequest) -> Held | None:
    """The deputation under which this request is answered."""
    found: Held | None = vars(request).get(_HELD)
    return found


@contextlib.contextmanager
def standing_in(request: HttpRequest) -> Iterator[None]:
    """Does what a request asks for under its deputation, if it has one.

    That a page was opened is in the tenant's audit log before it is shown; pieces that a page asks for
    by itself are not told. Raises NotForDeputies.
    """
    held = held_in(request)
    if held is None:
        yield
        return
    match = request.resolver_match
    name = match.url_name or "" if match else ""
    if match is None or limits.is_shut(name):
        raise NotForDeputies(limits.REFUSED)
    # Anybody can send the header of htmx with the address of a whole page.
    is_piece = limits.is_piece(name) and request.headers.get("HX-Request")
    with on_behalf.of(held.deputation.pk):
        if request.method in ("GET", "HEAD") and not is_piece:
            with scope.tenant(held.tenant.pk):
                audit.record(
                    action="staff.looked",
                    object_type="Tenant",
                    object_id=held.tenant.pk,
                    actor=held.deputation.staff,
                    after={"at": request.path},
                )
        yield


def over(request: HttpRequest, ended: Over) -> HttpResponse:
    """Back to the admin; a page that only asks for a piece is led there as a whole."""
    messages.warning(request, f"Your time on behalf of {ended.name} is over.")
    there = reverse("admin:account", kwargs={"slug": ended.slug})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": there})
    return redirect(there)
