"""Erasures: accounts that were erased, or are being erased, and the receipt that remains."""

from __future__ import annotations

import uuid

from django.db import models


class Erasure(models.Model):
    """Outlives the tenant, so it belongs to none and holds nothing of it but its business name.

    The id is what a person needs to see the receipt. `revoked`: what became of our webhooks at
    each account, and of its customer at Stripe. `counts`: rows erased, by table.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.UUIDField(unique=True)
    business = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    # From this moment stored records could not be read any more.
    shredded_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"erasure {self.pk}"
