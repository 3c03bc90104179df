"""What is kept of payments through Stripe: its ids, and of a card what a receipt shows. Never a
number, and no body of what Stripe sent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenants.billing.models.invoice import Invoice
from tenants.billing.models.ledger import Amount
from tenants.models.scoped import TenantModel

# Of the ids that Stripe gives; it promises at most 255, and gives some 70 at most.
LONGEST_ID = 255


class StripeCustomer(TenantModel):
    """The account as Stripe knows it, and the card (or bank account) its owner lets us charge."""

    id = models.BigAutoField(primary_key=True)
    customer_id = models.CharField(max_length=LONGEST_ID, unique=True)
    # "" while nothing may be charged without the owner.
    method_id = models.CharField(max_length=LONGEST_ID, blank=True)
    # "card", "us_bank_account" ...; of a card its brand.
    kind = models.CharField(max_length=40, blank=True)
    brand = models.CharField(max_length=40, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    expires_month = models.PositiveSmallIntegerField(null=True)
    expires_year = models.PositiveSmallIntegerField(null=True)
    # When and by whom it was agreed that it is charged by itself.
    kept_at = models.DateTimeField(null=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # When what stands here was asked for, so that an older answer does not overwrite a newer one.
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="stripe_customer_once"),
        ]

    def __str__(self) -> str:
        return self.customer_id


class Way(models.TextChoices):
    CHECKOUT = "checkout", "By a person on Stripe's page"
    KEPT = "kept", "With what the owner lets us charge"


class TryState(models.TextChoices):
    # Written down before Stripe is asked.
    ASKED = "asked", "Being asked for"
    OPEN = "open", "Open at Stripe"
    PROCESSING = "processing", "The bank is at it"
    PAID = "paid", "Paid"
    FAILED = "failed", "Refused"
    OVER = "over", "Given up"


RUNNING = (TryState.ASKED, TryState.OPEN, TryState.PROCESSING)


class PaymentTry(TenantModel):
    """One try to have an invoice paid through Stripe. One at a time is under way for an invoice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=8, choices=Way.choices)
    state = models.CharField(max_length=10, choices=TryState.choices, default=TryState.ASKED)
    amount = Amount()
    currency = models.CharField(max_length=3)
    session_id = models.CharField(max_length=LONGEST_ID, null=True, unique=True)
    intent_id = models.CharField(max_length=LONGEST_ID, null=True, unique=True)
    method_id = models.CharField(max_length=LONGEST_ID, blank=True)
    # The owner agreed that what is paid with is kept and charged by itself later.
    keeps_card = models.BooleanField(default=False)
    is_card_kept = models.BooleanField(default=False)
    # Why it failed: Stripe's word, and a sentence for people.
    problem_code = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    # Trying again with the same card is of no use.
    is_final = models.BooleanField(default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "number"], name="payment_try_number_once"),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=models.Q(state__in=RUNNING),
                name="payment_try_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=TryState.values), name="payment_try_state_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "created_at"],
                condition=models.Q(state__in=RUNNING),
                name="payment_try_running",
            ),
        ]

    def __str__(self) -> str:
        return f"try {self.number} of {self.invoice_id}"

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


class EventState(models.TextChoices):
    WAITING = "waiting", "To be looked into"
    DONE = "done", "Done"
    IGNORED = "ignored", "Nothing of ours"


class StripeEvent(models.Model):
    """That something happened to an object at Stripe. Of no tenant: whose it is comes out when the
    object is read. Its body is not kept, since each event is only a reason to read that object."""

    id = models.CharField(max_length=LONGEST_ID, primary_key=True)
    kind = models.CharField(max_length=80)
    object_id = models.CharField(max_length=LONGEST_ID)
    is_live = models.BooleanField()
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=EventState.choices, default=EventState.WAITING)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=EventState.values), name="stripe_event_state_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=EventState.WAITING),
                name="stripe_event_due",
            ),
            models.Index(fields=["received_at"], name="stripe_event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
