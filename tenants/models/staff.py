"""Our own people: which tenants they look after, and what is noted about those."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.models.scoped import TenantModel


class StaffAssignment(TenantModel):
    """A staff member looks after a tenant until `ended_at`. Readable by the tenant, and by the staff
    member inside `scope.user`; while it lasts, so are the tenant's name and its standing."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    assigned_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "tenant"],
                condition=Q(ended_at=None),
                name="staff_assigned_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} looks after {self.tenant_id}"


class StaffNote(TenantModel):
    """What a staff member wrote down about a tenant, for colleagues. Rows are only ever added."""

    id = models.BigAutoField(primary_key=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # Made with the form, so that a second click adds no second note.
    form_id = models.UUIDField()
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "form_id"], name="staff_note_once"),
        ]

    def __str__(self) -> str:
        return f"note {self.pk} on {self.tenant_id}"


class Standing(TenantModel):
    """How a tenant stands, for the work list: one row a tenant, written over at each look.

    `urgency` is that of its worst trouble, 0 for none, `since` when that began. `troubles`: a list of
    {kind, about, said, since}, worst first, without personal data. `steps`: the step each open
    onboarding was last seen at, and since when, by its id.
    """

    id = models.BigAutoField(primary_key=True)
    urgency = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField()
    troubles = models.JSONField(default=list)
    steps = models.JSONField(default=dict)
    looked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="standing_once"),
        ]

    def __str__(self) -> str:
        return f"standing of {self.tenant_id}"


class Snooze(TenantModel):
    """A trouble of the work list is left alone until a day, for a reason. It is back before that when
    another `mark` shows that it is not the same trouble any more."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=64, blank=True)
    mark = models.CharField(max_length=64, blank=True)
    until = models.DateTimeField()
    note = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "about"], name="snoozed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.tenant_id} is left alone until {self.until}"
