"""Versions of a pair's rules for one entity in one direction."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from mappings.models.mapping_set import MappingSet
from tenants.models.scoped import TenantModel


class VersionState(models.TextChoices):
    """`PUBLISHED`: records are mapped by it now. `RETIRED`: another one took its place."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


class MappingVersion(TenantModel):
    """Only what differs from the preset `preset` (name@digest). Immutable once published.

    `changes` is a list of {"target", "rule"} (set or added) and {"target", "removed": true}. A
    draft has the number 0; it gets the next one when it is published.
    """

    id = models.BigAutoField(primary_key=True)
    set = models.ForeignKey(MappingSet, on_delete=models.CASCADE, related_name="versions")
    entity = models.CharField(max_length=12)
    direction = models.CharField(max_length=8)
    number = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=9, choices=VersionState.choices, default=VersionState.DRAFT)
    preset = models.CharField(max_length=80)
    changes = models.JSONField(default=list)
    note = models.CharField(max_length=400, blank=True)
    # The number of the version whose changes were published again, 0 for any other.
    restores = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "set", "entity", "direction", "number"],
                name="mapping_number_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "set", "entity", "direction"],
                condition=Q(state="draft"),
                name="mapping_one_draft",
            ),
            models.UniqueConstraint(
                fields=["tenant", "set", "entity", "direction"],
                condition=Q(state="published"),
                name="mapping_one_published",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", number=0) | (~Q(state="draft") & Q(number__gt=0)),
                name="mapping_number_when_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.direction} {self.number or 'draft'}"

    @property
    def is_draft(self) -> bool:
        return self.state == VersionState.DRAFT
