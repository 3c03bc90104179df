"""Renewing master and data keys while everything goes on working."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q
from django.views.decorators.debug import sensitive_variables

from integrations.models.credential import Credential
from integrations.models.data_key import DataKey
from integrations.vault import keyring, master_keys
from integrations.vault.envelope import TenantKey
from integrations.vault.errors import (
    DataKeyBroken,
    MasterKeyMissing,
    NoSuchTenant,
    SealBroken,
    VaultError,
)
from integrations.vault.pruning import prune
from integrations.vault.sealing import opened
from integrations.vault.store import context
from tenants import scope
from tenants.models import Tenant

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

_BATCH = 200
# Each pass takes what was written during the one before; nobody writes the old way for long.
_PASSES = 5


@dataclass
class MasterRotation:
    """Which master keys wrap the data keys now, and what was done; complete when `remaining` is 0.

    `data_keys` counts data keys by the id of the master key that wraps them; `missing_ids` are
    those of these ids that are not configured here.
    """

    active_id: str
    data_keys: dict[str, int]
    missing_ids: list[str]
    rewrapped: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def remaining(self) -> int:
        """Data keys not wrapped under the active master key."""
        return sum(count for id, count in self.data_keys.items() if id != self.active_id)


@dataclass
class TenantRotation:
    """What was done for one tenant; complete when `remaining` is 0 and nothing is `broken`.

    `version` is the data key that seals from now on, None for a tenant that has none yet.
    """

    tenant_id: UUID
    slug: str = ""
    version: int | None = None
    resealed: int = 0
    remaining: int = 0
    broken: list[str] = field(default_factory=list)
    pruned: list[int] = field(default_factory=list)


def rotate_master(
    *, check: bool = False, progress: Progress | None = None, batch: int = _BATCH
) -> MasterRotation:
    """Wraps every data key under the first configured master key; `check` only counts.

    Nothing sealed changes, and syncing goes on. May be interrupted, repeated and run twice at
    once: each batch commits by itself and takes only what is left. Raises MasterKeysUnusable, and
    MasterKeyMissing before anything is written (not with `check`); a data key that does not
    unwrap is listed in `broken` and left alone. Must be called outside any scope.
    """
    done = _master_key_use()
    if check:
        return done
    if done.missing_ids:
        raise MasterKeyMissing(*done.missing_ids)
    total, rewrapped = done.remaining, 0
    # More than one pass, for data keys made meanwhile by processes with the older settings.
    for _ in range(_PASSES):
        broken: list[str] = []
        last = 0
        while found := _rewrap_batch(last, batch, broken):
            rewrapped += found.rewrapped
            last = found.last
            if progress is not None:
                progress(rewrapped, max(total, rewrapped))
        done = _master_key_use()
        done.rewrapped, done.broken = rewrapped, broken
        if done.remaining <= len(broken):
            break
    log.info("master key %s: %s data keys wrapped anew", done.active_id, rewrapped)
    return done


def rotate_tenants(
    slug_or_id: str | None, *, rotate: bool = True, drop_unused: bool = False
) -> Iterator[TenantRotation]:
    """Rotates the tenant so named, or every tenant (None), and yields what was done for each.

    `drop_unused` also removes old data keys as `prune` does; without `rotate` that is all. What
    goes wrong with one tenant is listed in its `broken` and does not stop the others. Raises
    NoSuchTenant. Must be called outside any scope.
    """
    for tenant_id, slug in _find_tenants(slug_or_id):
        done = TenantRotation(tenant_id)
        try:
            if rotate:
                done = rotate_tenant(tenant_id)
            if drop_unused:
                done.pruned = prune(tenant_id)
        except VaultError as error:
            log.error("tenant %s: %s", tenant_id, error)
            done.broken.append(str(error))
        done.slug = slug
        yield done


def rotate_tenant(tenant_id: UUID) -> TenantRotation:
    """A new data key for the tenant; credentials are sealed again under it, payloads stay.

    Each credential is resealed in a transaction of its own, under its row lock: one that is
    written at the same moment is waited for, never overwritten. After an interruption, run it
    again: that makes one more version and takes everything. Raises MasterKeyMissing and
    DataKeyBroken before anything is written. Must be called outside any scope.
    """
    done = TenantRotation(tenant_id)
    if not keyring.has_key(tenant_id):
        return done
    keyring.current_key(tenant_id)
    key = keyring.add_version(tenant_id)
    done.version = key.version
    for _ in range(_PASSES):
        done.broken = []
        for credential_id in _sealed_otherwise(tenant_id, key.version):
            try:
                done.resealed += _reseal(tenant_id, credential_id, key)
            except SealBroken as error:
                done.broken.append(str(error))
        done.remaining = len(_sealed_otherwise(tenant_id, key.version))
        if done.remaining <= len(done.broken):
            break
    log.info("tenant %s: %s credentials under data key %s", tenant_id, done.resealed, key.version)
    return done


def _find_tenants(slug_or_id: str | None) -> list[tuple[UUID, str]]:
    """Id and slug of the tenant so named, or of all of them. Raises NoSuchTenant."""
    with scope.door("find the tenants whose data keys are to be rotated"):
        tenants = Tenant.objects.order_by("slug", "pk")
        if slug_or_id is not None:
            try:
                which = Q(pk=UUID(slug_or_id))
            except ValueError:
                which = Q(slug=slug_or_id)
            tenants = tenants.filter(which)
        found = list(tenants.values_list("pk", "slug"))
    if slug_or_id is not None and not found:
        raise NoSuchTenant(f"No tenant has the slug or id {slug_or_id!r}.")
    return found


def _master_key_use() -> MasterRotation:
    active = master_keys.active()
    with scope.door("count data keys by master key"):
        rows = DataKey.objects.order_by("master_key_id").values_list("master_key_id")
        counts = dict(rows.annotate(count=Count("pk")))
    return MasterRotation(active.id, counts, master_keys.missing(counts))


@dataclass(frozen=True)
class _Batch:
    rewrapped: int
    last: int


@sensitive_variables("secret")
def _rewrap_batch(last: int, batch: int, broken: list[str]) -> _Batch | None:
    """How many were wrapped anew and the last pk seen; None when no row is left after `last`."""
    master_key = master_keys.active()
    rewrapped = 0
    with scope.door("wrap data keys under the active master key"):
        rows = list(
            DataKey.objects.filter(pk__gt=last)
            .exclude(master_key_id=master_key.id)
            .order_by("pk")
            .select_for_update()[:batch]
        )
        for row in rows:
            wrapped_by = master_keys.named(row.master_key_id)
            try:
                secret = wrapped_by.unwrap(bytes(row.wrapped), row.tenant_id, row.version)
            except DataKeyBroken as error:
                broken.append(str(error))
                continue
            row.wrapped = master_key.wrap(secret, row.tenant_id, row.version)
            row.master_key_id = master_key.id
            row.save(update_fields=["wrapped", "master_key_id"])
            rewrapped += 1
    return _Batch(rewrapped, rows[-1].pk) if rows else None


def _sealed_otherwise(tenant_id: UUID, version: int) -> list[int]:
    """The ids of credentials sealed under another version of the data key."""
    with scope.tenant(tenant_id):
        rows = Credential.objects.exclude(key_version=version).order_by("pk")
        return list(rows.values_list("pk", flat=True))


@sensitive_variables("value")
def _reseal(tenant_id: UUID, credential_id: int, key: TenantKey) -> bool:
    """Whether the credential was sealed anew: not when it is gone, or was just set again."""
    with scope.tenant(tenant_id):
        row = (
            Credential.objects.select_for_update()
            .filter(pk=credential_id)
            .exclude(key_version=key.version)
            .first()
        )
        if row is None:
            return False
        bound_to = context(row.connection_id, row.field)
        value = opened(tenant_id, bound_to, row.sealed)
        row.sealed = key.seal(bound_to, value, compress=False)
        row.key_version = key.version
        row.save(update_fields=["sealed", "key_version"])
    return True
