"""Lanes: who may call an account at this moment."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection
from tenants.models.scoped import TenantModel


class BreakerState(models.TextChoices):
    """`OPEN`: the account looks ill, nothing calls it. `HALF_OPEN`: one call finds out."""

    CLOSED = "closed", "Answering"
    OPEN = "open", "Not answering"
    HALF_OPEN = "half_open", "Being tried"


class Lane(TenantModel):
    """The lease on one connection, and what must outlive the process that holds it.

    `token` fences: it grows with each new holder, and a holder whose token is not the row's any
    more must stop. `hinted_at` is set while a queue entry or a holder will look at the lane.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="lane"
    )
    holder = models.CharField(max_length=120, blank=True)
    token = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    hinted_at = models.DateTimeField(null=True)
    # Set when the other system asked for a rest, or looks ill; nothing is called before it.
    parked_until = models.DateTimeField(null=True)
    parked_reason = models.CharField(max_length=400, blank=True)
    # The circuit breaker: failures in a row, how it stands, and how often in a row it opened.
    failures = models.PositiveIntegerField(default=0)
    breaker = models.CharField(
        max_length=9,
        choices=BreakerState.choices,
        default=BreakerState.CLOSED,
        db_default=BreakerState.CLOSED,
    )
    breaker_since = models.DateTimeField(null=True)
    openings = models.PositiveIntegerField(default=0, db_default=0)
    # What is known of the account's rate limit, {} while nothing is.
    pace = models.JSONField(default=dict, db_default={})
    # When credentials that end must be renewed, used or not.
    refresh_at = models.DateTimeField(null=True)
    # Grows when rules of a flow out of this account were published; read with the lease.
    rules_revision = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="lane_due")
        ]

    def __str__(self) -> str:
        return f"lane of {self.connection_id}"
