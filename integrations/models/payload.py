"""Stored payloads: compressed, encrypted under the tenant's key, apart from the hot rows."""

from __future__ import annotations

from django.db import models

from tenants.models.scoped import TenantModel


class Payload(TenantModel):
    """One sealed document. Only the vault can open it; `context` is part of the seal."""

    # Written with the row that names it, whose own constraint sees to the tenant: once is enough.
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    id = models.BigAutoField(primary_key=True)
    context = models.CharField(max_length=255)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["tenant"], name="payload_of_tenant")]

    def __str__(self) -> str:
        return f"payload {self.pk}"
