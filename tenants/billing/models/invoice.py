"""Invoices and credit notes with their lines. Written once: a trigger refuses every change."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from tenants.billing.models.ledger import Amount, LedgerModel
from tenants.billing.models.seller import LegalEntity


class InvoiceKind(models.TextChoices):
    INVOICE = "invoice", "Invoice"
    CREDIT = "credit", "Credit note"


class Invoice(LedgerModel):
    """A credit note is one with amounts below zero, that names the invoice it corrects, so a sum
    over the ledger is what was billed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=InvoiceKind.choices)
    seller = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=40, unique=True)
    # What it was issued for, so that it is issued once: "renewal 2027-03-01", "live <id>".
    cause = models.CharField(max_length=120)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="credit_notes"
    )
    issued_at = models.DateTimeField()
    issued_on = models.DateField()
    due_on = models.DateField()
    currency = models.CharField(max_length=3)
    line_count = models.PositiveSmallIntegerField()
    net = Amount()
    tax = Amount()
    total = Amount()
    # Both sides as they were that day: name, address, country, tax_id ...
    seller_said = models.JSONField()
    buyer_said = models.JSONField()
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "year", "sequence"], name="invoice_number_once"
            ),
            models.UniqueConstraint(fields=["tenant", "cause"], name="invoice_cause_once"),
            models.CheckConstraint(
                condition=models.Q(total=models.F("net") + models.F("tax")),
                name="invoice_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="invoice", corrects__isnull=True, total__gte=0)
                | models.Q(kind="credit", corrects__isnull=False, total__lte=0),
                name="invoice_or_credit_note",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "issued_on", "id"], name="invoice_by_day"),
            models.Index(fields=["issued_on", "id"], name="invoice_lately"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(LedgerModel):
    """One pair and period. `gross - discount = net`; the tax is that of the net."""

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveSmallIntegerField()
    # Of a credit note: the number of the line it credits.
    credits_number = models.PositiveSmallIntegerField(null=True)
    text = models.CharField(max_length=300)
    pair_id = models.UUIDField(null=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    of_days = models.PositiveSmallIntegerField()
    a_term = Amount()
    gross = Amount()
    discount = Amount()
    discount_name = models.CharField(max_length=80, blank=True)
    net = Amount()
    tax_name = models.CharField(max_length=80, blank=True)
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4)
    tax = Amount()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "number"], name="invoice_line_once"),
            models.CheckConstraint(
                condition=models.Q(net=models.F("gross") - models.F("discount")),
                name="invoice_line_adds_up",
            ),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="invoice_line_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.text}"
