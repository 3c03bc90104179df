"""What records are found by: an index of their names, and the key of its hashes."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from integrations.models.connection import Connection
from tenants.models.scoped import TenantModel


class TermKind(models.IntegerChoices):
    """What a term is of its record. E-mail addresses, tracking numbers and such are kept as keyed
    hashes alone; the other kinds are plain."""

    NUMBER = 1, "Number or reference"
    OF_ORDER = 2, "Number of its order"
    SKU = 3, "SKU"
    LINE_SKU = 4, "SKU of a line"
    EMAIL = 5, "E-mail address"
    TRACKING = 6, "Tracking number"
    ENDING = 7, "Last characters"


class SearchTerm(TenantModel):
    """One name of one record, however many notices of it came."""

    # Millions of these rows are written with the records they name: no index and no check of its
    # own for the tenant and the connection.
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    id = models.BigAutoField(primary_key=True)
    kind = models.SmallIntegerField(choices=TermKind.choices)
    # Compared byte by byte, so that the index finds the beginnings of terms as well.
    term = models.CharField(max_length=80, db_collation="C")
    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    entity = models.CharField(max_length=12)
    key = models.CharField(max_length=191)
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "term", "connection", "entity", "key"],
                name="search_term_once",
            ),
        ]
        indexes = [BrinIndex(fields=["day"], name="search_term_by_day", autosummarize=True)]

    def __str__(self) -> str:
        return f"term {self.pk}"


class SearchKey(TenantModel):
    """The key of a tenant's hashes, sealed: who erases the tenant's data keys erases their sense.

    `filled_to`: the oldest delivery whose terms are in the index; 0 when all are.
    """

    tenant = models.OneToOneField("tenants.Tenant", on_delete=models.CASCADE, related_name="+")
    id = models.BigAutoField(primary_key=True)
    sealed = models.BinaryField()
    filled_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"search key of {self.tenant_id}"
