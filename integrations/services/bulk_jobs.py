"""Bulk jobs of our own people: started, watched, stopped, gone on with.

A job holds ids of accounts only. What came of it at each lies with that account, and is read in
`scope.user`, where row-level security shows a staff member the accounts they look after. Every
function is called outside any scope.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from integrations.models import BulkJob, BulkStep, JobState, StepState
from integrations.queue import enqueue_bulk
from integrations.services.bulk_acts import ACTS
from tenants import scope
from tenants.models import StaffAssignment, Tenant, User
from tenants.services import staff
from tenants.services.staff import May

MOST_ACCOUNTS = 500
# A worker that took a job and died is replaced after this time.
TAKEN_FOR = timedelta(seconds=150)


class CannotStart(ValueError):
    """The job cannot be started so; the message says why."""


@dataclass(frozen=True)
class Progress:
    """How far a job is, as its reader may see it. `hidden` accounts are looked after by others."""

    total: int
    done: int
    nothing: int
    failed: int
    hidden: int

    @property
    def left(self) -> int:
        return self.total - self.done - self.nothing - self.failed - self.hidden

    @property
    def percent(self) -> int:
        return 100 * (self.total - self.left) // self.total if self.total else 100


@dataclass(frozen=True)
class Line:
    """One account of a job; `step` is None while nobody has begun it."""

    tenant: Tenant
    step: BulkStep | None


def chosen(person: User, slugs: Sequence[str]) -> Sequence[Tenant]:
    """Those of these accounts that the person looks after and that are not being erased, by name."""
    if staff.role_of(person) is None:
        return []
    with scope.user(person.pk):
        rows = _mine(person).filter(slug__in=list(slugs)[: 2 * MOST_ACCOUNTS], erasing_since=None)
        return list(rows.order_by("name", "pk"))


def start(
    *,
    job_id: UUID,
    act: str,
    accounts: Sequence[Tenant],
    over: str,
    reason: str,
    by: User,
    now: datetime,
    settings: Mapping[str, Any] | None = None,
) -> BulkJob:
    """Lets workers do it to each account, once; the job of this id when there is one already.

    Raises NotAllowed, ReasonNeeded, CannotStart.
    """
    staff.refuse_unless(by, May.ACT)
    known: BulkJob | None = BulkJob.objects.filter(pk=job_id).first()
    if known is not None:
        if known.started_by_id != by.pk:
            raise CannotStart("Open the page anew: somebody else has sent this form before.")
        return known
    why = staff.said_why(reason)
    if act not in ACTS:
        raise CannotStart("Choose what is to be done.")
    if not accounts:
        raise CannotStart("Choose at least one account.")
    if len(accounts) > MOST_ACCOUNTS:
        raise CannotStart(
            f"{len(accounts):,} accounts are chosen; at most {MOST_ACCOUNTS} go at once."
        )
    with transaction.atomic():
        job, is_new = BulkJob.objects.get_or_create(
            pk=job_id,
            defaults={
                "act": act,
                "asked": dict(settings or {}),
                "reason": why,
                "over": over[:120],
                "accounts": [str(one.pk) for one in accounts],
                "due_at": now + TAKEN_FOR,
                "started_by": by,
                "started_at": now,
            },
        )
        if is_new:
            enqueue_bulk(job_id=job.pk)
    return job


def find(person: User, job_id: UUID) -> BulkJob | None:
    """The job, when the person may see it: their own, and a superuser's any."""
    rows = BulkJob.objects.select_related("started_by")
    if not staff.may(person, May.GOVERN):
        rows = rows.filter(started_by=person)
    return rows.filter(pk=job_id).first()


def jobs(
    person: User, *, before: tuple[datetime, UUID] | None = None, limit: int = 50
) -> Sequence[BulkJob]:
    """The jobs the person may see, the newest first; `before`: start and id of the last one shown."""
    rows = BulkJob.objects.select_related("started_by")
    if not staff.may(person, May.GOVERN):
        rows = rows.filter(started_by=person)
    if before is not None:
        at, pk = before
        rows = rows.filter(Q(started_at__lt=at) | Q(started_at=at, pk__gt=pk))
    return list(rows.order_by("-started_at", "pk")[:limit])


