"""What is sold, and for how much. The same for all tenants."""

from __future__ import annotations

from django.db import models

from tenants.billing.arithmetic.money import shown
from tenants.billing.arithmetic.terms import shown_day
from tenants.billing.models.ledger import Amount


def usual_reminders() -> list[int]:
    return [3, 10, 21]


class Plan(models.Model):
    """A plan with its rules. Prices are rows of their own, by currency and day."""

    code = models.SlugField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80)
    months = models.PositiveSmallIntegerField(default=12)
    # Shown beside what is used, and never in the way of a record.
    fair_use_a_month = models.PositiveIntegerField(default=50_000)
    net_days = models.PositiveSmallIntegerField(default=14)
    reminder_days = models.JSONField(default=usual_reminders)
    grace_days = models.PositiveSmallIntegerField(default=30)
    readable_days = models.PositiveSmallIntegerField(default=90)
    # Days in which an account's first pairs cost nothing.
    trial_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    is_offered = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(months__gte=1), name="plan_has_months"),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """A month of one pair, from a day on. A new price is a new row; the latest one counts."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="prices")
    currency = models.CharField(max_length=3)
    monthly = Amount()
    starts_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "currency", "starts_on"], name="price_once"),
            models.CheckConstraint(condition=models.Q(monthly__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{shown(self.monthly, self.currency)} a month from {shown_day(self.starts_on)}"
