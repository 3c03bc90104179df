"""Who sells: legal entities, their tax rates and their numbers."""

from __future__ import annotations

from django.db import models

from tenants.billing.arithmetic.taxes import Buyers, shown_percent


class LegalEntity(models.Model):
    """A company that writes invoices. Its zone says on which day, and in which year, it does."""

    code = models.SlugField(max_length=20, primary_key=True)
    name = models.CharField(max_length=200)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2)
    tax_id = models.CharField(max_length=60, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    prefix = models.CharField(max_length=12)
    currency = models.CharField(max_length=3, default="USD")
    # Where a transfer goes, line by line as it is printed: bank, account, routing or IBAN.
    bank_lines = models.TextField(blank=True, db_default="")
    is_usual = models.BooleanField(default=False)

    class Meta:
        verbose_name = "seller"
        constraints = [
            models.UniqueConstraint(
                fields=["is_usual"], condition=models.Q(is_usual=True), name="one_usual_seller"
            ),
            models.UniqueConstraint(fields=["prefix"], name="seller_prefix_once"),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(models.Model):
    """A rate the entity is liable for, at a place and time. No rows: no tax is added."""

    id = models.BigAutoField(primary_key=True)
    seller = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="tax_rates")
    name = models.CharField(max_length=80)
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=40, blank=True)
    buyers = models.CharField(
        max_length=10, choices=[(one.value, one.name.title()) for one in Buyers], default=Buyers.ALL
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, percent__lte=100), name="tax_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {shown_percent(self.percent)}"


class NumberSeries(models.Model):
    """The last number given in a year. Taken under lock by the transaction that issues, so that
    what is rolled back leaves no gap; a trigger lets it grow by one only."""

    id = models.BigAutoField(primary_key=True)
    seller = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "numbers"
        constraints = [
            models.UniqueConstraint(fields=["seller", "kind", "year"], name="series_once"),
        ]

    def __str__(self) -> str:
        return f"{self.seller_id} {self.kind} {self.year}: {self.last}"
