"""Payloads sealed under the tenant's key: webhook bodies, canonical records, attempt logs.

A context says what the bytes are, such as ["inbox", connection id, "body"], and must be given
again to open them. Loading is by tenant and context together: neither alone opens anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from integrations.vault import envelope, exact_json
from integrations.vault.errors import KeyGone
from integrations.vault.keyring import tenant_key, tenant_key_version

# Keeps payloads and credentials apart even where someone gives both the same words.
_PURPOSE = "payload"


def seal(tenant_id: UUID, context: Sequence[str], plaintext: bytes) -> bytes:
    """`plaintext` compressed and encrypted for this tenant and context.

    May be called before the scope of the tenant is entered. Raises as `keyring.tenant_key` does.
    """
    return tenant_key(tenant_id).seal(_payload(context), plaintext)


def open_sealed(tenant_id: UUID, context: Sequence[str], sealed: bytes) -> bytes:
    """What was given to `seal`. Raises SealBroken, or KeyGone after the tenant was erased."""
    return opened(tenant_id, _payload(context), sealed)


def seal_json(tenant_id: UUID, context: Sequence[str], value: object) -> bytes:
    """`seal` for a JSON value; Decimals keep their digits and integers are exact.

    Raises TypeError for a type JSON has not (dump models in JSON mode first).
    """
    return seal(tenant_id, context, exact_json.dumps(value))


def open_json(tenant_id: UUID, context: Sequence[str], sealed: bytes) -> object:
    """What was given to `seal_json`. Raises as `open_sealed` does."""
    return exact_json.loads(open_sealed(tenant_id, context, sealed))


def opened(tenant_id: UUID, context: Sequence[str], sealed: bytes) -> bytes:
    """Opens with the key version the bytes name. Raises SealBroken, KeyGone."""
    # The database driver may hand over a memoryview.
    sealed = bytes(sealed)
    version = envelope.key_version(tenant_id, context, sealed)
    key = tenant_key_version(tenant_id, version)
    if key is None:
        raise KeyGone(tenant_id, context, f"data key {version} no longer exists")
    return key.open(context, sealed)


def _payload(context: Sequence[str]) -> Sequence[str]:
    if isinstance(context, str) or not context:
        raise TypeError("a context is a list of words, such as ['inbox', connection_id]")
    return (_PURPOSE, *context)
