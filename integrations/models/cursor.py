"""Cursors: how far a poll has read."""

from __future__ import annotations

from django.db import models

from integrations.models.connection import Connection
from tenants.models.scoped import TenantModel


class Cursor(TenantModel):
    """How far one entity of one connection has been read."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="cursors")
    entity = models.CharField(max_length=12)
    # What a connector remembers is its own affair, and may be long.
    value = models.TextField(blank=True)
    due_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "connection", "entity"], name="cursor_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} cursor of {self.connection_id}"
