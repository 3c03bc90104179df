"""What stands between the stock of the till and the number the shop shows."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from integrations.models.connection import Connection
from integrations.models.pair import Pair
from tenants.models.scoped import TenantModel


class Reservation(TenantModel):
    """Units of one article of a web order, until the point of sale has the order.

    `units`: what the order wants as far as we know; `there`: what the point of sale knows of it.
    The difference is in flight and is held back from every store that sells the same stock. A row
    is settled while nothing of it is in flight; `released` is how much it gave up then.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    till = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="+", db_index=False)
    order_key = models.CharField(max_length=191)
    order_number = models.CharField(max_length=80, blank=True)
    product_key = models.CharField(max_length=191, blank=True)
    sku = models.CharField(max_length=191, blank=True)
    # The article's id at the till, "" while no link tells it; then the SKU does.
    item = models.CharField(max_length=191, blank=True)
    units = models.IntegerField()
    there = models.IntegerField(default=0)
    released = models.IntegerField(default=0)
    # The delivery that carries these units; deliveries come and go, so nothing checks it.
    delivery_id = models.BigIntegerField()
    changed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pair", "order_key", "product_key", "sku"],
                name="reservation_once",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=False) | Q(units__gt=F("there")),
                name="reservation_open_is_in_flight",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "till"],
                condition=Q(settled_at__isnull=True),
                name="reservation_open",
            ),
            models.Index(fields=["tenant", "till", "settled_at"], name="reservation_settled"),
            models.Index(fields=["tenant", "delivery_id"], name="reservation_of_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.in_flight} of {self.sku or self.item} for {self.order_number}"

    @property
    def in_flight(self) -> int:
        return max(0, self.units - self.there)


class StockedArticle(TenantModel):
    """What the till calls an article whose stock is published, to find it by the store's SKU."""

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    till = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=191)
    sku = models.CharField(max_length=191)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "till", "key"], name="stocked_article_once"),
        ]
        indexes = [models.Index(fields=["tenant", "till", "sku"], name="stocked_article_by_sku")]

    def __str__(self) -> str:
        return self.sku


class SafetyStock(TenantModel):
    """Units a store does not get to sell. `sku` "*" means every article, `location` "" every place.

    The most precise row counts: article and location, article, location, everything.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="+", db_index=False)
    sku = models.CharField(max_length=191)
    location = models.CharField(max_length=191, blank=True)
    units = models.DecimalField(max_digits=12, decimal_places=3)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "pair", "sku", "location"], name="safety_stock_once"
            ),
            models.CheckConstraint(condition=Q(units__gte=0), name="safety_stock_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.units} of {self.sku}"
