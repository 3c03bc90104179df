"""Taking and giving back the right to act on an account's behalf."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clarity.web.deputies import session
from clarity.web.staff.gate import staff_page
from tenants.models import User
from tenants.services import deputations, staff_door
from tenants.services.deputations import MINUTES, CannotStandIn, Held
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Asks for how long and why, then opens the account's own pages."""
    tenant = staff_door.admitted(person, slug, May.ACT)
    typed = request.POST.get("minutes", str(MINUTES[0]))
    context = {
        "here": "accounts",
        "account": tenant,
        "choices": [(str(one), f"{one} minutes") for one in MINUTES],
        "minutes": typed,
        "reason": request.POST.get("reason", ""),
        "longest": LONGEST_REASON,
    }
    if request.method != "POST":
        return render(request, "staff/deputy/begin.html", context)
    try:
        held = deputations.begin(
            person,
            slug,
            minutes=int(typed) if typed in {str(one) for one in MINUTES} else 0,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except ReasonNeeded as error:
        return render(
            request, "staff/deputy/begin.html", {**context, "error": str(error)}, status=422
        )
    except CannotStandIn as error:
        return render(
            request, "staff/deputy/begin.html", {**context, "refused": str(error)}, status=422
        )
    _leave(request, person, but=held)
    session.take(request, held)
    return redirect("dashboard", slug=slug)


def _leave(request: HttpRequest, person: User, *, but: Held) -> None:
    """Gives back what this browser held of another account: one acts for one at a time."""
    noted = session.noted(request)
    if noted is not None and noted.id != but.deputation.pk:
        session.give_up(request, person)


@staff_page
@require_POST
def end(request: HttpRequest, person: User) -> HttpResponse:
    """Gives it back before its time."""
    noted = session.give_up(request, person)
    if noted is None:
        return redirect("admin:index")
    messages.success(request, f"You no longer act on behalf of {noted.name}.")
    return redirect("admin:account", slug=noted.slug)
