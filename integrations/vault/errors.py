"""What can go wrong in the vault. Messages name ids and settings, never keys or contents."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID


class VaultError(Exception):
    """The vault could not do what was asked."""


class MasterKeysUnusable(VaultError):
    """CLARITY_MASTER_KEYS is empty or malformed; the message says which entry and why."""


class MasterKeyMissing(VaultError):
    """A data key is wrapped under a master key that is not configured here."""

    def __init__(self, *master_key_ids: str) -> None:
        self.master_key_ids = master_key_ids
        names = ", ".join(repr(name) for name in master_key_ids)
        super().__init__(
            f"Data keys are wrapped under master key {names}, which is not in "
            "CLARITY_MASTER_KEYS. Put it back (after the active one) and restart; remove it only "
            "when `manage.py rotate_master_key --check` says that nothing uses it."
        )


class DataKeyBroken(VaultError):
    """A data key does not unwrap: its row was altered or moved, or the master key is another."""

    def __init__(self, tenant_id: UUID, version: int, master_key_id: str) -> None:
        super().__init__(
            f"Data key {version} of tenant {tenant_id} does not open with master key "
            f"{master_key_id!r}: the row was altered, or the key of that name is a different one."
        )


class SealBroken(VaultError):
    """Sealed bytes do not open as what they were asked for; the message names the context."""

    def __init__(self, tenant_id: UUID, context: Sequence[str], reason: str) -> None:
        self.tenant_id = tenant_id
        self.context = tuple(context)
        super().__init__(f"{'/'.join(context)} of tenant {tenant_id} does not open: {reason}")


class KeyGone(SealBroken):
    """The data key that sealed this no longer exists (the tenant was erased, or a key pruned)."""


class NoSuchConnection(VaultError):
    """The current tenant has no connection of this id, so it can have no credentials."""


class NoSuchTenant(VaultError):
    """No tenant has this slug or id."""


class TenantErased(VaultError):
    """The tenant is being erased: nothing is sealed for it any more."""

    def __init__(self, tenant_id: object) -> None:
        super().__init__(f"Tenant {tenant_id} is being erased; nothing is sealed for it any more.")
