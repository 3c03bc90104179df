"""The secrets of a connection, one sealed value a field; read and written by the vault only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from tenants.models.scoped import TenantModel


class Credential(TenantModel):
    """One credential field of one connection, sealed under the tenant's data key."""

    # No index of its own: every query names the tenant, so the unique one below serves.
    connection = models.ForeignKey(
        "integrations.Connection",
        on_delete=models.CASCADE,
        related_name="credentials",
        db_index=False,
    )
    field = models.CharField(max_length=64)
    sealed = models.BinaryField()
    key_version = models.PositiveIntegerField()
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "field"], name="credential_field_once"
            ),
        ]

    def __str__(self) -> str:
        return f"credential {self.field} of connection {self.connection_id}"
