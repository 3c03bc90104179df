"""The platform's chores and its queue, for superusers: what runs by itself, and what did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.activity.words import Badge
from clarity.web.staff.gate import staff_page
from integrations import queue
from integrations.models import Chore
from integrations.services import chores
from integrations.services.chores import CannotHurry, Duty
from tenants.models import User
from tenants.services import staff
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless


@dataclass(frozen=True)
class ChoreLine:
    """One chore: how often, how it went last, and whether it may be begun now."""

    name: str
    slug: str
    every: str
    row: Chore | None
    badge: Badge
    can_run: bool


@staff_page
@require_safe
def overview(request: HttpRequest, person: User) -> HttpResponse:
    """Every chore with its last turn, and how long the queue is."""
    refuse_unless(person, May.GOVERN)
    now = timezone.now()
    context = {
        "here": "background",
        "lines": lines(chores.DUTIES, now=now),
        "length": queue.length(),
        "last_done_at": chores.last_done_at(),
    }
    return render(request, "staff/engine/background.html", context)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def run_now(request: HttpRequest, person: User, chore: str) -> HttpResponse:
    """Asks for a reason, then has a worker do the chore before its time."""
    refuse_unless(person, May.GOVERN)
    duty = next((one for one in chores.DUTIES if slugify(one.name) == chore), None)
    if duty is None:
        raise Http404
    error = ""
    if request.method == "POST":
        try:
            why = staff.said_why(request.POST.get("reason", ""))
            chores.run_soon(duty.name, actor=person, reason=why, now=timezone.now())
        except ReasonNeeded as problem:
            error = str(problem)
        except CannotHurry as problem:
            messages.warning(request, str(problem))
        except Chore.DoesNotExist:
            messages.warning(request, "No worker has begun any chore yet: start one first.")
        else:
            messages.success(request, f"{duty.name.capitalize()}: the next free worker does it.")
        if not error:
            return redirect("admin:background")
    context = {
        "here": "background",
        "duty": duty,
        "every": said(duty.every.total_seconds()),
        "error": error,
        "reason": request.POST.get("reason", ""),
        "longest": LONGEST_REASON,
    }
    return render(request, "staff/engine/run.html", context, status=422 if error else 200)


def lines(duties: Sequence[Duty], *, now: datetime) -> list[ChoreLine]:
    """The chores in the order they are done in."""
    rows = Chore.objects.in_bulk([duty.name for duty in duties])
    return [_line(duty, rows.get(duty.name), now=now) for duty in duties]


def _line(duty: Duty, row: Chore | None, *, now: datetime) -> ChoreLine:
    is_held = row is not None and row.held_until is not None and row.held_until > now
    return ChoreLine(
        duty.name.capitalize(),
        slugify(duty.name),
        said(duty.every.total_seconds()),
        row,
        _badge(row, is_held=is_held, now=now),
        row is not None and not is_held and row.due_at > now,
    )


def _badge(row: Chore | None, *, is_held: bool, now: datetime) -> Badge:
    if row is None:
        return Badge("Never begun", "muted", "minus")
    if is_held:
        return Badge("Being done", "azure", "play")
    if row.due_at < now - chores.LATE:
        return Badge("Nobody does it", "red", "clock")
    if row.problem:
        return Badge("Failed", "red", "alert")
    return Badge("Well", "green", "check")


def said(seconds: float) -> str:
    """How often something is done."""
    for length, word in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= length and seconds % length == 0:
            count = int(seconds // length)
            return f"every {word}" if count == 1 else f"every {count} {word}s"
    return f"every {seconds:g} seconds"
