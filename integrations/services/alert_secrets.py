"""The vault's door for alert channels: their web address and signing key, sealed for the tenant."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from django.views.decorators.debug import sensitive_variables

from integrations.models import AlertChannel
from integrations.vault import sealing

# Passed on to the sender, hence "as".
from integrations.vault.errors import VaultError as VaultError

_PREFIX = "ccwh_"


@dataclass(frozen=True)
class Sealed:
    """Where a channel leads, and the key its messages are signed with ("" for Slack)."""

    url: str = field(repr=False)
    key: str = field(repr=False, default="")


def new_key() -> str:
    """A signing key: 256 random bits as text that survives copying."""
    return _PREFIX + secrets.token_urlsafe(32)


@sensitive_variables()
def seal(tenant_id: UUID, channel_id: UUID, value: Sealed) -> bytes:
    """Opens for this channel of this tenant only."""
    return sealing.seal_json(tenant_id, _context(channel_id), {"url": value.url, "key": value.key})


@sensitive_variables()
def unseal(channel: AlertChannel) -> Sealed:
    """Raises VaultError when it does not open, as after the tenant was erased."""
    found = sealing.open_json(channel.tenant_id, _context(channel.pk), bytes(channel.sealed or b""))
    if not isinstance(found, dict):
        raise TypeError("a channel's seal holds an object")
    return Sealed(url=str(found["url"]), key=str(found["key"]))


def _context(channel_id: UUID) -> list[str]:
    return ["alert-channel", str(channel_id)]
