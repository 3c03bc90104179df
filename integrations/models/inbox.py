"""The inbox: every notice that was accepted, kept before it is answered.

Inbox items, deliveries, attempts and payloads are partitioned by id, and the id tells the day: see
integrations/services/partitions.py. So look a row up by its id, or bound the ids, where it matters.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection
from integrations.models.incident import Incident
from integrations.models.rank import Rank
from tenants.models.scoped import TenantModel


class InboxState(models.TextChoices):
    """`PASSED`: one delivery for each flow exists. `MERGED`: a newer notice of the same record
    speaks for it. `HELD` waits for a person; `DEAD` was given up; `FILTERED` was left out by a
    rule that is named in `reason`."""

    WAITING = "waiting", "Waiting"
    PASSED = "passed", "Passed on"
    MERGED = "merged", "Merged into a newer one"
    FILTERED = "filtered", "Left out"
    HELD = "held", "Held"
    DEAD = "dead", "Given up"


class InboxItem(TenantModel):
    """A stored notice."""

    # Every index that queries use begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    entity = models.CharField(max_length=12)
    key = models.CharField(max_length=191)
    topic = models.CharField(max_length=80)
    # Two names of one happening: of the event, and of this delivery of it. Both come in once only,
    # which NoticeName sees to: this table is partitioned by id and cannot.
    event = models.CharField(max_length=191, blank=True)
    delivery = models.CharField(max_length=191, blank=True)
    version = models.CharField(max_length=40, blank=True)
    payload_id = models.BigIntegerField(null=True)
    rank = models.SmallIntegerField(choices=Rank.choices, default=Rank.OTHER, db_default=Rank.OTHER)
    state = models.CharField(max_length=8, choices=InboxState.choices, default=InboxState.WAITING)
    # How many deliveries it was passed on as: the other entry of the double bookkeeping.
    passed_to = models.PositiveSmallIntegerField(default=0, db_default=0)
    number = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=600, blank=True)
    field = models.CharField(max_length=200, blank=True)
    said = models.CharField(max_length=400, blank=True)
    advice = models.CharField(max_length=600, blank=True)
    # The last failure it was part of; it stays when the record has left that failure behind.
    incident = models.ForeignKey(
        Incident,
        null=True,
        on_delete=models.SET_NULL,
        related_name="items",
        db_constraint=False,
        db_index=False,
    )
    attempts = models.PositiveIntegerField(default=0)
    # Time spent trying; rests in which nobody tried do not count.
    trying_seconds = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "connection", "rank", "due_at", "id"],
                condition=Q(state="waiting"),
                name="inbox_waiting",
            ),
            models.Index(
                fields=["tenant", "connection", "topic", "event"],
                condition=Q(rank=Rank.BACKFILL),
                name="inbox_of_backfill",
            ),
            models.Index(fields=["tenant", "connection", "entity", "key"], name="inbox_by_key"),
            # What people look at first: how much waits, is held or was given up.
            models.Index(
                fields=["tenant", "connection", "entity", "state", "id"],
                condition=Q(state__in=("waiting", "held", "dead")),
                name="inbox_open",
            ),
            models.Index(
                fields=["tenant", "connection", "entity", "-received_at", "-id"],
                name="inbox_latest",
            ),
            # A number is what people look for.
            models.Index(fields=["tenant", "number"], condition=~Q(number=""), name="inbox_number"),
            models.Index(
                fields=["tenant", "incident", "state", "id"],
                condition=Q(incident__isnull=False),
                name="inbox_of_incident",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.number or self.key}"
