"""A valid row of any model, made from what the model says about its fields."""

from __future__ import annotations

import datetime
import decimal
import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.db.models.fields import NOT_PROVIDED

from tenants.models import Tenant
from tests.tenancy.recipes import RECIPES

_number = itertools.count(1)

BY_TYPE: list[tuple[type[models.Field], Callable[[models.Field, int], Any]]] = [
    (models.BooleanField, lambda field, number: False),
    (models.JSONField, lambda field, number: {}),
    (models.BinaryField, lambda field, number: b"%d" % number),
    (models.UUIDField, lambda field, number: uuid.uuid4()),
    (models.DateTimeField, lambda field, number: datetime.datetime.now(datetime.UTC)),
    (models.DateField, lambda field, number: datetime.datetime.now(datetime.UTC).date()),
    (models.TimeField, lambda field, number: datetime.time(1, 2, 3)),
    (models.DurationField, lambda field, number: datetime.timedelta(seconds=number)),
    (models.DecimalField, lambda field, number: decimal.Decimal(1)),
    (models.FloatField, lambda field, number: float(number)),
    (models.IntegerField, lambda field, number: number),
    (models.GenericIPAddressField, lambda field, number: "127.0.0.1"),
    (models.EmailField, lambda field, number: f"row{number}@example.com"),
    (models.URLField, lambda field, number: f"https://example.com/{number}"),
    (models.CharField, lambda field, number: f"{number}x"[: field.max_length]),
    (models.TextField, lambda field, number: f"row {number}"),
]


def tenant_models() -> list[type[models.Model]]:
    """Every model with a tenant_id column, in the order of their tables."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        and any(field.column == "tenant_id" for field in model._meta.concrete_fields)
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def make_row(model: type[models.Model], tenant: Tenant) -> models.Model:
    """Inserts a row of the tenant; needs the door to be open. Fails the test when it cannot."""
    said = []
    for fills_nullable in (False, True):
        try:
            with transaction.atomic():
                row = build(model, tenant, fills_nullable=fills_nullable)
                insert(row)
                return row
        except (DatabaseError, ValueError, TypeError, LookupError) as error:
            said.append(str(error).splitlines()[0])
    pytest.fail(
        f"No row of {model._meta.db_table} could be made by itself ({'; '.join(said)}). "
        f'Add RECIPES["{model._meta.db_table}"] in tests/tenancy/recipes.py.'
    )


def build(
    model: type[models.Model], tenant: Tenant, *, fills_nullable: bool = False
) -> models.Model:
    """A row that is not inserted yet, while the rows it points at are."""
    recipe = RECIPES.get(model._meta.db_table)
    given = recipe(tenant, make_row) if recipe else {}
    values = {
        field.attname: _value(field, tenant, fills_nullable=fills_nullable)
        for field in model._meta.concrete_fields
        if field.name not in given and not _is_left_out(field, fills_nullable=fills_nullable)
    }
    return model(**values, **given)


def insert(row: models.Model) -> None:
    """One INSERT of exactly these values, past any save() of the model."""
    row.save_base(raw=True, force_insert=True)


def _is_left_out(field: models.Field, *, fills_nullable: bool) -> bool:
    if field.column == "tenant_id":
        return False
    if isinstance(field, models.GeneratedField):
        return True
    if isinstance(field, models.AutoField | models.BigAutoField | models.SmallAutoField):
        return True
    if field.db_default is not NOT_PROVIDED:
        return True
    return field.null and not (fills_nullable and field.related_model is not field.model)


def _value(field: models.Field, tenant: Tenant, *, fills_nullable: bool) -> Any:
    if field.column == "tenant_id":
        return tenant.pk
    # An empty default says nothing about what the table's constraints want.
    if field.has_default() and field.get_default() not in (None, ""):
        return field.get_default()
    if field.is_relation:
        target = field.related_model
        parent = tenant if target is Tenant else make_row(target, tenant)
        return getattr(parent, field.target_field.attname)
    if field.choices:
        return field.flatchoices[0][0]
    for kind, make in BY_TYPE:
        if isinstance(field, kind):
            return make(field, next(_number))
    raise LookupError(f"no idea what {field} holds")
