"""Deliveries: one record on its way into one system, and every attempt to write it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection
from integrations.models.inbox import InboxItem
from integrations.models.incident import Incident
from integrations.models.pair import Flow
from integrations.models.rank import Rank
from tenants.models.scoped import TenantModel


class DeliveryState(models.TextChoices):
    """`REPLACED`: a newer delivery of the same record speaks for it."""

    WAITING = "waiting", "On its way"
    DELIVERED = "delivered", "Delivered"
    UNCHANGED = "unchanged", "Nothing to change"
    REPLACED = "replaced", "Replaced by a newer one"
    FILTERED = "filtered", "Left out"
    HELD = "held", "Held"
    DEAD = "dead", "Given up"


class Delivery(TenantModel):
    """One record for one target. The row exists before the request leaves."""

    # Every index that queries use begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Partitions of the inbox come and go, so the database does not check this one.
    inbox_item = models.ForeignKey(
        InboxItem, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False
    )
    target = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    entity = models.CharField(max_length=12)
    key = models.CharField(max_length=191)
    number = models.CharField(max_length=80, blank=True)
    reference = models.CharField(max_length=191, blank=True)
    version = models.CharField(max_length=40, blank=True)
    # Canonical record, mapped fields and the rules that made them, sealed together.
    payload_id = models.BigIntegerField(null=True)
    content_hash = models.CharField(max_length=64)
    mapping_version = models.CharField(max_length=80)
    rank = models.SmallIntegerField(choices=Rank.choices, default=Rank.OTHER, db_default=Rank.OTHER)
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    reason = models.CharField(max_length=600, blank=True)
    field = models.CharField(max_length=200, blank=True)
    said = models.CharField(max_length=400, blank=True)
    advice = models.CharField(max_length=600, blank=True)
    # The failure it was part of; it stays when another delivery took its place.
    incident = models.ForeignKey(
        Incident,
        null=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    # Records that must be linked first, as [entity, source key, our reference].
    needs = models.JSONField(default=list)
    # Ids gained by the steps of a saga; never personal data.
    progress = models.JSONField(default=dict)
    attempts = models.PositiveIntegerField(default=0)
    # Time spent trying; rests in which nobody tried do not count.
    trying_seconds = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    intent_at = models.DateTimeField(null=True)
    target_key = models.CharField(max_length=191, blank=True)
    target_label = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Not stored: how a record that goes both ways is merged, from its intent to its outcome.
    merge: Any = None

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "target", "rank", "due_at", "id"],
                condition=Q(state="waiting"),
                name="delivery_waiting",
            ),
            models.Index(fields=["tenant", "flow", "key", "-id"], name="delivery_by_key"),
            models.Index(
                fields=["tenant", "flow", "state", "inbox_item"],
                condition=Q(state__in=("waiting", "held", "dead")),
                name="delivery_open",
            ),
            models.Index(
                fields=["tenant", "flow", "-finished_at"],
                condition=Q(state="delivered"),
                name="delivery_last",
            ),
            models.Index(
                fields=["tenant", "incident", "state", "id"],
                condition=Q(incident__isnull=False),
                name="delivery_of_incident",
            ),
            # The list of all deliveries, for those who look after the account.
            models.Index(fields=["tenant", "flow", "-created_at", "-id"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.number or self.key}"


class Attempt(TenantModel):
    """One try of a delivery. Its requests and answers are sealed, without secrets and cards."""

    # Every index that queries use begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="tries", db_constraint=False
    )
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=600, blank=True)
    calls = models.PositiveIntegerField(default=0)
    payload_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-started_at", "-id"], name="attempt_newest")]

    def __str__(self) -> str:
        return f"attempt {self.number} of delivery {self.delivery_id}"
