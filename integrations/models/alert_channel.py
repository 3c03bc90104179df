"""Where a tenant wants to be told of what needs a person: its alert channels."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from tenants.models.scoped import TenantModel


class ChannelKind(models.TextChoices):
    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack-compatible webhook"
    WEBHOOK = "webhook", "Signed webhook"


class Topic(models.TextChoices):
    """What a channel can hear of."""

    RECORDS = "records", "Records are held or given up"
    OWNER = "owner", "An account must be reconnected"
    BOOKS = "books", "Records do not add up or wait too long"
    STOCK = "stock", "The two sides differ"
    PRIVACY = "privacy", "Privacy requests"


class AlertChannel(TenantModel):
    """One place that is told. It hears of what begins after `hears_from`.

    `sealed` holds its web address and signing key, which only the vault opens; `host` is what may
    be shown of the address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=7, choices=ChannelKind.choices)
    name = models.CharField(max_length=80)
    is_on = models.BooleanField(default=True)
    # Names of topics.
    hears = models.JSONField(default=list)
    has_digest = models.BooleanField(default=False)
    # E-mail: everyone who is an owner when a message goes out, and these members, by user id.
    to_owners = models.BooleanField(default=False)
    member_ids = models.JSONField(default=list)
    host = models.CharField(max_length=255, blank=True)
    sealed = models.BinaryField(null=True)
    hears_from = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    last_sent_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=400, blank=True)
    # Tries in a row that failed, since when, and whether the owners heard of it.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    owners_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", Lower("name"), name="alert_channel_name_once"),
            models.CheckConstraint(
                condition=Q(kind="email") | Q(sealed__isnull=False), name="alert_channel_leads_on"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlertAddress(TenantModel):
    """An e-mail address of nobody who is a member; it hears nothing until it has confirmed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="addresses")
    email = models.EmailField()
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    # Whoever confirmed may leave again by the same link.
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "channel", "email"], name="alert_address_once"
            )
        ]

    def __str__(self) -> str:
        return f"address {self.pk} of channel {self.channel_id}"


class AlertPlan(TenantModel):
    """How a tenant is told, whatever the channel. Its row says that the first channel was made."""

    tenant = models.OneToOneField(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    # The hour of the daily digest in the tenant's zone, and the last day that had one.
    digest_hour = models.PositiveSmallIntegerField(default=8)
    digest_day = models.DateField(null=True)
    # Also when there is nothing to tell.
    digests_nothing = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(digest_hour__lt=24), name="alert_plan_hour_of_a_day")
        ]

    def __str__(self) -> str:
        return f"alert plan of {self.tenant_id}"
