"""Lookup tables: words of one system with the words of the other, and those nobody has named yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from mappings.models.mapping_set import MappingSet
from tenants.models.scoped import TenantModel


class LookupTable(TenantModel):
    """A table as it is now. `rows`: the value that comes -> the value that goes."""

    id = models.BigAutoField(primary_key=True)
    set = models.ForeignKey(MappingSet, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=120, blank=True)
    rows = models.JSONField(default=dict)
    # The revision of the set at which it was changed last.
    revision = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "set", "name"], name="lookup_table_once"),
        ]

    def __str__(self) -> str:
        return self.name


class TableRevision(TenantModel):
    """A table as it was from one revision of its set on. Only ever added.

    The tables of revision 7 are, of each name, the row with the greatest number up to 7.
    """

    id = models.BigAutoField(primary_key=True)
    set = models.ForeignKey(MappingSet, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    rows = models.JSONField(default=dict)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "set", "number"], name="table_revision_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "set", "name", "-number"], name="table_revision_last"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class UnmappedValue(TenantModel):
    """A value that a rule looked up in vain. It goes when the table gets an entry for it.

    `count` is exact for values that held their record; of others a process writes down from time to
    time how often it met them.
    """

    id = models.BigAutoField(primary_key=True)
    set = models.ForeignKey(MappingSet, on_delete=models.CASCADE, related_name="unmapped")
    table = models.CharField(max_length=60)
    value = models.CharField(max_length=400)
    entity = models.CharField(max_length=12)
    count = models.PositiveIntegerField(default=1)
    is_holding = models.BooleanField(default=False)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # An inbox item that had it, and what people call that record.
    example = models.BigIntegerField()
    example_number = models.CharField(max_length=191, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "set", "table", "value"], name="unmapped_value_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.value}"
