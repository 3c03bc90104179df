"""Someone was asked to become a member. The link itself is not kept, only a hash of its secret."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now

from tenants.models.membership import Role
from tenants.models.scoped import TenantModel


class Invitation(TenantModel):
    """Open until it is accepted, taken back or `expires_at` has passed; one open one an address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail")
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_once_per_address",
            ),
            models.UniqueConstraint(
                fields=["tenant", "token_hash"], name="invitation_token_is_its_own"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="invitation_role_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="invitation_email_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} of {self.tenant_id}"
