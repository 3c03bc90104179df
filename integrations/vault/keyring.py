"""Data keys by tenant: made on first use, opened, kept for a moment, erased.

A process that seals goes on with a key it has read for up to CACHE_SECONDS after that key was
retired or deleted elsewhere; nothing here may count on less.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.contrib.postgres.functions import TransactionNow
from django.db import models, transaction
from django.db.models import Max, Q
from django.views.decorators.debug import sensitive_variables

from integrations.models.data_key import DataKey
from integrations.vault import master_keys
from integrations.vault.envelope import TenantKey
from integrations.vault.errors import TenantErased, VaultError
from integrations.vault.key_cache import KeyCache
from tenants import scope
from tenants.models import Tenant

log = logging.getLogger(__name__)

# No longer than a lane works in one turn, so that an erased tenant's key is gone by then.
CACHE_SECONDS = 20
# Two entries a tenant; one takes about a kilobyte.
_CACHE_ENTRIES = 8192
_DATA_KEY_BYTES = 32

cache = KeyCache(limit=_CACHE_ENTRIES, seconds=CACHE_SECONDS)


def tenant_key(tenant_id: UUID) -> TenantKey:
    """The key that seals for this tenant now, made when it has none.

    May be called inside a scope of this tenant, inside a door, or outside of any scope. Raises
    MasterKeyMissing, DataKeyBroken, and ScopeError inside the scope of another tenant.
    """
    _refuse_strangers(tenant_id)
    return cache.get(tenant_id, None) or current_key(tenant_id)


def current_key(tenant_id: UUID) -> TenantKey:
    """`tenant_key` as the database has it at this moment, whatever this process remembers."""
    with _of_tenant(tenant_id):
        return _read(tenant_id, Q(is_active=True)) or _first_or_next(tenant_id)


def tenant_key_version(tenant_id: UUID, version: int) -> TenantKey | None:
    """The key of this version; None when it no longer exists. Raises as `tenant_key` does."""
    _refuse_strangers(tenant_id)
    kept = cache.get(tenant_id, version)
    if kept is not None:
        return kept
    with _of_tenant(tenant_id):
        return _read(tenant_id, Q(version=version))


def has_key(tenant_id: UUID) -> bool:
    """Whether the tenant has a data key yet; it gets one on first use."""
    with _of_tenant(tenant_id):
        return bool(DataKey.objects.filter(tenant_id=tenant_id).exists())


def add_version(tenant_id: UUID) -> TenantKey:
    """A new key, active from the commit of the surrounding transaction; the others only open.

    Two callers at once take turns and both add one.
    """
    with _of_tenant(tenant_id):
        # The lock on the active row is what makes callers take turns. The second one's query
        # began before the first committed and finds no active row any more: it asks again.
        for _ in range(3):
            retired = (
                DataKey.objects.filter(tenant_id=tenant_id, is_active=True)
                .select_for_update()
                .first()
            )
            if retired is not None or not has_key(tenant_id):
                break
        if retired is not None:
            DataKey.objects.filter(pk=retired.pk).update(is_active=False)
        return _first_or_next(tenant_id)


def erase_keys(tenant_id: UUID) -> int:
    """Deletes every data key of the tenant and says how many there were.

    Nothing sealed for the tenant can be read again, here at once and in other processes within
    CACHE_SECONDS. There is no way back. May be called twice.
    """
    with _of_tenant(tenant_id):
        deleted, _ = DataKey.objects.filter(tenant_id=tenant_id).delete()
        transaction.on_commit(lambda: cache.forget(tenant_id))
    cache.forget(tenant_id)
    if deleted:
        log.warning("erased %s data keys of tenant %s", deleted, tenant_id)
    return deleted


@sensitive_variables("secret")
def _first_or_next(tenant_id: UUID) -> TenantKey:
    """The active key after making one; of two processes at it, both get the one that was first.

    Raises TenantErased: what is sealed for an account that is being erased could be read again.
    """
    # Erasing an account writes this row: whoever is about to make a key is before or after it.
    rows = Tenant.objects.filter(pk=tenant_id).select_for_update(no_key=True)
    if rows.values_list("erasing_since", flat=True).first() is not None:
        raise TenantErased(tenant_id)
    newest = DataKey.objects.filter(tenant_id=tenant_id).aggregate(newest=Max("version"))["newest"]
    version = (newest or 0) + 1
    secret = os.urandom(_DATA_KEY_BYTES)
    master_key = master_keys.active()
    row = DataKey(
        tenant_id=tenant_id,
        version=version,
        wrapped=master_key.wrap(secret, tenant_id, version),
        master_key_id=master_key.id,
    )
    # ON CONFLICT DO NOTHING: waits for the other process, then leaves its row in place.
    DataKey.objects.bulk_create([row], ignore_conflicts=True)
    key = _read(tenant_id, Q(is_active=True))
    if key is None:
        raise VaultError(f"Tenant {tenant_id} has no active data key and none could be made.")
    log.info("tenant %s seals with data key %s", tenant_id, key.version)
    return key


@sensitive_variables("secret")
def _read(tenant_id: UUID, which: Q) -> TenantKey | None:
    read_at = cache.clock()
    row = (
        DataKey.objects.filter(which, tenant_id=tenant_id)
        .annotate(
            is_settled=models.ExpressionWrapper(
                Q(created_at__lt=TransactionNow()), output_field=models.BooleanField()
            )
        )
        .values_list("version", "wrapped", "master_key_id", "is_active", "is_settled")
        .first()
    )
    if row is None:
        return None
    version, wrapped, master_key_id, is_active, is_settled = row
    secret = master_keys.named(master_key_id).unwrap(bytes(wrapped), tenant_id, version)
    key = TenantKey(tenant_id, version, secret)
    if is_settled:
        cache.put(key, is_active=is_active, read_at=read_at)
    else:
        # Made in this very transaction, perhaps: were it rolled back, a remembered key would go
        # on sealing what nobody could ever open.
        transaction.on_commit(lambda: cache.put(key, is_active=is_active, read_at=read_at))
    return key


@contextmanager
def _of_tenant(tenant_id: UUID) -> Iterator[None]:
    """The scope of this tenant, unless staff work has all of them open already."""
    active = scope.active()
    if active is not None and active.is_door:
        yield
        return
    with scope.tenant(tenant_id):
        yield


def _refuse_strangers(tenant_id: UUID) -> None:
    """A remembered key needs no query, so row-level security would not be asked."""
    active = scope.active()
    if active is not None and not active.is_door and active.tenant != tenant_id:
        raise scope.ScopeError(f"a key of tenant {tenant_id} was asked for inside {active}")
