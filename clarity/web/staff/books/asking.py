"""An act of finance: entered, asked once more, done. The question is asked of what would happen:
the act is tried first and undone, so it says the figures of the ledger itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from clarity.web.staff.books.forms import DeedForm
from clarity.web.staff.frame import account_page
from tenants.billing.services.problems import BillingProblem
from tenants.models import Tenant, User
from tenants.services import staff, staff_door
from tenants.services.staff import May, ReasonNeeded

TAB = "account-billing"


class Stale(BillingProblem):
    """Something changed since the page was opened; it has to be looked at again."""


class _Mistaken(Exception):
    """What was entered does not do; nothing is written."""

    def __init__(self, form: DeedForm) -> None:
        super().__init__()
        self.form = form


class _Undone(Exception):
    """Ends the trial of an act."""


@dataclass(frozen=True)
class Done:
    """`will`: what the act does, in sentences for the question. `said`: that it was done."""

    will: Sequence[str]
    said: str


@dataclass(frozen=True)
class Deed:
    """One act: what it is called, where it leads back to, what it asks for, and what it does.

    `does` gets the checked form. It may be called twice for one click, and raises BillingProblem.
    `is_grave`: it ends something others depend on.
    """

    title: str
    button: str
    back: str
    form: Callable[..., DeedForm]
    does: Callable[[Any], Done]
    quiet: str = ""
    initial: dict[str, Any] = field(default_factory=dict)
    is_grave: bool = False


# Makes the act within the account's scope. Raises Http404.
Making = Callable[[Tenant, datetime], Deed]


def asked(request: HttpRequest, person: User, slug: str, making: Making) -> HttpResponse:
    """The form, then the question, then the act. Raises NotAllowed, NotAssigned."""
    staff.refuse_unless(person, May.KEEP_BOOKS)
    if request.method != "POST":
        return _look(request, person, slug, making, _fresh)
    if "sure" not in request.POST:
        return _look(request, person, slug, making, _tried)
    try:
        with staff_door.acting(
            person,
            slug,
            act=_word(request),
            reason=request.POST.get("reason", ""),
            about=_about(request),
            needs=May.KEEP_BOOKS,
        ) as tenant:
            deed = making(tenant, timezone.now())
            done = _done(deed, request)
    except (ReasonNeeded, _Mistaken):
        return _look(request, person, slug, making, _tried)
    except Stale as error:
        messages.warning(request, str(error))
        return redirect(request.path)
    messages.success(request, done.said)
    return redirect(deed.back)


@dataclass(frozen=True)
class _Shown:
    deed: Deed
    form: DeedForm
    done: Done | None = None


def _look(
    request: HttpRequest,
    person: User,
    slug: str,
    making: Making,
    shown: Callable[[HttpRequest, Deed], _Shown],
) -> HttpResponse:
    try:
        with staff_door.looking(
            person, slug, at=f"billing: {_word(request)}", needs=May.BILL
        ) as tenant:
            found = shown(request, making(tenant, timezone.now()))
    except Stale as error:
        messages.warning(request, str(error))
        return redirect(request.path)
    context = {
        "deed": found.deed,
        "form": found.form,
        "will": found.done.will if found.done else (),
        "sent": _sent(request, found.form) if found.done else (),
    }
    return account_page(
        request,
        person,
        "staff/books/question.html" if found.done else "staff/books/form.html",
        tenant=tenant,
        tab=TAB,
        context=context,
        status=422 if found.form.errors else 200,
    )


def _fresh(_request: HttpRequest, deed: Deed) -> _Shown:
    return _Shown(deed, deed.form(initial={"form_id": uuid4(), **deed.initial}))


def _tried(request: HttpRequest, deed: Deed) -> _Shown:
    """The act tried and undone; the form again where it does not do."""
    if "again" in request.POST:
        return _Shown(deed, deed.form(initial=request.POST.dict()))
    done = None
    try:
        with transaction.atomic():
            done = _done(deed, request)
            raise _Undone
    except _Undone:
        return _Shown(deed, deed.form(request.POST), done)
    except _Mistaken as error:
        return _Shown(deed, error.form)


def _done(deed: Deed, request: HttpRequest) -> Done:
    """Raises _Mistaken with the form that says why; then nothing of it is kept."""
    form = deed.form(request.POST)
    if not form.is_valid():
        raise _Mistaken(form)
    try:
        with transaction.atomic():
            return deed.does(form)
    except Stale:
        raise
    except BillingProblem as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        raise _Mistaken(form) from error


def _word(request: HttpRequest) -> str:
    """The act in the audit log: "payment" of ".../payment/"."""
    match = request.resolver_match
    return (match.url_name if match and match.url_name else "billing").removeprefix("account-")


def _about(request: HttpRequest) -> str:
    """The id that the address names besides the account, if any."""
    named = request.resolver_match.kwargs if request.resolver_match else {}
    return next((str(value) for name, value in named.items() if name != "slug"), "")


def _sent(request: HttpRequest, form: DeedForm) -> list[tuple[str, str]]:
    """What was entered, to be sent once more."""
    return [(name, request.POST.get(name, "")) for name in form.fields]
