"""Master keys: read from settings, they wrap data keys and nothing else."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from integrations.vault.errors import DataKeyBroken, MasterKeyMissing, MasterKeysUnusable

SETTING = "CLARITY_MASTER_KEYS"
# Beside the other data of an installation that sets no master keys (one machine).
LOCAL_FILE = "master.keys"
KEY_BYTES = 32
NONCE_BYTES = 12
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class MasterKey:
    """One master key. Shows its id only, and cannot be pickled."""

    __slots__ = ("_aead", "id")

    def __init__(self, id: str, secret: bytes) -> None:
        self.id = id
        self._aead = AESGCM(secret)

    def __repr__(self) -> str:
        return f"<MasterKey {self.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a master key does not leave its process")

    def wrap(self, data_key: bytes, tenant_id: UUID, version: int) -> bytes:
        """The data key encrypted, bound to its tenant and version."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, data_key, _bound_to(tenant_id, version))

    def unwrap(self, wrapped: bytes, tenant_id: UUID, version: int) -> bytes:
        """The data key. Raises DataKeyBroken when it is not this tenant's and version's."""
        nonce, ciphertext = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._aead.decrypt(nonce, ciphertext, _bound_to(tenant_id, version))
        except (InvalidTag, ValueError):
            raise DataKeyBroken(tenant_id, version, self.id) from None


def active() -> MasterKey:
    """The first configured master key, which wraps. Raises MasterKeysUnusable."""
    return next(iter(_configured().values()))


def named(id: str) -> MasterKey:
    """The master key of this id. Raises MasterKeyMissing, MasterKeysUnusable."""
    key = _configured().get(id) or _local().get(id)
    if key is None:
        raise MasterKeyMissing(id)
    return key


def missing(ids: Collection[str]) -> list[str]:
    """Those of `ids` that are not configured. Raises MasterKeysUnusable."""
    known = _configured().keys() | _local().keys()
    return sorted(set(ids) - known)


@sensitive_variables()
def parse(entries: Sequence[str]) -> dict[str, MasterKey]:
    """Master keys by id, in the order given. Raises MasterKeysUnusable, never showing a key."""
    if not entries:
        raise MasterKeysUnusable(f"{SETTING} is empty. {_HOW}")
    keys: dict[str, MasterKey] = {}
    secrets: set[bytes] = set()
    for position, entry in enumerate(entries, start=1):
        id, colon, encoded = entry.strip().partition(":")
        # Without a colon the whole entry may be the key: it is named by its position alone.
        if not colon or not _ID.fullmatch(id):
            raise MasterKeysUnusable(f'Entry {position} of {SETTING} is not "id:key". {_HOW}')
        if id in keys:
            raise MasterKeysUnusable(f"{SETTING} names the id {id!r} twice. {_HOW}")
        secret = _decoded(encoded)
        if secret is None or len(secret) != KEY_BYTES:
            found = "not base64" if secret is None else f"{len(secret)} bytes long"
            raise MasterKeysUnusable(f"The key {id!r} in {SETTING} is {found}. {_HOW}")
        if secret in secrets:
            raise MasterKeysUnusable(f"{SETTING} gives the key {id!r} under two ids. {_HOW}")
        secrets.add(secret)
        keys[id] = MasterKey(id, secret)
    return keys


_HOW = (
    "Each entry is id:key with the key as base64 of 32 random bytes (openssl rand -base64 32); "
    "the first entry is the active one."
)


def _configured() -> dict[str, MasterKey]:
    return _parsed_once(tuple(settings.CLARITY_MASTER_KEYS))


def _local() -> dict[str, MasterKey]:
    """Keys added to the local file since this process started, so that rotating needs no restart."""
    file = Path(settings.CLARITY_DATA_DIR) / LOCAL_FILE
    return parse(file.read_text("utf-8").split()) if file.is_file() else {}


@lru_cache(maxsize=4)
def _parsed_once(entries: tuple[str, ...]) -> dict[str, MasterKey]:
    return parse(entries)


def _decoded(encoded: str) -> bytes | None:
    """Both base64 alphabets, with or without padding; None when it is neither."""
    padded = encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.encode("ascii").translate(_URL_SAFE), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def _bound_to(tenant_id: UUID, version: int) -> bytes:
    return b"clarity data key" + tenant_id.bytes + version.to_bytes(4, "big")
