"""Bulk jobs: those there are, how far one is, stopping it and going on."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clarity.web.fragments import fragment
from clarity.web.mapping_editor.words import sentence
from clarity.web.staff.bulk import words
from clarity.web.staff.bulk.choosing import place
from clarity.web.staff.bulk.starting import uuid_of
from clarity.web.staff.gate import staff_page
from integrations.models import BulkJob, Direction, JobState, StepState
from integrations.services import bulk_jobs
from integrations.services.bulk_jobs import CannotStart, Line
from tenants.models import User
from tenants.moments import moment_of
from tenants.services.staff import LONGEST_REASON, May, ReasonNeeded, refuse_unless

ROWS = 50
# htmx asks no more after this answer.
STOP_POLLING = 286
# Rules shown of one draft at one account; the rest is counted.
MOST_RULES = 60


@staff_page
@require_safe
def jobs(request: HttpRequest, person: User) -> HttpResponse:
    """The jobs one may see, the newest first."""
    refuse_unless(person, May.ACT)
    before = _before(request.GET.get("before", ""))
    found = bulk_jobs.jobs(person, before=before, limit=ROWS + 1)
    shown = found[:ROWS]
    last = shown[-1] if len(found) > ROWS else None
    context = {
        "here": "bulk",
        "part": "bulk-jobs",
        "jobs": [(one, words.ACTS[one.act].label, words.job_badge(one)) for one in shown],
        "is_first": before is None,
        "next": f"{last.started_at.isoformat()}_{last.pk}" if last else "",
    }
    return render(request, "staff/bulk/jobs.html", context)


@staff_page
@require_safe
def job(request: HttpRequest, person: User, job_id: UUID) -> HttpResponse:
    """One job with its accounts."""
    found = _job(person, job_id)
    return render(request, "staff/bulk/job.html", _context(request, person, found))


@staff_page
@require_safe
def now(request: HttpRequest, person: User, job_id: UUID) -> HttpResponse:
    """The part of it that changes; of a job that is over, for the last time."""
    found = _job(person, job_id)
    answer = fragment(request, "staff/bulk/now.html", _context(request, person, found))
    if found.state != JobState.RUNNING and answer.status_code == HTTPStatus.OK:
        answer.status_code = STOP_POLLING
    return answer


@staff_page
@require_POST
def stop(request: HttpRequest, person: User, job_id: UUID) -> HttpResponse:
    """Lets no further account follow."""
    found = _job(person, job_id)
    if bulk_jobs.stop(job=found, by=person, now=timezone.now()):
        messages.success(request, "It stops. The account at work is finished, no other follows.")
    return redirect("admin:bulk-job", job_id=job_id)


@staff_page
@require_POST
def go_on(request: HttpRequest, person: User, job_id: UUID) -> HttpResponse:
    """Does what is left, and tries again what could not be done."""
    found = _job(person, job_id)
    if bulk_jobs.go_on(job=found, by=person, now=timezone.now()):
        messages.success(request, "It goes on with what is left.")
    return redirect("admin:bulk-job", job_id=job_id)


@staff_page
@require_http_methods(["GET", "HEAD", "POST"])
def drafts(request: HttpRequest, person: User, job_id: UUID) -> HttpResponse:
    """After a template was looked over: asks whether to make the drafts, and starts it."""
    looked = _job(person, job_id)
    if looked.act != "template_look" or looked.state == JobState.RUNNING:
        raise Http404
    accounts = bulk_jobs.with_changes(person, looked)
    error = ""
    if request.method == "POST":
        try:
            made = bulk_jobs.start(
                job_id=uuid_of(request.POST.get("form", "")) or uuid4(),
                act="template",
                accounts=accounts,
                over=looked.over,
                reason=request.POST.get("reason", ""),
                by=person,
                now=timezone.now(),
                settings={
                    "version": looked.asked["version"],
                    "looked": str(looked.pk),
                    "with_tables": "tables" in request.POST,
                    "with_policies": "policies" in request.POST,
                },
            )
        except (ReasonNeeded, CannotStart) as refused:
            error = str(refused)
        else:
            return redirect("admin:bulk-job", job_id=made.pk)
    context = {
        "here": "bulk",
        "part": "bulk-jobs",
        "job": looked,
        "words": words.ACTS["template"],
        "accounts": accounts,
        "form_id": request.POST.get("form") if error else uuid4(),
        "sent": request.POST,
        "error": error,
        "longest": LONGEST_REASON,
    }
    return render(request, "staff/bulk/drafts.html", context, status=422 if error else 200)


def _job(person: User, job_id: UUID) -> BulkJob:
    refuse_unless(person, May.ACT)
    found = bulk_jobs.find(person, job_id)
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, person: User, job: BulkJob) -> dict[str, Any]:
    state = request.GET.get("state", "")
    after = place(request.GET.get("after", ""))
    found = bulk_jobs.lines(person, job, state=state, after=after, limit=ROWS + 1)
    shown = found[:ROWS]
    progress = bulk_jobs.progress(person, job)
    last = shown[-1].tenant if len(found) > ROWS else None
    is_mine = job.started_by_id == person.pk
    return {
        "here": "bulk",
        "part": "bulk-jobs",
        "job": job,
        "words": words.ACTS[job.act],
        "badge": words.job_badge(job),
        "progress": progress,
        "lines": [_shown(line) for line in shown],
        "state": state if state in StepState.values else "",
        "states": [
            ("", "All"), ("done", "Done"), ("failed", "Look at it"), ("nothing", "Nothing to do"),
            ("waiting", "Waiting"),
        ],
        "is_running": job.state == JobState.RUNNING,
        "can_go_on": is_mine and job.state != JobState.RUNNING
        and bool(progress.left or progress.failed),
        "can_draft": is_mine and job.act == "template_look" and job.state == JobState.DONE
        and bool(progress.done),
        "is_first": after is None,
        "after": request.GET.get("after", "") if after else "",
        "next": f"{last.pk}_{last.name}" if last else "",
    }  # fmt: skip


def _shown(line: Line) -> dict[str, Any]:
    details = line.step.details if line.step else {}
    return {
        "tenant": line.tenant,
        "step": line.step,
        "badge": words.step_badge(line.step),
        "pairs": [_pair(one) for one in details.get("pairs", ())],
    }


def _pair(found: dict[str, Any]) -> dict[str, Any]:
    """What a template changes at one pair, in words."""
    drafts = [
        {
            "name": f"{one['entity'].capitalize()}, {Direction(one['direction']).label.lower()}",
            "rules": [
                {
                    "target": rule["target"],
                    "before": sentence(one["entity"], rule["before"]),
                    "after": sentence(one["entity"], rule["after"]),
                }
                for rule in one["rules"][:MOST_RULES]
            ],
            "more": max(0, len(one["rules"]) - MOST_RULES),
        }
        for one in found["drafts"]
    ]
    tables = [{**one, "rows": sorted(one["rows"].items())[:MOST_RULES]} for one in found["tables"]]
    return {**found, "drafts": drafts, "tables": tables}


def _before(text: str) -> tuple[datetime, UUID] | None:
    at, _, pk = text.partition("_")
    try:
        return moment_of(at), UUID(pk)
    except ValueError:
        return None
