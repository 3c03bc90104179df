"""What a staff member does at an account. Each asks first and for a reason; a note needs none."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clarity.web.incidents import sentences
from clarity.web.once_more import once_more
from clarity.web.staff.gate import staff_page
from integrations.models import Connection, Incident
from integrations.services import connection_state, group_replay
from integrations.services.connection_state import CannotChange
from integrations.services.incidents import listed
from integrations.services.replay import CannotReplay
from tenants.models import Tenant, User
from tenants.services import staff_door
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@_asks_first
@once_more
def resume(request: HttpRequest, person: User, slug: str, connection_id: UUID) -> HttpResponse:
    """Goes on with a paused connection."""
    refuse_unless(person, May.ACT)
    if request.method != "POST":
        with staff_door.looking(person, slug, at="resuming a connection") as tenant:
            connection = _connection(connection_id)
        return ask(request, tenant, _resume_words(connection))
    try:
        with staff_door.acting(
            person, slug, act="resume", reason=_reason(request), about=str(connection_id)
        ) as tenant:
            connection = _connection(connection_id)
            connection_state.resume(
                tenant_id=tenant.pk,
                connection_id=connection_id,
                actor=person,
                now=timezone.now(),
            )
    except ReasonNeeded as error:
        with staff_door.looking(person, slug, at="resuming a connection") as tenant:
            connection = _connection(connection_id)
        return ask(request, tenant, _resume_words(connection), error=str(error))
    except CannotChange as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"{connection.name} goes on.")
    return redirect(f"{reverse('admin:account', kwargs={'slug': slug})}#connections")


@staff_page
@_asks_first
@once_more
def replay(request: HttpRequest, person: User, slug: str, incident_id: int) -> HttpResponse:
    """Replays one record of an incident; the others follow when it went through."""
    refuse_unless(person, May.ACT)
    if request.method != "POST":
        with staff_door.looking(person, slug, at="replaying an incident") as tenant:
            said = _replay_words(_incident(incident_id))
        return ask(request, tenant, said)
    try:
        with staff_door.acting(
            person, slug, act="replay", reason=_reason(request), about=str(incident_id)
        ):
            group_replay.start(_incident(incident_id), actor=person, now=timezone.now())
    except ReasonNeeded as error:
        with staff_door.looking(person, slug, at="replaying an incident") as tenant:
            said = _replay_words(_incident(incident_id))
        return ask(request, tenant, said, error=str(error))
    except CannotReplay as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, "The first record runs again.")
    return redirect(f"{reverse('admin:account', kwargs={'slug': slug})}#incidents")


@staff_page
@require_POST
def write_note(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Keeps a note for colleagues."""
    try:
        form_id = UUID(request.POST.get("form", ""))
    except ValueError:
        raise Http404 from None
    text = request.POST.get("text", "")
    try:
        staff_door.write_note(person, slug, text=text, form_id=form_id, now=timezone.now())
    except ReasonNeeded:
        raise
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The note is kept.")
    return redirect(f"{reverse('admin:account', kwargs={'slug': slug})}#notes")


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")


def _connection(connection_id: UUID) -> Connection:
    found: Connection | None = Connection.objects.filter(pk=connection_id).first()
    if found is None:
        raise Http404
    return found


def _incident(incident_id: int) -> Incident:
    rows = Incident.objects.select_related("connection")
    found: Incident | None = rows.filter(pk=incident_id).first() if incident_id < 2**63 else None
    if found is None:
        raise Http404
    return found


def _resume_words(connection: Connection) -> dict[str, object]:
    return {
        "question": f"Resume {connection.name}?",
        "will": [
            "What came and waited goes on by itself, in order.",
            "Somebody at the business may have paused it on purpose: ask them first.",
        ],
        "button": "Resume",
        "icon": "play",
        "part": "connections",
    }


def _replay_words(incident: Incident) -> dict[str, object]:
    count = listed([incident])[0].stopped
    records = "1 record" if count == 1 else f"{count:,} records"
    return {
        "question": f"Replay {records}?",
        "quiet": sentences.title(incident),
        "will": [
            "One goes first. When it goes through, the others follow by themselves; when it fails"
            " again, they are left alone and the incident says why.",
            "What the target already has exactly like this is not written twice.",
        ],
        "button": "Replay",
        "icon": "again",
        "part": "incidents",
    }


def ask(
    request: HttpRequest, tenant: Tenant, said: dict[str, object], *, error: str = ""
) -> HttpResponse:
    """The question before an act: `said` has question, will, button, icon and the part of the account
    to go back to."""
    context = {
        **said,
        "here": "accounts",
        "account": tenant,
        "error": error,
        "reason": _reason(request) if error else "",
        "longest": LONGEST_REASON,
    }
    return render(request, "staff/ask.html", context, status=422 if error else 200)
