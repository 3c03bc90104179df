"""Exports: what is stored of a tenant, or of one person, put together to be taken along."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from tenants.models.scoped import TenantModel


class ExportKind(models.TextChoices):
    ACCOUNT = "account", "Everything of the account"
    PERSON = "person", "Records of one customer"


class ExportState(models.TextChoices):
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Stopped"
    EXPIRED = "expired", "Not kept any more"


class Export(TenantModel):
    """One export. `section` and `cursor` say how far it is; they commit with the parts they made,
    so a killed worker's work is neither lost nor doubled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=ExportKind.choices, default=ExportKind.ACCOUNT)
    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.RUNNING)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    section = models.PositiveSmallIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(state="running", kind="account"),
                name="export_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"


class ExportPart(TenantModel):
    """A piece of one file of an export, sealed under the tenant's key. Pieces follow each other by
    `number`; the archive is put together while it is downloaded."""

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    file = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "export", "file", "number"], name="export_part_once"
            ),
        ]
        indexes = [models.Index(fields=["export"], name="export_part_of")]

    def __str__(self) -> str:
        return f"{self.file} {self.number}"
