"""One of our people may use a tenant's own pages for a while, on its behalf."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tenants.models.scoped import TenantModel

LONGEST = timedelta(minutes=60)


class Deputation(TenantModel):
    """Runs from `begun_at` to `ends_at`, or until somebody ends it before. While it runs, its own staff
    member and the tenant's members may read it inside `scope.user`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=500)
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-begun_at"], name="deputation_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "staff"], condition=Q(ended_at=None), name="deputed_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begun_at")) & Q(ends_at__lte=F("begun_at") + LONGEST),
                name="deputation_is_short",
            ),
        ]

    def __str__(self) -> str:
        return f"deputation {self.pk} at {self.tenant_id}"
