"""An act on an account's records: first the question with its consequences, then the reason, then done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clarity.web.staff.records.shown import shown
from integrations.services.discard import CannotDiscard
from integrations.services.replay import CannotReplay
from tenants.models import Tenant, User
from tenants.services import staff_door
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless


@dataclass(frozen=True)
class Question:
    """What is asked, what will happen, and where to go afterwards or instead."""

    asks: str
    will: Sequence[str]
    button: str
    icon: str
    back: str
    tab: str
    quiet: str = ""
    value: str = ""


def ask(
    request: HttpRequest,
    person: User,
    slug: str,
    *,
    act: str,
    about: str,
    question: Callable[[], Question],
    do: Callable[[str], str],
) -> HttpResponse:
    """Shows the question, or does it for the reason that was given and says so.

    `question` and `do` run inside the account's scope; `do` gets the reason and answers the sentence.
    What is done, its audit entry and the reason commit together.
    """
    refuse_unless(person, May.ACT)
    if request.method != "POST":
        return _asked(request, person, slug, at=f"{act} {about}", question=question)
    reason = request.POST.get("reason", "")
    try:
        with staff_door.acting(person, slug, act=act, reason=reason, about=about):
            asked = question()
            said = do(reason)
    except (ReasonNeeded, CannotDiscard) as error:
        return _asked(
            request, person, slug, at=f"{act} {about}", question=question, error=str(error)
        )
    except CannotReplay as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, said)
    return redirect(asked.back)


def _asked(
    request: HttpRequest,
    person: User,
    slug: str,
    *,
    at: str,
    question: Callable[[], Question],
    error: str = "",
) -> HttpResponse:
    with staff_door.looking(person, slug, at=f"the question before: {at}") as tenant:
        asked = question()
    context = {
        "asked": asked,
        "error": error,
        "reason": request.POST.get("reason", "") if error else "",
        "longest": LONGEST_REASON,
    }
    return _page(request, person, tenant, asked, context, status=422 if error else 200)


def _page(
    request: HttpRequest,
    person: User,
    tenant: Tenant,
    asked: Question,
    context: dict[str, object],
    *,
    status: int,
) -> HttpResponse:
    return shown(
        request,
        person,
        "staff/records/ask.html",
        tenant=tenant,
        tab=asked.tab,
        context=context,
        status=status,
    )
