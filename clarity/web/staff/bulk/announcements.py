"""Announcements: what was announced, one of them, ending it, and one to all accounts."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.activity.words import Badge
from clarity.web.staff.bulk import announcing
from clarity.web.staff.bulk.choosing import number
from clarity.web.staff.bulk.starting import uuid_of
from clarity.web.staff.gate import staff_page
from tenants.models import Announcement, User
from tenants.services import announcements, staff
from tenants.services.announcements import BadAnnouncement
from tenants.services.staff import LONGEST_REASON, May, NotAllowed, ReasonNeeded, refuse_unless

ROWS = 50

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


def badge(one: Announcement) -> Badge:
    """Whether it is shown now."""
    now = timezone.now()
    if one.ended_at is not None and one.ended_at <= now:
        return Badge("Ended early", "muted", "pause")
    if one.ends_at <= now:
        return Badge("Over", "muted", "minus")
    return Badge("Shown now", "green", "check") if one.begins_at <= now else Badge(
        "Planned", "azure", "clock"
    )  # fmt: skip


@staff_page
@require_safe
def every(request: HttpRequest, person: User) -> HttpResponse:
    """All of them, the newest first."""
    refuse_unless(person, May.ACT)
    before = number(request.GET.get("before", ""))
    found = announcements.history(before=before, limit=ROWS + 1)
    shown = found[:ROWS]
    context = {
        "here": "bulk",
        "part": "announcements",
        "announcements": [(one, badge(one)) for one in shown],
        "is_first": before is None,
        "next": shown[-1].pk if len(found) > ROWS else "",
        "may_all": staff.may(person, May.GOVERN),
    }
    return render(request, "staff/bulk/announcements.html", context)


@staff_page
@_asks_first
def one(request: HttpRequest, person: User, announcement_id: int) -> HttpResponse:
    """One of them as members see it; asks whether to end it, and ends it."""
    refuse_unless(person, May.ACT)
    found = announcements.find(announcement_id) if announcement_id < 2**63 else None
    if found is None:
        raise Http404
    now = timezone.now()
    if request.method == "POST":
        if announcements.end(announcement=found, by=person, now=now):
            messages.success(request, "Nobody sees it any more.")
        return redirect("admin:announcement", announcement_id=announcement_id)
    is_over = found.ends_at <= now or found.ended_at is not None
    may_end = found.author_id == person.pk or staff.may(person, May.GOVERN)
    context = {
        "here": "bulk",
        "part": "announcements",
        "one": found,
        "badge": badge(found),
        "reached": announcements.reached(person, found),
        "can_end": may_end and not is_over,
    }
    return render(request, "staff/bulk/announcement.html", context)


@staff_page
@_asks_first
def to_all(request: HttpRequest, person: User) -> HttpResponse:
    """Announces something to every account. For superusers; others announce to those they choose."""
    if not staff.may(person, May.GOVERN):
        raise NotAllowed("Only a superuser announces something to accounts they do not look after.")
    wrong: dict[str, str] = {}
    shown = None
    form_id = uuid_of(request.POST.get("form", "")) or uuid4()
    if request.method == "POST":
        shown, found_wrong = announcing.preview(request)
        wrong = dict(found_wrong)
        if shown is not None and "preview" not in request.POST:
            try:
                made, _ = announcements.make_for_all(
                    shown,
                    form_id=form_id,
                    by=person,
                    reason=request.POST.get("reason", ""),
                    now=timezone.now(),
                )
            except ReasonNeeded as refused:
                wrong = {"reason": str(refused)}
            except BadAnnouncement as refused:
                wrong = {refused.field: str(refused)}
            else:
                messages.success(request, "It is announced to all accounts.")
                return redirect("admin:announcement", announcement_id=made.pk)
    context: dict[str, Any] = {
        "here": "bulk",
        "part": "announcements",
        "preview": shown,
        "form_id": form_id,
        "wrong": wrong,
        "sent": request.POST,
        "longest": LONGEST_REASON,
        **announcing.form_context(request, staff.assigned(person, limit=200)),
    }
    return render(request, "staff/bulk/to_all.html", context, status=422 if wrong else 200)
