"""Templates of our own people: rules, tables and policies for several pairs of two systems."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenants.models import TenantGroup


class PairTemplate(models.Model):
    """A named set for pairs of these two systems, and the group it was made for, if any.

    It belongs to no tenant: what one pair lends it is chosen part by part, by somebody who looks
    after that account.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    pos_connector = models.CharField(max_length=40)
    store_connector = models.CharField(max_length=40)
    group = models.ForeignKey(TenantGroup, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template held from this number on. Rows are only ever added.

    `contents`: {"rules": [{"entity", "direction", "changes": as of a draft}], "tables": {name:
    {"title", "rows"}}, "merge_rules": {entity: {field: rule}}}.
    """

    id = models.BigAutoField(primary_key=True)
    template = models.ForeignKey(PairTemplate, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    contents = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"
