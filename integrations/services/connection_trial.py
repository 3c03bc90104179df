"""Asks an account who it is, with the credentials that are kept: a test that changes nothing."""

from __future__ import annotations

from integrations.connector_kit.base import Probe
from integrations.connector_kit.registry import get
from integrations.models import Connection, ConnectionState
from integrations.services import connections
from integrations.sync.sessions import open_account
from tenants import scope


class CannotTry(ValueError):
    """There is nothing to ask with; the message says why."""


def ask(connection: Connection) -> Probe:
    """What the account says of itself. Call outside any scope.

    Raises CannotTry, and ConnectorError when the account refuses us or does not answer.
    """
    if connection.state == ConnectionState.DISCONNECTED:
        raise CannotTry(
            f"{connection.name} is disconnected and its credentials are destroyed. Enter new ones"
            " first."
        )
    connector = get(connection.connector)
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    with connections.opened(connector, account) as client:
        return connector.probe(client)
