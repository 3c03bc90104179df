"""Backfills: everything a source holds of one entity, carried once through one flow."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.pair import Flow
from tenants.models.scoped import TenantModel


class BackfillState(models.TextChoices):
    """`FAILED`: the source refused a page, or an error of ours stopped it; it can be resumed."""

    PLANNED = "planned", "Planned"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    FAILED = "failed", "Stopped"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE = (BackfillState.RUNNING, BackfillState.PAUSED)


class Backfill(TenantModel):
    """One run. Cursor and what was read from it commit together, so a kill loses and doubles nothing.

    First the target's lane lists its articles (`list_cursor`), where stock is linked by SKU; then
    the source's lane reads (`cursor`); what was read takes the way of every record.
    """

    # Every index that queries use begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="backfills")
    state = models.CharField(
        max_length=9, choices=BackfillState.choices, default=BackfillState.PLANNED
    )
    # The plan, counted on both sides. None: that side does not say how much it holds.
    records = models.PositiveIntegerField(null=True)
    listed_there = models.PositiveIntegerField(null=True)
    list_calls = models.PositiveIntegerField(default=0)
    read_calls = models.PositiveIntegerField(default=0)
    write_calls = models.PositiveIntegerField(default=0)
    planned_seconds = models.PositiveIntegerField(default=0)

    # Whether articles are linked by SKU on the way; if so, the target's are listed first.
    links_articles = models.BooleanField(default=False)
    is_listed = models.BooleanField(default=True)
    is_read = models.BooleanField(default=False)
    # What a connector remembers is its own affair, and may be long.
    list_cursor = models.TextField(blank=True)
    cursor = models.TextField(blank=True)
    listed = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    unmatched = models.PositiveIntegerField(default=0)
    # Requests made to list and to read.
    calls = models.PositiveIntegerField(default=0)

    due_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=600, blank=True)
    # Records by outcome, kept when the run ends: the rows they were counted from are pruned.
    outcomes = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    planned_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "flow"],
                condition=Q(state__in=("running", "paused")),
                name="backfill_one_active_a_flow",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "due_at"],
                condition=Q(state="running"),
                name="backfill_running",
            ),
            models.Index(fields=["tenant", "flow", "-id"], name="backfill_latest"),
        ]

    def __str__(self) -> str:
        return f"backfill {self.pk} of flow {self.flow_id}"


class ArticleSide(models.TextChoices):
    SOURCE = "source", "Source"
    TARGET = "target", "Target"


class BackfillArticle(TenantModel):
    """An article of one side while a backfill links both by SKU; what has no partner stays.

    Of the source only those without a partner are kept, with the reason.
    """

    # Every index that queries use begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    backfill = models.ForeignKey(Backfill, on_delete=models.CASCADE, related_name="articles")
    side = models.CharField(max_length=6, choices=ArticleSide.choices)
    key = models.CharField(max_length=191)
    sku = models.CharField(max_length=191)
    title = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    is_matched = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "backfill", "side", "key"], name="backfill_article_once"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "backfill", "side", "sku"], name="backfill_article_sku"),
        ]

    def __str__(self) -> str:
        return self.sku
