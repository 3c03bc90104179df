"""Money that came, and what is still open."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenants.billing.models.invoice import Invoice
from tenants.billing.models.ledger import Amount, LedgerModel

# In the reference of an entry that takes a payment off an invoice where it did not belong.
COUNTER = " taken back "


class Method(models.TextChoices):
    MANUAL = "manual", "Entered by finance"
    STRIPE = "stripe", "Stripe"


class Payment(LedgerModel):
    """Money for an invoice; below zero when it was paid back. Only added, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=8, choices=Method.choices)
    # The payer's bank or the provider names it; the same one counts once.
    reference = models.CharField(max_length=120)
    amount = Amount()
    currency = models.CharField(max_length=3)
    received_on = models.DateField()
    # Kept after the person is gone.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "method", "reference"], name="payment_reference_once"
            ),
            models.CheckConstraint(condition=~models.Q(amount=0), name="payment_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for {self.invoice_id}"

    @property
    def word(self) -> str:
        """What happened, for people."""
        if COUNTER in self.reference and self.method == Method.STRIPE:
            return "Taken off again"
        return "Paid" if self.amount > 0 else "Paid back"


class Receivable(LedgerModel):
    """What is open of an invoice, and how far its reminders are. The one row that changes; it can
    be counted again from invoices, credit notes and payments at any time (services/books.py)."""

    id = models.BigAutoField(primary_key=True)
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="receivable")
    # Below zero: we owe it.
    open = Amount()
    due_on = models.DateField()
    reminders = models.PositiveSmallIntegerField(default=0)
    reminder_on = models.DateField(null=True, db_index=True)
    grace_ends_on = models.DateField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "due_on"],
                condition=models.Q(open__gt=0),
                name="receivable_open",
            ),
            models.Index(
                fields=["due_on", "id"], condition=models.Q(open__gt=0), name="receivable_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.open} of {self.invoice_id}"
