"""The sealed form of a value: AES-256-GCM in a compact binary frame.

    byte 0      format (1)
    byte 1      flags (1 = the plaintext was compressed with zlib)
    bytes 2-5   version of the data key, big endian
    bytes 6-17  nonce
    then        ciphertext and 16 byte tag

The first six bytes, the tenant and the context are authenticated with it, so a value moved to
another tenant, connection or field does not open.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from typing import NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations.vault.errors import SealBroken

_FORMAT = 1
_COMPRESSED = 1
_HEADER = struct.Struct(">BBI")
_NONCE_BYTES = 12
_TAG_BYTES = 16
# 34 bytes more than the (compressed) plaintext.
OVERHEAD = _HEADER.size + _NONCE_BYTES + _TAG_BYTES
# JSON of 8 KB shrinks to a quarter at level 3; higher levels cost twice the time for a few percent.
_LEVEL = 3
_WORTH_TRYING = 160


class TenantKey:
    """One version of a tenant's data key, opened. Shows ids only, and cannot be pickled.

    Nonces are random: NIST SP 800-38D allows 2**32 seals under one key, which is two years of a
    tenant with five million a day. Rotate data keys yearly.
    """

    __slots__ = ("_aead", "tenant_id", "version")

    def __init__(self, tenant_id: UUID, version: int, secret: bytes) -> None:
        self.tenant_id = tenant_id
        self.version = version
        self._aead = AESGCM(secret)

    def __repr__(self) -> str:
        return f"<TenantKey {self.version} of {self.tenant_id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a data key does not leave its process")

    def seal(self, context: Sequence[str], plaintext: bytes, *, compress: bool = True) -> bytes:
        """`plaintext` encrypted for this tenant and context; compressed when that is shorter."""
        flags, body = _packed(plaintext) if compress else (0, plaintext)
        header = _HEADER.pack(_FORMAT, flags, self.version)
        nonce = os.urandom(_NONCE_BYTES)
        bound_to = _bound_to(header, self.tenant_id, context)
        return header + nonce + self._aead.encrypt(nonce, body, bound_to)

    def open(self, context: Sequence[str], sealed: bytes) -> bytes:
        """The plaintext of what this key sealed for `context`. Raises SealBroken."""
        flags, version = _header(self.tenant_id, context, sealed)
        if version != self.version:
            reason = f"it was sealed under key version {version}, not {self.version}"
            raise SealBroken(self.tenant_id, context, reason)
        header = sealed[: _HEADER.size]
        nonce = sealed[_HEADER.size : _HEADER.size + _NONCE_BYTES]
        ciphertext = sealed[_HEADER.size + _NONCE_BYTES :]
        bound_to = _bound_to(header, self.tenant_id, context)
        try:
            body = self._aead.decrypt(nonce, ciphertext, bound_to)
        except InvalidTag:
            reason = "it was altered, or sealed for another tenant, connection, field or purpose"
            raise SealBroken(self.tenant_id, context, reason) from None
        return zlib.decompress(body) if flags & _COMPRESSED else body


def key_version(tenant_id: UUID, context: Sequence[str], sealed: bytes) -> int:
    """The data key version named in a sealed value. Raises SealBroken when it is none."""
    return _header(tenant_id, context, sealed)[1]


def version_bytes(version: int) -> bytes:
    """What bytes 2-5 of a value sealed under `version` are, for finding such values by SQL."""
    return version.to_bytes(4, "big")


def _packed(plaintext: bytes) -> tuple[int, bytes]:
    if len(plaintext) >= _WORTH_TRYING:
        shorter = zlib.compress(plaintext, _LEVEL)
        if len(shorter) < len(plaintext):
            return _COMPRESSED, shorter
    return 0, plaintext


def _header(tenant_id: UUID, context: Sequence[str], sealed: bytes) -> tuple[int, int]:
    """Flags and key version."""
    if len(sealed) < OVERHEAD:
        raise SealBroken(tenant_id, context, f"{len(sealed)} bytes are too few, it was cut short")
    format, flags, version = _HEADER.unpack_from(sealed)
    if format != _FORMAT or flags & ~_COMPRESSED:
        raise SealBroken(tenant_id, context, "it is not of a format known here")
    return flags, version


def _bound_to(header: bytes, tenant_id: UUID, context: Sequence[str]) -> bytes:
    """Each part with its length before it, so that no two contexts give the same bytes."""
    if isinstance(context, str) or not context:
        raise TypeError("a context is a list of words, such as ['connection', id, 'inbox']")
    parts = [part.encode() for part in context]
    return b"".join(
        (header, tenant_id.bytes, *(len(part).to_bytes(4, "big") + part for part in parts))
    )
