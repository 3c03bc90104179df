"""Trials: days in which production pairs cost nothing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenants.models.scoped import TenantModel


class Trial(TenantModel):
    """Begins with the account's first pair that goes live, and is over on `ends_on`.

    One that waits has no days yet that it lies on. The plan's own trial is one that nobody granted.
    """

    id = models.BigAutoField(primary_key=True)
    days = models.PositiveSmallIntegerField()
    reason = models.TextField(blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(starts_on__isnull=True),
                name="trial_waits_once",
            ),
            models.CheckConstraint(condition=models.Q(days__gte=1), name="trial_has_days"),
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=True, ends_on__isnull=True)
                | models.Q(ends_on__gt=models.F("starts_on")),
                name="trial_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} days for {self.tenant_id}"
