"""Balances: the sum of everything a tenant received, as it was last counted."""

from __future__ import annotations

from django.db import models

from tenants.models.scoped import TenantModel


class Balance(TenantModel):
    """The last count of a tenant. Exact for the moment `counted_at`, and shown with it."""

    tenant = models.OneToOneField(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    counted_at = models.DateTimeField()
    seconds = models.FloatField()
    # A large tenant is counted less often, so that counting never takes more than a small share.
    due_at = models.DateTimeField()
    ever = models.JSONField(default=dict)
    day = models.JSONField(default=dict)
    imbalances = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"balance of {self.tenant_id}"
