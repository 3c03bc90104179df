"""A mapping set: what one pair has changed of the shipped rules."""

from __future__ import annotations

import uuid

from django.db import models

from tenants.models.scoped import TenantModel


class MappingSet(TenantModel):
    """Versions and lookup tables of one pair. A pair without one follows the rules as shipped.

    `tables_revision` grows with every change of a lookup table, so that a process knows by one
    number whether the tables it holds are those of now.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, blank=True)
    tables_revision = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name or str(self.pk)
