"""Links: the same thing, with its id on both sides."""

from __future__ import annotations

from django.db import models

from integrations.models.pair import Pair
from tenants.models.scoped import TenantModel


class Link(TenantModel):
    """One record of a pair on both sides. Survives the pruning of payloads."""

    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="links")
    entity = models.CharField(max_length=12)
    pos_key = models.CharField(max_length=191)
    store_key = models.CharField(max_length=191)
    label = models.CharField(max_length=120, blank=True)
    # Of the fields last delivered in each direction, so that an equal record is not sent again.
    to_pos_hash = models.CharField(max_length=64, blank=True, db_default="")
    to_pos_version = models.CharField(max_length=40, blank=True, db_default="")
    to_store_hash = models.CharField(max_length=64, blank=True, db_default="")
    to_store_version = models.CharField(max_length=40, blank=True, db_default="")
    # What both sides were last known to hold, field by field, as keyed hashes (sync/echoes.py):
    # {"pos": {"email": ["5f…"]}, "store": {…}}. Empty while the entity goes one way.
    seen = models.JSONField(default=dict, db_default={})
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pair", "entity", "pos_key"], name="link_pos_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "pair", "entity", "store_key"], name="link_store_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.pos_key} = {self.store_key}"
