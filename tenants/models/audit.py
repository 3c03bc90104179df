"""What was done, by whom and why. Rows are only ever added: a trigger refuses the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from tenants.models.scoped import ScopedManager

if TYPE_CHECKING:
    from uuid import UUID


class AuditEntry(models.Model):
    """The entry outlives what it speaks of, so neither reference is kept by the database.

    `tenant` is empty for what concerns no single tenant (the door was opened); such entries are
    seen through the door only.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        "tenants.Tenant",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80, blank=True)
    object_id = models.TextField(blank=True)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    # Set when one of our people did it on the tenant's behalf.
    deputation_id = models.UUIDField(null=True)
    if TYPE_CHECKING:
        tenant_id: UUID | None

    objects: ScopedManager[Any] = ScopedManager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["tenant", "object_type", "object_id"], name="audit_of_object"),
            models.Index(fields=["tenant", "at", "id"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}".strip()
