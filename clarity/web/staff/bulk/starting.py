"""The question before a bulk act, and its start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clarity.web.staff.bulk import announcing, choosing, words
from clarity.web.staff.gate import staff_page
from integrations.models import TemplateVersion
from integrations.services import bulk_jobs
from integrations.services.bulk_jobs import CannotStart
from tenants.models import Tenant, TenantGroup, User
from tenants.services import groups, staff_door
from tenants.services.announcements import BadAnnouncement, Wanted
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless

# A person checks the names; the rest is counted.
NAMES = 30


class _Wrong(ValueError):
    """What was entered cannot be taken; `field` names it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@staff_page
@require_POST
def ask(request: HttpRequest, person: User) -> HttpResponse:
    """Says what will happen, over which accounts, and asks for what the act needs."""
    refuse_unless(person, May.ACT)
    act = request.POST.get("act", "")
    if act not in words.OFFERED:
        return _chosen_again(request, person, "Choose what is to be done.")
    found, over = choosing.taken(request, person)
    if not found:
        return _chosen_again(request, person, "Choose at least one account.")
    if len(found) > bulk_jobs.MOST_ACCOUNTS:
        said = f"More than {bulk_jobs.MOST_ACCOUNTS} accounts fit. Narrow them first."
        return _chosen_again(request, person, said)
    return question(request, act, found, over=over, form_id=uuid4())


@staff_page
@require_POST
def start(request: HttpRequest, person: User) -> HttpResponse:
    """Starts the job; the same one when the form was sent before."""
    refuse_unless(person, May.ACT)
    act = request.POST.get("act", "")
    found, over = choosing.taken(request, person)
    form_id = uuid_of(request.POST.get("form", ""))
    if act not in words.OFFERED or form_id is None or not found:
        return _chosen_again(request, person, "Choose again what to do, and at which accounts.")
    if "preview" in request.POST:
        return question(request, act, found, over=over, form_id=form_id, wrong={}, is_preview=True)
    try:
        settings = _settings(request, person, act, over=over, form_id=form_id)
        job = bulk_jobs.start(
            job_id=form_id,
            act=act,
            accounts=found,
            over=over,
            reason=request.POST.get("reason", ""),
            by=person,
            now=timezone.now(),
            settings=settings,
        )
    except ReasonNeeded as error:
        wrong = {"reason": str(error)}
    except (_Wrong, BadAnnouncement) as error:
        wrong = {error.field: str(error)}
    except CannotStart as error:
        wrong = {"": str(error)}
    else:
        messages.success(request, f"It begins with {words.accounts(len(job.accounts))}.")
        return redirect("admin:bulk-job", job_id=job.pk)
    return question(request, act, found, over=over, form_id=form_id, wrong=wrong)


def question(
    request: HttpRequest,
    act: str,
    found: Sequence[Tenant],
    *,
    over: str,
    form_id: UUID,
    wrong: Mapping[str, str] | None = None,
    is_preview: bool = False,
) -> HttpResponse:
    """The page of the question; `wrong` says by field what was entered wrong."""
    said = words.ACTS[act]
    shown: Wanted | None = None
    if is_preview:
        shown, wrong = announcing.preview(request)
    context: dict[str, Any] = {
        "here": "bulk",
        "part": "bulk-jobs",
        "act": act,
        "words": said,
        "accounts": found,
        "named": found[:NAMES],
        "unnamed": max(0, len(found) - NAMES),
        "over": over,
        "form_id": form_id,
        "wrong": wrong or {},
        "preview": shown,
        "sent": request.POST if wrong or is_preview else {},
        "longest": LONGEST_REASON,
        **_fields(request, act, found),
    }
    return render(request, "staff/bulk/ask.html", context, status=422 if wrong else 200)


def _fields(request: HttpRequest, act: str, found: Sequence[Tenant]) -> Mapping[str, Any]:
    """What the act's own fields offer."""
    if act == "announce":
        return announcing.form_context(request, found)
    if act == "join":
        return {"groups": groups.every(limit=choosing.MOST_CHOICES)}
    if act == "template_look":
        return {
            "templates": choosing.templates(),
            "template": choosing.number(request.POST.get("template", "")),
        }
    return {}


def _settings(
    request: HttpRequest, person: User, act: str, *, over: str, form_id: UUID
) -> Mapping[str, Any]:
    """What the act needs besides. Raises _Wrong, BadAnnouncement, ReasonNeeded."""
    if act == "note":
        try:
            return {"text": staff_door.note_text(request.POST.get("text", ""))}
        except ValueError as error:
            raise _Wrong(str(error), field="text") from None
    if act == "join":
        return {"group": _group(request).pk}
    if act == "template_look":
        return {"version": _newest(request).pk}
    if act == "announce":
        made = announcing.made(request, person, meant_for=over, form_id=form_id)
        return {"announcement": made.pk}
    return {}


def _group(request: HttpRequest) -> TenantGroup:
    found = choosing.group_of(request.POST.get("group_id", ""))
    if found is None:
        raise _Wrong("Choose a group from the list.", field="group_id")
    return found


def _newest(request: HttpRequest) -> TemplateVersion:
    pk = choosing.number(request.POST.get("template", ""))
    rows = TemplateVersion.objects.filter(template=pk).order_by("-number")
    found = rows.first() if pk is not None else None
    if found is None:
        raise _Wrong("Choose a template from the list.", field="template")
    return found


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _chosen_again(request: HttpRequest, person: User, said: str) -> HttpResponse:
    return choosing.choosing_page(request, person, asked=request.POST, error=said)
