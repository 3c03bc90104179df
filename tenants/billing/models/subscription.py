"""What an account has agreed to: its subscription, its pairs, and what was agreed with it alone."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from tenants.billing.models.ledger import Amount
from tenants.billing.models.plan import Plan
from tenants.billing.models.seller import LegalEntity
from tenants.models.scoped import TenantModel


class SubscriptionState(models.TextChoices):
    ACTIVE = "active", "Active"
    # Ends at the renewal; until then as active.
    CANCELLED = "cancelled", "Cancelled"
    # No pair was left to renew; the next one begins a new term.
    RESTING = "resting", "Resting"
    ENDED = "ended", "Ended"


class Subscription(TenantModel):
    """One per account, with the renewal day that all its pairs share."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    # Taken over at the renewal.
    next_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+")
    seller = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    # Fixed when it began: another zone of the account moves no day.
    time_zone = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=SubscriptionState.choices)
    # The first day ever of this run of terms; renewals are counted from it.
    anchor_on = models.DateField()
    term_starts_on = models.DateField()
    renews_on = models.DateField(db_index=True)
    # Nothing is billed for this term; the one from `renews_on` on is the first that is.
    is_trial = models.BooleanField(default=False, db_default=False)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.TextField(blank=True)
    ended_on = models.DateField(null=True)
    readable_until = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="subscription_once_per_tenant"),
            models.CheckConstraint(
                condition=models.Q(state__in=SubscriptionState.values),
                name="subscription_state_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(renews_on__gt=models.F("term_starts_on")),
                name="subscription_term_has_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} of {self.tenant_id}"

    @property
    def is_running(self) -> bool:
        return self.state in (SubscriptionState.ACTIVE, SubscriptionState.CANCELLED)


class BilledPair(TenantModel):
    """A production pair from the day it went live to the day it was removed. Pausing changes
    nothing here. The pair is known by id and name, so that it may be gone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pair_id = models.UUIDField()
    pair_name = models.CharField(max_length=120)
    starts_on = models.DateField()
    paid_until = models.DateField()
    ends_on = models.DateField(null=True)
    # Gone live in a trial: what was agreed to for the first term after it, at most.
    agreed_a_term = Amount(null=True)
    # Another pair has the place that this one left.
    is_taken = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pair_id"],
                condition=models.Q(ends_on__isnull=True),
                name="pair_billed_once",
            ),
        ]

    def __str__(self) -> str:
        return self.pair_name


class Contract(TenantModel):
    """A price agreed with one account: what a pair costs it for a term, from day to day."""

    id = models.BigAutoField(primary_key=True)
    currency = models.CharField(max_length=3)
    a_term = Amount()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "starts_on"], name="contract_once"),
            models.CheckConstraint(condition=models.Q(a_term__gte=0), name="contract_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.a_term} {self.currency} from {self.starts_on}"


class Discount(TenantModel):
    """Off what is billed from day to day; the best of those that hold is taken."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    off_a_term = Amount(default=0)
    # Of `off_a_term`.
    currency = models.CharField(max_length=3, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, percent__lte=100, off_a_term__gte=0),
                name="discount_takes_off",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BillingDetails(TenantModel):
    """Whom invoices are for, as the owner says it; each invoice keeps what it said that day."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=40, blank=True)
    tax_id = models.CharField(max_length=60, blank=True)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.EmailField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="billing_details_once"),
        ]

    def __str__(self) -> str:
        return self.name
