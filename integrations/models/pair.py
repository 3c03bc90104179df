"""An integration pair and its flows."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from integrations.models.connection import Connection
from mappings.models import MappingSet, MappingVersion
from tenants.models.scoped import TenantModel


class PairState(models.TextChoices):
    DRAFT = "draft", "Draft"
    TESTING = "testing", "Testing"
    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"


class Pair(TenantModel):
    """A point of sale and a web store kept in step."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    pos = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="pairs_as_pos")
    store = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="pairs_as_store")
    state = models.CharField(max_length=8, choices=PairState.choices, default=PairState.DRAFT)
    # What the pair changed of the shipped rules; made when it changes the first one.
    mapping_set = models.OneToOneField(
        MappingSet, null=True, on_delete=models.SET_NULL, related_name="pair"
    )
    # Who wins where both sides changed a field, by entity and field (sync/merge_rules.py).
    merge_rules = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "pos", "store"], name="pair_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        return self.state in (PairState.TESTING, PairState.LIVE)


class Direction(models.TextChoices):
    TO_POS = "to_pos", "Web store to point of sale"
    TO_STORE = "to_store", "Point of sale to web store"


class Flow(TenantModel):
    """One entity of a pair in one direction."""

    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="flows")
    entity = models.CharField(max_length=12)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    source = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    is_on = models.BooleanField(default=True)
    # When it was switched last. While it is on, every item passed on since then has a delivery of it.
    on_since = models.DateTimeField(db_default=Now())
    # By which its records are mapped; none: the rules as shipped.
    mapping_version = models.ForeignKey(
        MappingVersion, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pair", "entity", "direction"], name="flow_once"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "source", "entity"], name="flow_by_source")]

    def __str__(self) -> str:
        return f"{self.entity} {self.direction}"
