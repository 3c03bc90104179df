"""Mails about bills: one row each, kept with how it went out."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from tenants.billing.models.invoice import Invoice
from tenants.models.scoped import TenantModel


class LetterKind(models.TextChoices):
    ISSUED = "issued", "Invoice"
    CREDITED = "credited", "Credit note"
    REMINDER = "reminder", "Reminder"
    PAID = "paid", "Payment received"
    CARD_FAILED = "card_failed", "Card not charged"
    CANCELLED = "cancelled", "Cancellation confirmed"
    TRIAL_ENDING = "trial_ending", "Trial ends soon"
    ENDED = "ended", "Subscription ended"
    READING_ENDING = "reading_ending", "Data can be read a little longer"


class LetterState(models.TextChoices):
    WAITING = "waiting", "Waits"
    SENT = "sent", "Sent"
    # What it was to say was not so any more.
    DROPPED = "dropped", "Not needed any more"
    GIVEN_UP = "given_up", "Not sent"


class Letter(TenantModel):
    """Written in the transaction of what it tells, so neither is without the other; sent by a chore.

    What it says is put together when it goes out. `facts`: what no other row keeps, as texts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=14, choices=LetterKind.choices)
    # What it tells of, so that it is written once: "issued <id>", "reminder 2 <id>".
    cause = models.CharField(max_length=160)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, related_name="letters"
    )
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=LetterState.choices, default=LetterState.WAITING)
    due_at = models.DateTimeField()
    # Whoever sends it has it until then; the token says whose turn it is.
    held_until = models.DateTimeField(null=True)
    token = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    interrupted = models.PositiveSmallIntegerField(default=0)
    # How often somebody asked for it again.
    rounds = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=400, blank=True)
    sent_to = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "cause"], name="letter_cause_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=LetterState.values), name="letter_state_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="waiting"),
                name="letter_due",
            ),
        ]

    def __str__(self) -> str:
        return self.cause
