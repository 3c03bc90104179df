"""Who gets to /admin/: our own people, with a second step of signing in that is not too old."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from clarity.web.access import sign_in_first, signed_in
from clarity.web.deputies import second_step, session
from tenants import log_context
from tenants.models import User
from tenants.services.staff import NotAllowed, role_of
from tenants.services.staff_door import NotAssigned

P = ParamSpec("P")
StaffView = Callable[Concatenate[HttpRequest, User, P], HttpResponseBase]
PlainView = Callable[..., HttpResponseBase]


def staff_page(view: StaffView[P]) -> PlainView:
    """A page of ours below /admin/: `view(request, person, ...)`.

    Whose role is too small gets 403 with a sentence; a tenant one does not look after answers like
    one that does not exist.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        instead = turned_away(request)
        person = signed_in(request)
        if instead is not None or person is None:
            return instead or sign_in_first(request)
        log_context.add(user_id=person.pk)
        try:
            return view(request, person, *args, **kwargs)
        except NotAllowed as error:
            return refused(request, str(error))
        except NotAssigned:
            raise Http404 from None

    return guarded


def refused(request: HttpRequest, said: str) -> HttpResponse:
    """Says to one of our people what their role does not include."""
    return render(request, "staff/refused.html", {"said": said}, status=403)


def turned_away(request: HttpRequest) -> HttpResponse | None:
    """What somebody gets instead of the admin; None lets them in. Raises Http404 for who is no staff."""
    person = signed_in(request)
    if person is None:
        return sign_in_first(request)
    if role_of(person) is None:
        raise Http404
    if not second_step.is_set_up(person):
        return render(request, "staff/second_step_needed.html", status=403)
    if not second_step.has_proven(request, person):
        return _prove_again(request, person)
    return None


def _prove_again(request: HttpRequest, person: User) -> HttpResponse:
    """To the second step and back; what was sent is not sent again by itself. Acting on behalf ends."""
    if (held := session.give_up(request, person)) is not None:
        messages.warning(request, f"Your time on behalf of {held.name} is over.")
    ways = get_adapter(request).get_reauthentication_methods(person)
    url = next(one["url"] for one in ways if one["id"].startswith("mfa_reauthenticate"))
    there = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("admin:index")
    return redirect(f"{url}?{urlencode({'next': there})}")
