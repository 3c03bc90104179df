"""Figures: what was received in an hour, by outcome and by how long it took. For charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from integrations.models.pair import Flow
from tenants.models.scoped import TenantModel

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    _Numbers = models.Field[list[int], list[int]]
else:
    _Numbers = models.Field


class Counts(_Numbers):
    """A list of whole numbers, as PostgreSQL's integer[], so that it can be summed there."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "integer[]"

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else [int(number) for number in value]


class HourFigure(TenantModel):
    """The records of one flow that were received in one hour (of UTC), by what became of them.

    Counted from the rows and written over, never added to: counting an hour again does no harm.
    `ages`: how many of those delivered took how long, by the steps of services/freshness.py; those
    of an initial load are left out there.
    """

    # The unique ones below begin with the tenant, so the usual index of its own is not made.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    delivered = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    filtered = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    dead = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    ages = Counts(default=list)
    counted_at = models.DateTimeField()
    # How long counting took: a busy hour is counted less often.
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "hour", "flow"], name="hour_figure_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "counted_at"], name="hour_figure_counted"),
            models.Index(
                fields=["tenant", "counted_at"],
                condition=models.Q(waiting__gt=0) | models.Q(held__gt=0) | models.Q(dead__gt=0),
                name="hour_figure_open",
            ),
        ]

    def __str__(self) -> str:
        return f"flow {self.flow_id} at {self.hour:%Y-%m-%d %H}"
