"""Convergence runs: the stock of both sides compared, and what differed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.pair import Pair
from tenants.models.scoped import TenantModel


class ConvergenceState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Stopped"


class ConvergenceRun(TenantModel):
    """One comparison of a pair's stock. It holds SKUs and numbers, never personal data.

    `matched`: SKUs that both sides sell and that can be compared; `equal`: those of them whose
    numbers are as they ought to be. `on_the_way`: those that differ while their number travels.
    """

    # The index below begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="convergence_runs")
    state = models.CharField(
        max_length=7, choices=ConvergenceState.choices, default=ConvergenceState.RUNNING
    )
    compared = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0)
    equal = models.PositiveIntegerField(default=0)
    on_the_way = models.PositiveIntegerField(default=0)
    # Differences by kind, all of them.
    counts = models.JSONField(default=dict)
    # The first of them, see services/accuracy.py for their shape; only the newest runs keep them.
    differences = models.JSONField(default=list)
    # Articles read so far, by side; while it runs.
    read_at_till = models.PositiveIntegerField(default=0)
    read_in_shop = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=600, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # When a person had the right numbers sent, and of how many articles.
    mended_at = models.DateTimeField(null=True)
    mended = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pair"],
                condition=Q(state="running"),
                name="convergence_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "pair", "-id"], name="convergence_latest")]

    def __str__(self) -> str:
        return f"convergence run {self.pk}"

    @property
    def share(self) -> float | None:
        """The part of matched SKUs that is equal, None when there was nothing to compare."""
        return self.equal / self.matched if self.matched else None
