"""A customer of ours: one retailer."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models.functions import Now

DEFAULTS: dict[str, Any] = {"retention_days": 30, "time_zone": "UTC"}


def default_settings() -> dict[str, Any]:
    return dict(DEFAULTS)


class Tenant(models.Model):
    """Protected like its rows: inside a tenant's scope this table has one row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    settings = models.JSONField(default=default_settings, blank=True)
    # Since then the account is being erased: nothing is done for it any more.
    erasing_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def retention_days(self) -> int:
        """For how many days payloads are kept once their record is finished; at least one."""
        return max(1, int(self.settings.get("retention_days", DEFAULTS["retention_days"])))

    @property
    def time_zone(self) -> str:
        """The zone times are shown in; stored times are UTC."""
        return str(self.settings.get("time_zone", DEFAULTS["time_zone"]))

    @property
    def lets_deputies_in(self) -> bool:
        """Whether our people may use the account's pages on its behalf."""
        return bool(self.settings.get("lets_deputies_in", True))
