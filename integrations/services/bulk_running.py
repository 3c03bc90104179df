"""Carries bulk jobs out, account by account, each in a scope and a transaction of its own.

A worker holds a job by a lease with a token, and writes down how far it came before it goes on, so
a job goes on whatever process dies. What an account gets and its outcome commit together: a second
worker, or a second try, finds it done. Who started the job must still be allowed to, at each account
anew (staff_door), and one account that fails stops no other.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from integrations.models import BulkJob, BulkStep, JobState, StepState
from integrations.queue import enqueue_bulk
from integrations.services.bulk_acts import ACTS, REFUSALS, Asked
from integrations.services.bulk_jobs import TAKEN_FOR
from integrations.services.bulk_outcomes import Done, NothingToDo
from integrations.sync import pipeline
from tenants import scope
from tenants.models import Tenant, User
from tenants.services import staff_door
from tenants.services.staff import May, NotAllowed, ReasonNeeded
from tenants.services.staff_door import NotAssigned

CHORE = "bulk jobs"
TURN_SECONDS = 15.0
GIVE_UP_AFTER = 3
KEPT_FOR = timedelta(days=90)

_OUR_ERROR = (
    "An error of ours stopped it; the log of the workers says which. It can be tried again."
)
_NOT_YOURS = "You may not act here any more: the account is no longer assigned to you."


class _Over(Exception):
    """Somebody else has finished this account; what was begun for it is undone."""


def run(*, job_id: UUID, seconds: float = TURN_SECONDS) -> bool:
    """Goes on with a job for a while; answers whether it is over. Call outside any scope.

    May be called at any time, twice, and by two workers at once: one of them works.
    """
    until = time.monotonic() + seconds
    token = _take(job_id)
    if token is None:
        return not BulkJob.objects.filter(pk=job_id, state=JobState.RUNNING).exists()
    job = BulkJob.objects.select_related("started_by").get(pk=job_id)
    for position in range(job.position, len(job.accounts)):
        if not _still_mine(job, token, position):
            return True
        if time.monotonic() > until:
            _hand_on(job, token)
            return False
        _do(job, UUID(job.accounts[position]))
    now = timezone.now()
    mine = BulkJob.objects.filter(pk=job_id, token=token, state=JobState.RUNNING)
    mine.update(
        state=JobState.DONE,
        position=len(job.accounts),
        held_until=None,
        due_at=None,
        finished_at=now,
    )
    return True


def run_due(now: datetime) -> None:
    """Asks workers again for jobs whose worker died, and forgets old ones (the platform's chore)."""
    due = BulkJob.objects.filter(state=JobState.RUNNING, due_at__lte=now).order_by("due_at")
    for job_id in list(due.values_list("pk", flat=True)[:100]):
        BulkJob.objects.filter(pk=job_id).update(due_at=now + TAKEN_FOR)
        enqueue_bulk(job_id=job_id)
    old = BulkJob.objects.exclude(state=JobState.RUNNING).filter(finished_at__lt=now - KEPT_FOR)
    for job in list(old.order_by("finished_at")[:10]):
        _forget(job)


def _forget(job: BulkJob) -> None:
    """The accounts' audit logs tell what was done; the job itself is not needed for ever."""
    for account in job.accounts:
        with scope.tenant(UUID(account)):
            BulkStep.objects.filter(job=job).delete()
    BulkJob.objects.filter(pk=job.pk).delete()


def _take(job_id: UUID) -> int | None:
    """The token of this turn; None when the job is over or somebody else is at it."""
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lt=now)
    taken = BulkJob.objects.filter(free, pk=job_id, state=JobState.RUNNING).update(
        token=F("token") + 1, held_until=now + TAKEN_FOR, due_at=now + TAKEN_FOR
    )
    if not taken:
        return None
    return BulkJob.objects.values_list("token", flat=True).get(pk=job_id)


