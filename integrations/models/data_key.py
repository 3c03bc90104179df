"""A tenant's data keys: what its credentials and payloads are encrypted with, wrapped."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from tenants.models.scoped import TenantModel


class DataKey(TenantModel):
    """One version of a tenant's data key, encrypted under a master key.

    The newest version is active and seals; older ones stay to open what they sealed. Without
    these rows nothing of the tenant can be read again, in the database or in any backup of it.
    """

    version = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    master_key_id = models.CharField(max_length=64)
    is_active = models.BooleanField(default=True)
    # The start of the transaction that made the row: the keyring tells by it whether a row it
    # reads was committed by someone else or could still be rolled back.
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["tenant", "version"], name="data_key_version_once_per_tenant"
            ),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(is_active=True),
                name="data_key_one_active_per_tenant",
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="data_key_version_from_one"
            ),
        ]

    def __str__(self) -> str:
        return f"data key {self.version} of tenant {self.tenant_id}"
