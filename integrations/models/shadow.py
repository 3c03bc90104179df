"""Shadow runs: a draft of rules tried over stored records, without calling anybody."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.pair import Flow
from mappings.models import MappingVersion
from tenants.models.scoped import TenantModel


class ShadowState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Stopped"
    CANCELLED = "cancelled", "Cancelled"


class ShadowRun(TenantModel):
    """One run. What was counted and how far it came commit together, so a kill counts none twice.

    It holds counts, and ids of deliveries as examples, never values of records: those stay sealed
    where they are, and are worked out again when somebody looks.
    """

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="shadow_runs")
    version = models.ForeignKey(MappingVersion, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=9, choices=ShadowState.choices, default=ShadowState.RUNNING)
    # The rules that were tried, as they stood when it began, and a digest of them.
    changes = models.JSONField(default=list)
    tried = models.CharField(max_length=64)
    # The rules they were compared with.
    against = models.CharField(max_length=80)
    wanted = models.PositiveIntegerField()
    # Deliveries below this id are still to be looked at; the newest come first.
    below = models.BigIntegerField(null=True)
    seen = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    newly_held = models.PositiveIntegerField(default=0)
    newly_left_out = models.PositiveIntegerField(default=0)
    no_longer_held = models.PositiveIntegerField(default=0)
    still_held = models.PositiveIntegerField(default=0)
    # Records that cannot be tried: their documents were pruned, or say less than is needed.
    unreadable = models.PositiveIntegerField(default=0)
    # {target: {"count": n, "examples": [delivery ids]}}
    fields = models.JSONField(default=dict)
    # {currency: {target: sum of what the draft adds, as text}}
    money = models.JSONField(default=dict)
    # [{"kind", "message" without values, "field", "count", "examples"}]
    causes = models.JSONField(default=list)
    problem = models.CharField(max_length=600, blank=True)
    failures = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "flow"],
                condition=Q(state="running"),
                name="shadow_one_running_a_flow",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="running"), name="shadow_due"),
            models.Index(fields=["tenant", "version", "-id"], name="shadow_latest"),
        ]

    def __str__(self) -> str:
        return f"shadow run {self.pk}"
