"""The base of every model whose rows belong to a tenant.

Use it so, and put `ProtectTenantTable("Connection")` behind the CreateModel in the migration
(`migrate` refuses to finish without it):

    class Connection(TenantModel):
        name = models.CharField(max_length=100)

    with scope.tenant(tenant_id):
        Connection.objects.create(name="Shop")   # its tenant is filled in
        Connection.objects.all()                 # this tenant's rows

- Outside a scope `objects` raises ScopeMissing; inside `scope.door()` it spans all tenants, and
  then a new row needs its tenant said.
- Writing a row that names another tenant raises WrongTenant, and PostgreSQL refuses it as well.
- `_base_manager` (which Django uses for foreign keys and deletions) is not filtered here;
  row-level security filters it.
- `tenant` has an index of its own. A large table whose other index begins with the tenant can
  declare the field again with `db_index=False`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

from tenants import scope

if TYPE_CHECKING:
    from uuid import UUID

M = TypeVar("M", bound="TenantModel", covariant=True)


class ScopedQuerySet(models.QuerySet[M]):
    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for row in rows:
            row.claim()
        return super().bulk_create(rows, *args, **kwargs)


class ScopedManager(models.Manager[M]):
    def get_queryset(self) -> ScopedQuerySet[M]:
        """The rows of the tenant in scope, or all inside the door. Raises ScopeMissing."""
        rows: ScopedQuerySet[M] = ScopedQuerySet(self.model, using=self._db)
        active = scope.active()
        if active is not None and active.is_door:
            return rows
        return rows.filter(tenant_id=scope.current())


class TenantModel(models.Model):
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    if TYPE_CHECKING:
        tenant_id: UUID

    objects: ScopedManager[Any] = ScopedManager()

    class Meta:
        abstract = True

    def claim(self) -> None:
        """Fills in the tenant. Raises ScopeMissing, or WrongTenant when it names another."""
        active = scope.active()
        if active is not None and active.is_door and self.tenant_id is not None:
            return
        tenant_id = scope.current()
        if self.tenant_id is None:
            self.tenant_id = tenant_id
        elif self.tenant_id != tenant_id:
            raise scope.WrongTenant(
                f"a {self._meta.label} of tenant {self.tenant_id} "
                f"was to be written in the scope of {tenant_id}"
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.claim()
        super().save(*args, **kwargs)
