"""Many rows of one table in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from tenants import scope
from tenants.models.scoped import TenantModel


def update(
    model: type[TenantModel], rows: Sequence[TenantModel], columns: Sequence[str], *, only: str = ""
) -> set[int]:
    """Writes these columns of these rows as they stand in memory; answers the ids written.

    Call inside the tenant's scope. `only`: a further condition on the stored row, as SQL without
    values, such as "state = 'waiting'".
    """
    if not rows:
        return set()
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    lists = [[_plain(field, getattr(row, field.attname)) for row in rows] for field in fields]
    arrays = ", ".join(f"%s::{_array(field)}[]" for field in fields)
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(f'"{field.column}" = v."{field.column}"{_cast(field)}' for field in fields)
    ids = [row.pk for row in rows]
    # The list of ids as well as the join: it lets PostgreSQL leave out partitions when it plans.
    sql = (
        f'UPDATE "{model._meta.db_table}" t SET {values} '  # noqa: S608 - names of our own models
        f"FROM unnest(%s::bigint[], {arrays}) AS v(id, {names}) "
        "WHERE t.tenant_id = %s AND t.id = v.id AND t.id = ANY(%s)"
        + (f" AND t.{only}" if only else "")
        + " RETURNING t.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids, *lists, scope.current(), ids])
        return {found for (found,) in cursor.fetchall()}


def _array(field: Any) -> str:
    # Text for every length of it: a cast to varchar(n) would cut silently.
    if isinstance(field, models.CharField | models.JSONField):
        return "text"
    return "timestamptz" if isinstance(field, models.DateTimeField) else "bigint"


def _cast(field: Any) -> str:
    return "::jsonb" if isinstance(field, models.JSONField) else ""


def _plain(field: Any, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return json.dumps(value)
    return str(value) if isinstance(field, models.CharField) else value
