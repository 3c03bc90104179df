"""What a staff member does at an account: a question with a reason first, then the deed.

The deed is the service the account's own pages use; it runs inside the door, so that the reason and
the change commit together, or, when it asks the other system, behind an entry that says it was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from clarity.web.staff.frame import account_page
from tenants.models import User
from tenants.services import staff_door
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless

Wrong = Mapping[str, str]
"""Sentences by the field they are about, "" for the form as a whole."""


class Mistake(ValueError):
    """What was typed cannot be: nothing was done, and the question is asked again."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(" ".join(wrong.values()))
        self.wrong = wrong


@dataclass(frozen=True)
class Question:
    """What is asked, and what pressing the button does. `more`: for a template with fields of its own."""

    question: str
    will: Sequence[str]
    button: str
    icon: str = "check"
    quiet: str = ""
    template: str = "staff/engine/ask.html"
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Act:
    """`name` is kept in the audit log, with `about`. `back` is where it leads, below the tab `tab`.

    `row()` finds what it is about, inside the account's scope, or raises Http404. `question(row, wrong)`
    is asked there as well. `do(row)` answers what to say of it (a sentence), and may raise Mistake or one
    of `refused`; it is called inside the scope that keeps the reason, or with `asks_the_account` outside
    of any.
    """

    name: str
    about: str
    tab: str
    part: str
    back: str
    row: Callable[[], Any]
    question: Callable[[Any, Wrong], Question]
    do: Callable[[Any], str]
    refused: tuple[type[Exception], ...] = ()
    asks_the_account: bool = False


def carry_out(request: HttpRequest, person: User, slug: str, act: Act) -> HttpResponse:
    """Asks on GET; does it on POST, and leads back. A second POST does what the service does then."""
    refuse_unless(person, May.ACT)
    if request.method != "POST":
        return _ask(request, person, slug, act, {})
    reason = request.POST.get("reason", "")
    try:
        if act.asks_the_account:
            with staff_door.beginning(person, slug, act=act.name, reason=reason, about=act.about):
                row = act.row()
            said = act.do(row)
        else:
            with staff_door.acting(person, slug, act=act.name, reason=reason, about=act.about):
                said = act.do(act.row())
    except ReasonNeeded as error:
        return _ask(request, person, slug, act, {"reason": str(error)})
    except Mistake as error:
        return _ask(request, person, slug, act, error.wrong)
    except act.refused as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, said)
    return redirect(act.back)


def _ask(request: HttpRequest, person: User, slug: str, act: Act, wrong: Wrong) -> HttpResponse:
    with staff_door.looking(person, slug, at=f"the question: {act.name}") as tenant:
        said = act.question(act.row(), wrong)
    context = {
        **said.more,
        "said": said,
        "back": act.back,
        "part": act.part,
        "error": wrong.get("reason", ""),
        "form_error": wrong.get("", ""),
        "reason": request.POST.get("reason", ""),
        "longest": LONGEST_REASON,
    }
    return account_page(
        request,
        person,
        said.template,
        tenant=tenant,
        tab=act.tab,
        context=context,
        status=422 if wrong else 200,
    )
