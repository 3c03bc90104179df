"""The base of rows that the law wants kept: they outlive the account they speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from tenants.models.scoped import TenantModel

if TYPE_CHECKING:
    from uuid import UUID


class LedgerModel(TenantModel):
    """As any row of a tenant, but left when the tenant is erased."""

    tenant = models.ForeignKey(
        "tenants.Tenant", models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    if TYPE_CHECKING:
        tenant_id: UUID

    class Meta:
        abstract = True


class Amount(models.DecimalField):  # type: ignore[type-arg]
    """An amount of money; three digits, since some currencies have so many."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{"max_digits": 16, "decimal_places": 3, **options})  # type: ignore[arg-type]
