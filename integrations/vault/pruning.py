"""Removing data keys that seal nothing which is still stored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import F, Func, Q, Value

from integrations.models.credential import Credential
from integrations.models.data_key import DataKey
from integrations.vault import envelope, keyring
from tenants import scope

log = logging.getLogger(__name__)

StillUsed = Callable[[int], bool]

# Other processes seal with a retired key for up to keyring.CACHE_SECONDS, and a transaction that
# began before may commit later still. A key is not removed until both are long past.
GRACE = timedelta(hours=1)


def prune(
    tenant_id: UUID, *, still_used: StillUsed | None = None, grace: timedelta = GRACE
) -> list[int]:
    """Deletes old data keys that sealed nothing which is still stored, and returns their versions.

    A key stays while any sealed row names it, while `still_used(version)` says so (for sealed
    values kept outside the database), and for `grace` after it was retired. Backups older than
    the payloads' retention become unreadable with it. May be called twice.
    """
    pruned: list[int] = []
    with scope.tenant(tenant_id):
        rows = list(
            DataKey.objects.select_for_update()
            .order_by("version")
            .annotate(
                is_settled=models.ExpressionWrapper(
                    Q(created_at__lte=TransactionNow() - grace),
                    output_field=models.BooleanField(),
                )
            )
        )
        # A key was retired at the moment its successor was made.
        for row, successor in zip(rows, rows[1:], strict=False):
            if row.is_active or not successor.is_settled:
                continue
            if _is_named(row.version) or (still_used and still_used(row.version)):
                continue
            row.delete()
            pruned.append(row.version)
    if pruned:
        keyring.cache.forget(tenant_id)
        log.info("tenant %s: removed data keys %s", tenant_id, pruned)
    return pruned


def _is_named(version: int) -> bool:
    """Whether any row of the tenant in scope, in any table with a `sealed` column, names it."""
    # A damaged credential may not show it any more; its row still does.
    if Credential.objects.filter(key_version=version).exists():
        return True
    named = Func(
        F("sealed"), Value(3), Value(4), function="SUBSTR", output_field=models.BinaryField()
    )
    return any(
        model._default_manager.annotate(named=named)
        .filter(named=envelope.version_bytes(version))
        .exists()
        for model in apps.get_models()
        if _has_sealed_column(model)
    )


def _has_sealed_column(model: type[models.Model]) -> bool:
    return any(
        column.name == "sealed" and isinstance(column, models.BinaryField)
        for column in model._meta.concrete_fields
    )
