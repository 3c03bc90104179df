"""Incidents: equal failures as one thing a person can look at, and alarms of the engine itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection
from tenants.models.scoped import TenantModel

# The kind of an incident that groups stopped records; every other kind is an alarm.
RECORDS = "records"


class IncidentState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class Side(models.TextChoices):
    """On which side the records stopped: while they were read, or on their way to the target."""

    SOURCE = "source", "Source"
    TARGET = "target", "Target"


class ReplayState(models.TextChoices):
    """`CANARY`: one record runs, the others wait for it. `REST`: it went through, they follow."""

    CANARY = "canary", "Trying one record"
    REST = "rest", "Replaying the rest"
    DONE = "done", "Replayed"
    STOPPED = "stopped", "Stopped"


class Incident(TenantModel):
    """One cause of failures. The same cause coming back opens the same row again.

    How many records it has is counted from the rows that name it; nothing here is a counter, so
    that many failures at once do not wait for each other.
    """

    # Every index that queries use begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    fingerprint = models.CharField(max_length=64)
    kind = models.CharField(max_length=40, default=RECORDS)
    state = models.CharField(
        max_length=6, choices=IncidentState.choices, default=IncidentState.OPEN
    )
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    side = models.CharField(max_length=6, choices=Side.choices, blank=True)
    entity = models.CharField(max_length=12, blank=True)
    error = models.CharField(max_length=40, blank=True)
    field = models.CharField(max_length=200, blank=True)
    # What went wrong, without the values of single records.
    message = models.CharField(max_length=600, blank=True)
    advice = models.CharField(max_length=600, blank=True)
    first_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    replay_state = models.CharField(max_length=7, choices=ReplayState.choices, blank=True)
    # The inbox item that goes first, and how many there were to replay when it was asked for.
    replay_item = models.BigIntegerField(null=True)
    # When set, only records that stopped at this value take part.
    replay_value = models.CharField(max_length=400, blank=True)
    # The same for several values.
    replay_values = models.JSONField(default=list, db_default=[])
    # When set, only records of this pair: each pair has lookup tables of its own.
    replay_pair = models.UUIDField(null=True)
    # Rows with a greater id came after the replay began and take no part.
    replay_upto = models.BigIntegerField(default=0)
    replay_total = models.PositiveIntegerField(default=0)
    replay_at = models.DateTimeField(null=True)
    replay_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    replay_note = models.CharField(max_length=600, blank=True)
    # When somebody must look at it again: a replay goes on, or nothing is stuck any more.
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "fingerprint"], name="incident_cause_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "state", "-last_at", "-id"], name="incident_latest"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="incident_due"),
        ]

    def __str__(self) -> str:
        return f"incident {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == IncidentState.OPEN

    @property
    def has_records(self) -> bool:
        return self.kind == RECORDS

    @property
    def is_replaying(self) -> bool:
        return self.replay_state in (ReplayState.CANARY, ReplayState.REST)
