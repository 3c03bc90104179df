"""The payments of a day on both sides of a pair, as they were last compared."""

from __future__ import annotations

from django.db import models

from integrations.models.pair import Pair
from tenants.models.scoped import TenantModel


class Verdict(models.TextChoices):
    """What the comparison says of one order. `MISSING`: the order is not in the point of sale."""

    AGREES = "agrees", "Agrees"
    MISSING = "missing", "Not in the point of sale"
    LESS = "less", "Recorded as paid too little"
    MORE = "more", "Recorded as paid too much"
    GONE = "gone", "Not in the store any more"


class Reconciliation(TenantModel):
    """One day of a pair, in the zone of its store. Replaced when it is compared again."""

    # Every index that queries use begins with the tenant, so the usual one of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="reconciliations")
    day = models.DateField()
    zone = models.CharField(max_length=64, default="UTC")
    compared_at = models.DateTimeField()
    # Why the sides could not be compared; "" when they were.
    problem = models.CharField(max_length=600, blank=True)
    # [{"side": "store", "method": "gift_card", "count": 2, "came": "20.00", "went": "0.00"}]
    totals = models.JSONField(default=list)
    orders = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    sent_again = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "pair", "day"], name="reconciliation_once"),
        ]

    def __str__(self) -> str:
        return f"payments of {self.day}"


class ReconciledOrder(TenantModel):
    """One order with money on that day. Amounts of the day, and what it has received in all."""

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    place = models.PositiveIntegerField()
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    number = models.CharField(max_length=80)
    store_key = models.CharField(max_length=191, blank=True)
    pos_key = models.CharField(max_length=191, blank=True)
    store_methods = models.CharField(max_length=200, blank=True)
    pos_methods = models.CharField(max_length=200, blank=True)
    store_day = models.DecimalField(max_digits=18, decimal_places=6)
    pos_day = models.DecimalField(max_digits=18, decimal_places=6)
    # None: the side does not have the order.
    store_received = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    pos_received = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    store_state = models.CharField(max_length=40, blank=True)
    pos_state = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "reconciliation", "place"], name="reconciled_order_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.verdict}"
