"""Names of notices: what tells a second coming of a notice from a new one, for a long time."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from tenants.models.scoped import TenantModel


class NoticeName(TenantModel):
    """A name under which a notice came in. Outlives the inbox item, so that it stays known.

    `digest` is made by the database function clarity_name from tenant, connection, the name and
    the record's key. Only clarity_accept writes rows.
    """

    # Millions of these rows are kept and each is looked up by its digest alone: no other index,
    # and no constraint that would look at the tenant for every notice.
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    digest = models.UUIDField(primary_key=True)
    day = models.DateField()

    class Meta:
        # Rows lie in the order of their days, so this one is a few pages and finds the oldest.
        indexes = [BrinIndex(fields=["day"], name="notice_name_by_day", autosummarize=True)]

    def __str__(self) -> str:
        return f"name {self.digest}"
