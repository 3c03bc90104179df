"""What is told to channels: cases, and the messages about them that wait or went out."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from integrations.models.alert_channel import AlertChannel, Topic
from integrations.models.connection import Connection
from integrations.models.incident import Incident
from integrations.models.privacy import PrivacyRequest
from tenants.models.scoped import TenantModel


class AlertCase(TenantModel):
    """One life of an incident or of the loss of an account, or a privacy request: what was told of
    it, and when.

    An incident that closes and comes back soon goes on with the same case; one that comes back
    later begins another. While `over_at` is empty there is one case of each.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    topic = models.CharField(max_length=7, choices=Topic.choices)
    incident = models.ForeignKey(Incident, null=True, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="+"
    )
    privacy_request = models.ForeignKey(
        PrivacyRequest, null=True, on_delete=models.CASCADE, related_name="+"
    )
    began_at = models.DateTimeField()
    # What was told as its cause: when it is over, no record says its value any more.
    cause = models.CharField(max_length=600, blank=True)
    # When and with how many records it was told first; when it was told that it is tenfold.
    told_at = models.DateTimeField(null=True)
    told_count = models.PositiveIntegerField(default=0)
    grown_at = models.DateTimeField(null=True)
    # Since when nothing is wrong any more, and when the case was put away.
    clear_since = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField()
    # When it must be looked at even if nothing happens.
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "incident"],
                condition=Q(over_at__isnull=True),
                name="alert_case_of_incident_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "connection"],
                condition=Q(over_at__isnull=True),
                name="alert_case_of_connection_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "privacy_request"], name="alert_case_of_request_once"
            ),
            models.CheckConstraint(
                condition=Q(incident__isnull=True) | Q(connection__isnull=True),
                name="alert_case_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"alert case {self.pk}"


class MessageKind(models.TextChoices):
    """At most one each of the first three is sent to a channel in the life of a case."""

    FIRST = "first", "Began"
    GROWN = "grown", "Ten times as many"
    RESOLVED = "resolved", "Resolved"
    DIGEST = "digest", "Daily digest"
    TEST = "test", "Test"
    # To the owners: a channel fails again and again.
    FAILING = "failing", "A channel fails"
    # To an address that shall confirm.
    CONFIRM = "confirm", "Confirmation"


class MessageState(models.TextChoices):
    WAITING = "waiting", "Waits"
    SENT = "sent", "Sent"
    GIVEN_UP = "given_up", "Given up"


class AlertMessage(TenantModel):
    """One message to one channel: written with what it tells of, sent by whoever takes it.

    `id` stays the same in each try, so that a receiver knows one that comes twice. Taking it sets
    `held_until` and a new `token`; one that was taken and never came to an end is `interrupted`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # A channel that was deleted leaves its messages here.
    channel = models.ForeignKey(
        AlertChannel, null=True, on_delete=models.SET_NULL, related_name="messages"
    )
    channel_name = models.CharField(max_length=80)
    case = models.ForeignKey(AlertCase, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=8, choices=MessageKind.choices)
    # Of a digest: its day in the tenant's zone.
    day = models.DateField(null=True)
    subject = models.CharField(max_length=250)
    # What is told; nothing personal. See alert_words.
    content = models.JSONField(default=dict)
    state = models.CharField(
        max_length=8, choices=MessageState.choices, default=MessageState.WAITING
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    token = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    interrupted = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    # What the receiver answered, or why it was not sent.
    outcome = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "channel", "case", "kind"],
                condition=Q(case__isnull=False),
                name="alert_message_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "channel", "day"],
                condition=Q(kind="digest"),
                name="alert_digest_once_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="alert_message_due"),
            models.Index(fields=["tenant", "-created_at", "id"], name="alert_message_latest"),
        ]

    def __str__(self) -> str:
        return f"alert message {self.pk}"
