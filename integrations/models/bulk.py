"""Bulk acts of our own people: one thing done to several accounts, each by itself."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from tenants.models.scoped import TenantModel


class JobState(models.TextChoices):
    RUNNING = "running", "Running"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"


class StepState(models.TextChoices):
    """`NOTHING`: there was nothing to do at this account, and nothing was done."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    NOTHING = "nothing", "Nothing to do"
    FAILED = "failed", "Not done"


class BulkJob(models.Model):
    """Who does what, why, and to which accounts. What came of it lies with each account, as BulkStep.

    It holds ids of accounts and nothing they say, and belongs to no tenant. `position` counts the
    accounts that were tried; the holder renews `held_until` with it, and `token` fences off one that
    was given up for dead. `due_at`: when a worker is asked again, none when it is over.
    """

    # That of the form, so that a second click starts nothing twice.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    act = models.CharField(max_length=20)
    # What the act needs besides: the text of a note, the version of a template.
    asked = models.JSONField(default=dict)
    reason = models.CharField(max_length=500)
    # Over what, in words: "the group Gift shops".
    over = models.CharField(max_length=120)
    accounts = models.JSONField(default=list)
    state = models.CharField(max_length=7, choices=JobState.choices, default=JobState.RUNNING)
    position = models.PositiveIntegerField(default=0)
    token = models.BigIntegerField(default=0)
    held_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["started_by", "-started_at", "id"], name="bulk_job_of_person"),
            models.Index(fields=["due_at"], condition=Q(state="running"), name="bulk_job_due"),
        ]

    def __str__(self) -> str:
        return f"{self.act} over {self.over}"


class BulkStep(TenantModel):
    """What a job did to one account. Readable by who looks after the account, in `scope.user`.

    `tries` counts how often a worker began it, so that one which ends workers is given up.
    `details`: for a template, what it changes here.
    """

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=StepState.choices, default=StepState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=1000, blank=True)
    details = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "job"], name="bulk_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} at {self.tenant_id}: {self.state}"
