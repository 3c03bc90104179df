"""Secrets of people, which belong to no tenant: sealed by the master key itself.

What signs a person in (the secret of an authenticator app, the seed of recovery codes) is 20 to 40
bytes, like the data keys master keys wrap. Version 0, which no data key has, and the nil id keep
the two apart: neither opens as the other.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from django.views.decorators.debug import sensitive_variables

from integrations.vault import master_keys
from integrations.vault.errors import SealBroken

_NOBODY = UUID(int=0)
_PREFIX = "m1:"


@sensitive_variables("text")
def seal(text: str) -> str:
    """`text` sealed under the active master key, as "m1:<key id>:<base64>"."""
    key = master_keys.active()
    wrapped = key.wrap(text.encode(), _NOBODY, 0)
    return f"{_PREFIX}{key.id}:{base64.b64encode(wrapped).decode('ascii')}"


def opened(sealed: str) -> str:
    """The text. Raises SealBroken, DataKeyBroken and MasterKeyMissing."""
    key_id, _, encoded = sealed.removeprefix(_PREFIX).partition(":")
    try:
        wrapped = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        wrapped = b""
    if not sealed.startswith(_PREFIX) or not wrapped:
        raise SealBroken(_NOBODY, ["sign-in"], "it is not sealed as a person's secret is")
    return master_keys.named(key_id).unwrap(wrapped, _NOBODY, 0).decode()


def is_current(sealed: str) -> bool:
    """Whether the active master key sealed it."""
    return sealed.startswith(f"{_PREFIX}{master_keys.active().id}:")
