"""Leaving a trouble alone until a day, and taking it up again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clarity.web.access import zone_of
from clarity.web.staff.gate import staff_page
from integrations.services import troubles
from integrations.services.troubles import Kind
from tenants.models import Standing, User
from tenants.services import snoozing, staff_door
from tenants.services.snoozing import BadDay
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless


class _Over(Exception):
    """The trouble was mended since the list was shown."""


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: HttpRequest, person: User, slug: str, kind: str) -> HttpResponse:
    """Asks until when and why. The same trouble is back on that day, another one at once."""
    try:
        return _snooze(request, person, slug, kind)
    except _Over:
        messages.info(request, "That trouble is over already.")
        return redirect("admin:index")


def _snooze(request: HttpRequest, person: User, slug: str, kind: str) -> HttpResponse:
    refuse_unless(person, May.ACT)
    which, now = request.GET.get("which", ""), timezone.now()
    typed = {name: request.POST.get(name, "") for name in ("until", "reason")}
    error: Exception | None = None
    if request.method == "POST":
        try:
            with staff_door.acting(
                person, slug, act="leave alone", reason=typed["reason"], about=kind
            ) as tenant:
                snoozing.snooze(
                    _kept(kind, which),
                    until=typed["until"],
                    note=typed["reason"],
                    by=person,
                    now=now,
                    zone=zone_of(tenant),
                )
                troubles.look(now=now)
        except (BadDay, ReasonNeeded) as caught:
            error = caught
        else:
            messages.success(request, "It is left alone until then.")
            return redirect("admin:index")
    with staff_door.looking(person, slug, at="leaving a trouble alone") as tenant:
        kept = _kept(kind, which)
    first, last = snoozing.days(now=now, zone=zone_of(tenant))
    context = {
        "here": "work",
        "account": tenant,
        "said": kept["said"],
        "typed": {**typed, "until": typed["until"] or first.isoformat()},
        "first": first.isoformat(),
        "last": last.isoformat(),
        "day_error": str(error) if isinstance(error, BadDay) else "",
        "error": str(error) if isinstance(error, ReasonNeeded) else "",
        "reason": typed["reason"],
        "longest": LONGEST_REASON,
    }
    return render(request, "staff/snooze.html", context, status=422 if error else 200)


@staff_page
@require_POST
def wake(request: HttpRequest, person: User, slug: str, snooze_id: int) -> HttpResponse:
    """Takes it up again; a second click changes nothing."""
    with staff_door.acting(
        person, slug, act="take up", reason="taken up again", about=str(snooze_id)
    ):
        if snooze_id < 2**63:
            snoozing.wake(snooze_id, by=person)
        troubles.look(now=timezone.now())
    messages.success(request, "It is on the work list again.")
    return redirect("admin:account", slug=slug)


def _kept(kind: str, which: str) -> dict[str, Any]:
    """The trouble as it was written down. Call inside the tenant's scope. Raises Http404, _Over."""
    if kind not in set(Kind):
        raise Http404
    rows = Standing.objects.values_list("troubles", flat=True).first() or []
    for one in rows:
        if one["kind"] == kind and one["about"] == which:
            return dict(one)
    raise _Over