def _still_mine(job: BulkJob, token: int, position: int) -> bool:
    """Writes down how far it came; False when it was stopped or taken by another."""
    now = timezone.now()
    mine = BulkJob.objects.filter(pk=job.pk, token=token, state=JobState.RUNNING)
    kept = mine.update(position=position, held_until=now + TAKEN_FOR, due_at=now + TAKEN_FOR)
    if not kept:
        # A stopped job is free for whoever goes on with it.
        BulkJob.objects.filter(pk=job.pk, token=token).update(held_until=None, position=position)
    return bool(kept)


def _hand_on(job: BulkJob, token: int) -> None:
    BulkJob.objects.filter(pk=job.pk, token=token).update(held_until=None)
    enqueue_bulk(job_id=job.pk)


def _do(job: BulkJob, tenant_id: UUID) -> None:
    """One account to its end: done, nothing to do, or not done and why."""
    while True:
        claimed = _claim(job, tenant_id)
        if claimed is None:
            return
        tenant, tries = claimed
        if tries > GIVE_UP_AFTER:
            _end(job, tenant_id, StepState.FAILED, _OUR_ERROR)
            return
        if pipeline.survives(
            f"bulk job {job.pk} at tenant {tenant_id}", partial(_carry_out, job, tenant)
        ):
            return


def _claim(job: BulkJob, tenant_id: UUID) -> tuple[Tenant, int] | None:
    """The account and how often it was begun, this time included; None when it is over or gone."""
    with scope.tenant(tenant_id):
        tenant = Tenant.objects.filter(pk=tenant_id).first()
        if tenant is None:
            return None
        step, _ = BulkStep.objects.get_or_create(job=job)
        waiting = BulkStep.objects.filter(pk=step.pk, state=StepState.WAITING)
        if not waiting.update(tries=F("tries") + 1):
            return None
        return tenant, step.tries + 1


def _carry_out(job: BulkJob, tenant: Tenant) -> None:
    person = job.started_by
    if person is None:
        _end(job, tenant.pk, StepState.FAILED, "Who started it is not one of our people any more.")
        return
    if tenant.erasing_since is not None:
        _end(job, tenant.pk, StepState.NOTHING, "The account is being erased.")
        return
    try:
        _act(job, tenant, person)
    except (NotAllowed, NotAssigned, ReasonNeeded):
        _end(job, tenant.pk, StepState.FAILED, _NOT_YOURS)
    except NothingToDo as error:
        _end_with_look(job, tenant, person, StepState.NOTHING, str(error))
    except REFUSALS as error:
        _end_with_look(job, tenant, person, StepState.FAILED, str(error))
    except _Over:
        return


def _act(job: BulkJob, tenant: Tenant, person: User) -> None:
    """What the act does here, and that it did, in one transaction."""
    act = ACTS[job.act]
    staff_door.admitted(person, tenant.slug, May.ACT)
    asked = partial(Asked, tenant.pk, job.pk, person, job.asked, timezone.now())
    looked: Any = act.look(asked()) if act.look else None
    with staff_door.acting(
        person, tenant.slug, act=_said(job), reason=job.reason, about=str(job.pk)
    ):
        _refuse_when_over(job)
        done = act.do(asked(looked=looked))
        _keep(job, StepState.FAILED if done.is_bad else StepState.DONE, done)


def _said(job: BulkJob) -> str:
    return f"{ACTS[job.act].words}, with other accounts"


def _refuse_when_over(job: BulkJob) -> None:
    """Locks the account's step. Raises _Over when it has ended meanwhile."""
    step = BulkStep.objects.select_for_update().get(job=job)
    if step.state != StepState.WAITING:
        raise _Over


def _keep(job: BulkJob, state: StepState, done: Done) -> None:
    BulkStep.objects.filter(job=job, state=StepState.WAITING).update(
        state=state, said=done.said[:1000], details=dict(done.details), finished_at=timezone.now()
    )


def _end_with_look(job: BulkJob, tenant: Tenant, person: User, state: StepState, said: str) -> None:
    """What was found out here is a look into the account, so its log tells of it."""
    with staff_door.looking(person, tenant.slug, at=f"{_said(job)}, which did nothing"):
        _keep(job, state, Done(said))


def _end(job: BulkJob, tenant_id: UUID, state: StepState, said: str) -> None:
    with scope.tenant(tenant_id):
        _keep(job, state, Done(said))
