"""Makes everything that is sealed for a tenant unreadable at one moment.

The credentials are kept a little longer, under a key of their own, so that our webhooks can be
taken away at the accounts they belong to; `keyring.erase_keys` ends that as well.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from integrations.models.credential import Credential
from integrations.models.data_key import DataKey
from integrations.vault import keyring
from integrations.vault.envelope import TenantKey
from integrations.vault.errors import VaultError
from integrations.vault.sealing import opened
from integrations.vault.store import context

log = logging.getLogger(__name__)


def shred(tenant_id: UUID) -> None:
    """Deletes every data key the tenant has; its credentials are sealed anew before.

    Call inside the tenant's scope. Where the vault cannot do that (a master key is missing), the
    credentials go with the rest. Other processes may read for `keyring.CACHE_SECONDS` more.
    """
    try:
        with transaction.atomic():
            key = keyring.add_version(tenant_id)
            for row in Credential.objects.select_for_update().order_by("pk"):
                _reseal(row, key)
            DataKey.objects.exclude(version=key.version).delete()
    except VaultError as error:
        log.warning("tenant %s: its credentials go at once: %s", tenant_id, error)
        DataKey.objects.all().delete()
    keyring.cache.forget(tenant_id)
    transaction.on_commit(lambda: keyring.cache.forget(tenant_id))


@sensitive_variables("value")
def _reseal(row: Credential, key: TenantKey) -> None:
    bound_to = context(row.connection_id, row.field)
    try:
        value = opened(row.tenant_id, bound_to, bytes(row.sealed))
    except VaultError:
        # It could not be used before, and cannot be used now.
        row.delete()
        return
    row.sealed = key.seal(bound_to, value, compress=False)
    row.key_version = key.version
    row.save(update_fields=["sealed", "key_version"])
