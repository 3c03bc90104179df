"""Groups of tenants, made by our own people to do one thing to several of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenants.models.scoped import TenantModel


class TenantGroup(models.Model):
    """A name for some tenants. It says nothing of any of them; which are in it, GroupMember says."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.name


class GroupMember(TenantModel):
    """A tenant is in a group. Readable by who looks after the tenant, inside `scope.user`."""

    id = models.BigAutoField(primary_key=True)
    # Whoever deletes a group may not see all that are in it: PostgreSQL refuses while there are any.
    group = models.ForeignKey(TenantGroup, models.DO_NOTHING, related_name="+")
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "group"], name="group_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} in {self.group_id}"
