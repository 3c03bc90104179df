"""Money that came and that no rule may put anywhere: finance decides."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models

from tenants import scope
from tenants.billing.arithmetic.money import DIGITS, shown
from tenants.billing.models.ledger import LedgerModel
from tenants.billing.models.provider import LONGEST_ID


class UnmatchedState(models.TextChoices):
    OPEN = "open", "Waits for finance"
    BOOKED = "booked", "Booked on an invoice"
    DISMISSED = "dismissed", "Settled elsewhere"


class UnmatchedPayment(LedgerModel):
    """A payment at Stripe that does not fit what was asked for. Its account is not always known; who
    keeps the books sees those without one, and of the accounts they look after (`scope.user`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(  # type: ignore[assignment]
        "tenants.Tenant", models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    # The payment at Stripe; it comes in once.
    payment_id = models.CharField(max_length=LONGEST_ID, unique=True)
    customer_id = models.CharField(max_length=LONGEST_ID, blank=True)
    # As Stripe counts it: whole numbers of the smallest unit, which is not known for each currency.
    minor_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # The invoice it was meant for, where Stripe says so.
    invoice_number = models.CharField(max_length=40, blank=True)
    problem = models.CharField(max_length=300)
    state = models.CharField(
        max_length=9, choices=UnmatchedState.choices, default=UnmatchedState.OPEN
    )
    paid_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    # When it, or a part, was paid back at Stripe or taken back by the bank.
    went_back_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=UnmatchedState.values),
                name="unmatched_state_is_known",
            ),
        ]
        indexes = [models.Index(fields=["state", "seen_at"], name="unmatched_by_state")]

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.said}"

    @property
    def amount(self) -> Decimal | None:
        """None in a currency that we do not bill in: how many digits it has would be a guess."""
        if self.currency not in DIGITS:
            return None
        return Decimal(self.minor_amount).scaleb(-DIGITS[self.currency])

    @property
    def said(self) -> str:
        """The amount for people."""
        if self.amount is None:
            return f"{self.minor_amount:,} smallest units of {self.currency}"
        return shown(self.amount, self.currency)

    def claim(self) -> None:
        """Inside the door it may have no account."""
        active = scope.active()
        if active is None or not active.is_door:
            super().claim()
