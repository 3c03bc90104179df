"""Tokens that programs of a tenant sign in with."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenants.models.scoped import TenantModel


class ApiToken(TenantModel):
    """A token, of which only a hash is kept. `prefix` is its public part, by which it is found."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    # SHA-256 in hex. The secret has 256 random bits, so nothing slower is needed to protect it.
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    # To the minute: it is written at most once in that time.
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "prefix"], name="api_token_prefix_once"),
        ]

    def __str__(self) -> str:
        return f"API token {self.prefix}"

    def is_usable(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and now < self.expires_at
