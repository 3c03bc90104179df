"""Day totals: what is still known of records whose rows were dropped, by day and outcome."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models.connection import Connection
from integrations.models.pair import Flow
from tenants.models.scoped import TenantModel


class TotalRow(models.TextChoices):
    """Which rows were counted: inbox items, or deliveries."""

    ITEM = "item", "Inbox items"
    DELIVERY = "delivery", "Deliveries"


class DayTotal(TenantModel):
    """How many rows of one outcome, of one UTC day, were dropped. Written as they go.

    Rows that are there plus these are everything there ever was. `connection` is where the records
    came from (a flow's source, for deliveries). `day` is when an item was received or a delivery
    was made; `outcome` is a finished InboxState or DeliveryState. `passed_to` is the sum of that
    column over dropped items.
    """

    # The unique ones below begin with the tenant, so the usual index of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, null=True, related_name="+")
    entity = models.CharField(max_length=12)
    day = models.DateField()
    row = models.CharField(max_length=8, choices=TotalRow.choices)
    outcome = models.CharField(max_length=9)
    count = models.PositiveBigIntegerField(default=0)
    passed_to = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "entity", "day", "outcome"],
                condition=Q(row="item"),
                name="day_total_item_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "flow", "entity", "day", "outcome"],
                condition=Q(row="delivery"),
                name="day_total_delivery_once",
            ),
            models.CheckConstraint(
                condition=Q(row="item", flow__isnull=True)
                | Q(row="delivery", flow__isnull=False, passed_to=0),
                name="day_total_flow_of_delivery",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.row} rows {self.outcome} on {self.day}"
