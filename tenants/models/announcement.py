"""What our own people tell the members of several tenants at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from tenants.models.scoped import TenantModel


class Severity(models.TextChoices):
    INFO = "info", "For information"
    WARNING = "warning", "Something to do"
    URGENT = "urgent", "Urgent"


class Announcement(models.Model):
    """Plain text for a banner, shown from `begins_at` until `ends_at`. Never changed, only ended.

    It is our own and names no tenant. Whom it reaches: everybody with `is_for_all`, else the tenants
    with an AnnouncementPost.
    """

    id = models.BigAutoField(primary_key=True)
    # Made with the form, so that a second click announces nothing twice.
    form_id = models.UUIDField(unique=True)
    text = models.CharField(max_length=500)
    severity = models.CharField(max_length=7, choices=Severity.choices)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_for_all = models.BooleanField(default=False)
    # Whom it is for, in words: "all accounts", "the group Gift shops".
    meant_for = models.CharField(max_length=120)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="announcement_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="announcement_running")]

    def __str__(self) -> str:
        return self.text[:60]


class AnnouncementPost(TenantModel):
    """An announcement reaches this tenant. Readable by who looks after it, inside `scope.user`."""

    id = models.BigAutoField(primary_key=True)
    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="+")
    posted_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "announcement"], name="announcement_posted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} to {self.tenant_id}"


class AnnouncementDismissal(models.Model):
    """A person has read an announcement and wants it no more, at whichever account."""

    id = models.BigAutoField(primary_key=True)
    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="dismissals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "announcement"], name="dismissed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} by {self.person_id}"