def progress(person: User, job: BulkJob) -> Progress:
    """Counted from the accounts the person looks after."""
    with scope.user(person.pk):
        visible = _mine(person).filter(pk__in=job.accounts).count()
        states = Counter(_steps(person, job).values_list("state", flat=True))
    return Progress(
        total=len(job.accounts),
        done=states[StepState.DONE],
        nothing=states[StepState.NOTHING],
        failed=states[StepState.FAILED],
        hidden=len(job.accounts) - visible,
    )


def lines(
    person: User,
    job: BulkJob,
    *,
    state: str = "",
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> Sequence[Line]:
    """The accounts of a job with what came of it, by name; `after`: name and id of the last one."""
    with scope.user(person.pk):
        rows = _mine(person).filter(pk__in=job.accounts)
        if state in StepState.values:
            steps = _steps(person, job)
            if state == StepState.WAITING:
                rows = rows.exclude(pk__in=steps.exclude(state=state).values("tenant_id"))
            else:
                rows = rows.filter(pk__in=steps.filter(state=state).values("tenant_id"))
        if after is not None:
            name, pk = after
            rows = rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk))
        found = list(rows.order_by("name", "pk")[:limit])
        steps_of = {one.tenant_id: one for one in _steps(person, job).filter(tenant_id__in=found)}
    return [Line(one, steps_of.get(one.pk)) for one in found]


def with_changes(person: User, job: BulkJob) -> Sequence[Tenant]:
    """The accounts at which a job was done, for one that follows it."""
    with scope.user(person.pk):
        done = _steps(person, job).filter(state=StepState.DONE)
        rows = _mine(person).filter(pk__in=done.values("tenant_id"), erasing_since=None)
        return list(rows.order_by("name", "pk"))


def stop(*, job: BulkJob, by: User, now: datetime) -> bool:
    """Lets no further account follow; the one at work is finished. Answers whether it was running.

    Raises NotAllowed.
    """
    staff.refuse_unless(by, May.ACT)
    rows = BulkJob.objects.filter(pk=job.pk, state=JobState.RUNNING)
    return bool(rows.update(state=JobState.STOPPED, due_at=None, finished_at=now))


def go_on(*, job: BulkJob, by: User, now: datetime) -> bool:
    """Does what is left of a job that was stopped, and tries again what could not be done.

    For who started it; answers whether there was something. Raises NotAllowed.
    """
    staff.refuse_unless(by, May.ACT)
    if job.started_by_id != by.pk:
        raise staff.NotAllowed("Only who started it goes on with it: it is done in their name.")
    with scope.user(by.pk):
        again = _steps(by, job).filter(state__in=(StepState.FAILED, StepState.WAITING))
        left = list(again.values_list("tenant_id", flat=True))
    if not left and job.position >= len(job.accounts):
        return False
    # First, so that a second click, or a job that runs, puts no account back behind its worker.
    went = (
        BulkJob.objects.filter(pk=job.pk)
        .exclude(state=JobState.RUNNING)
        .update(
            # Whoever is still at its last account is fenced off, so that nobody waits for them.
            token=F("token") + 1,
            held_until=None,
            state=JobState.RUNNING,
            position=0,
            due_at=now + TAKEN_FOR,
            finished_at=None,
        )
    )
    if not went:
        return False
    for tenant_id in left:
        with scope.tenant(tenant_id):
            rows = BulkStep.objects.filter(job=job, state=StepState.FAILED)
            rows.update(state=StepState.WAITING, tries=0, said="", details={}, finished_at=None)
    enqueue_bulk(job_id=job.pk)
    return True


def _mine(person: User) -> QuerySet[Tenant, Any]:
    return Tenant.objects.filter(pk__in=_assigned(person))


def _steps(person: User, job: BulkJob) -> QuerySet[BulkStep, Any]:
    """`objects` would want a tenant; row-level security shows those of assigned tenants."""
    rows: QuerySet[BulkStep, Any] = BulkStep._base_manager.filter(
        job=job, tenant_id__in=_assigned(person)
    )
    return rows


def _assigned(person: User) -> QuerySet[StaffAssignment, Any]:
    rows = StaffAssignment._base_manager.filter(staff=person, ended_at=None)
    return rows.values("tenant_id")
