"""Which connection a webhook address belongs to, remembered for some seconds.

A webhook names a connection, not a tenant, so the first look-up goes through the cross-tenant door;
what it finds is kept in the process, with the account that can check the signature.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from integrations.connector_kit.base import Account, Connector
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection
from integrations.sync.sessions import open_account
from tenants import scope

# A changed secret is honoured within this time; connectors accept the previous one meanwhile.
KEEP_SECONDS = 20.0
KEEP_MOST = 2000


class NoDoor(LookupError):
    """No connection of this connector has this id."""


@dataclass(frozen=True)
class Door:
    """What is needed to check a webhook without asking the database."""

    tenant_id: UUID
    connection_id: UUID
    connector: Connector
    account: Account


_known: OrderedDict[tuple[str, UUID], tuple[float, Door]] = OrderedDict()
_lock = threading.Lock()


def door_of(connector: str, connection_id: UUID) -> Door:
    """The door behind an address. Raises NoDoor."""
    name = (connector, connection_id)
    with _lock:
        found = _known.get(name)
    if found and time.monotonic() - found[0] < KEEP_SECONDS:
        return found[1]
    door = _open(connector, connection_id)
    with _lock:
        _known[name] = (time.monotonic(), door)
        _known.move_to_end(name)
        while len(_known) > KEEP_MOST:
            _known.popitem(last=False)
    return door


def forget() -> None:
    """Empties the memory of this process."""
    with _lock:
        _known.clear()


def _open(connector: str, connection_id: UUID) -> Door:
    try:
        kit = get(connector)
    except UnknownConnector:
        raise NoDoor(connector) from None
    with scope.door("route a webhook"):
        row = (
            Connection.objects.filter(
                pk=connection_id, connector=connector, tenant__erasing_since__isnull=True
            )
            .values_list("tenant_id", flat=True)
            .first()
        )
    if row is None:
        raise NoDoor(str(connection_id))
    with scope.tenant(row):
        account = open_account(Connection.objects.get(pk=connection_id))
    return Door(row, connection_id, kit, account)
