"""Refusals: webhooks that were turned away, counted and never stored."""

from __future__ import annotations

from django.db import models

from integrations.models.connection import Connection
from tenants.models.scoped import TenantModel


class Refusal(TenantModel):
    """How many webhooks of a connection were turned away on a day, by reason."""

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="refusals")
    day = models.DateField()
    reason = models.CharField(max_length=80)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "day", "reason"], name="refusal_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} x {self.count}"
