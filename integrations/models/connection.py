"""A connection: one account at one system."""

from __future__ import annotations

import uuid

from django.db import models

from tenants.models.scoped import TenantModel


class Environment(models.TextChoices):
    SANDBOX = "sandbox", "Sandbox"
    PRODUCTION = "production", "Production"


class ConnectionState(models.TextChoices):
    """`NEEDS_OWNER`: the credentials were refused; work waits until someone reconnects.
    `DISCONNECTED`: a person ended it, and its credentials were destroyed."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    NEEDS_OWNER = "needs_owner", "Reconnect needed"
    DISCONNECTED = "disconnected", "Disconnected"


class Connection(TenantModel):
    """One account at one system, with its settings. Its secrets lie in the vault."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Allowed names come from the registry, in the form; a new connector needs no migration.
    connector = models.CharField(max_length=40)
    flavour = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=12, choices=Environment.choices)
    base_url = models.URLField(max_length=400)
    settings = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        max_length=12, choices=ConnectionState.choices, default=ConnectionState.ACTIVE
    )
    state_reason = models.CharField(max_length=400, blank=True)
    state_since = models.DateTimeField(auto_now_add=True)
    account_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="connection_name_per_tenant"),
        ]

    def __str__(self) -> str:
        return self.name
