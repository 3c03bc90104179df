"""What programs have asked for: requests that must not run twice, and how many came."""

from __future__ import annotations

from django.db import models

from tenants.models.scoped import TenantModel


class ApiRequest(TenantModel):
    """A write that came with an Idempotency-Key, and its answer.

    `actor` is the id of the token or user, so that two programs may choose the same key. `status`
    is empty while the request runs.
    """

    id = models.BigAutoField(primary_key=True)
    actor = models.UUIDField()
    key = models.CharField(max_length=200)
    # A keyed hash of method, path and body: a body may hold credentials.
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "actor", "key"], name="api_request_once"),
        ]

    def __str__(self) -> str:
        return f"API request {self.pk}"


class ApiUse(TenantModel):
    """How many requests came in the current minute, of one token or user or of the whole tenant."""

    id = models.BigAutoField(primary_key=True)
    who = models.CharField(max_length=40)
    # Minutes since the epoch.
    minute = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "who"], name="api_use_once"),
        ]

    def __str__(self) -> str:
        return f"API use of {self.who}"
