"""Preflights: both accounts of a pair looked over before records flow."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from integrations.models.pair import Pair
from tenants.models.scoped import TenantModel


class PreflightState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Stopped"


class Preflight(TenantModel):
    """One look over both accounts, with what it found. It holds SKUs and order numbers as examples,
    never personal data."""

    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="preflights")
    state = models.CharField(
        max_length=7, choices=PreflightState.choices, default=PreflightState.RUNNING
    )
    # [{"kind", "weight", "where", "said", "fix", "count", "examples"}], blockers first
    findings = models.JSONField(default=list)
    blockers = models.PositiveIntegerField(default=0)
    # How many articles were compared, by the name of the side.
    articles = models.JSONField(default=dict)
    # [{"connection", "where", "entity", "path", "title", "use", "type", "is_required"}]
    fields = models.JSONField(default=list, db_default=[])
    problem = models.CharField(max_length=600, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "pair", "-id"], name="preflight_of_pair")]

    def __str__(self) -> str:
        return f"preflight of pair {self.pair_id}"
