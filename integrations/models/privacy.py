"""Privacy requests: what a system passes on from a buyer, or says when a shop has left."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection
from integrations.models.export import Export
from tenants.models.scoped import TenantModel


class PrivacyKind(models.TextChoices):
    PERSON_DATA = "person_data", "A customer asks for their data"
    ERASE_PERSON = "erase_person", "A customer is to be erased"
    ERASE_ACCOUNT = "erase_account", "A shop is to be erased"


class PrivacyState(models.TextChoices):
    """`REFUSED`: it was not carried out, for the reason in `note`."""

    OPEN = "open", "Being carried out"
    DONE = "done", "Done"
    REFUSED = "refused", "Not carried out"


class PrivacyRequest(TenantModel):
    """One request. Whom it speaks of is sealed, and forgotten when an erasure is done."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The connection may be what is erased; its name stays.
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    connection_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=13, choices=PrivacyKind.choices)
    # Names the request, so that a repeated one is the same.
    name = models.CharField(max_length=191)
    state = models.CharField(max_length=8, choices=PrivacyState.choices, default=PrivacyState.OPEN)
    note = models.CharField(max_length=400, blank=True)
    sealed = models.BinaryField(null=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    # Where the search is: which table, and the last id that was looked at.
    section = models.PositiveSmallIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    # Records of the person that are on their way, which are seen to when they have arrived.
    left = models.PositiveIntegerField(default=0)
    look_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    export = models.ForeignKey(Export, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "name"], name="privacy_request_once"),
        ]
        indexes = [
            models.Index(fields=["look_at"], condition=Q(state="open"), name="privacy_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
