"""Connects an account of one of our sandboxes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.connector_kit.registry import get
from integrations.models import Connection, Environment
from integrations.services import connections
from integrations.services.connections import NewConnection


def connect_sandbox(
    account: Mapping[str, Any],
    *,
    tenant_id: UUID,
    connector: str,
    flavour: str = "",
    name: str,
    settings: Mapping[str, str] | None = None,
    now: datetime,
) -> Connection:
    """A connection to the account a sandbox's control API has answered.

    A sandbox hands out every key it has, of which the connector takes those it asks for; `settings`
    go over what the manifest has for its sandbox. `flavour` "": the first. Raises as
    `connections.connect` does.
    """
    manifest = get(connector).manifest
    fields = {spec.name for spec in manifest.credentials}
    known = {spec.name for spec in manifest.settings}
    return connections.connect(
        NewConnection(
            connector=connector,
            flavour=flavour or next(iter(manifest.flavours)),
            name=name,
            environment=Environment.SANDBOX,
            base_url=account["base_url"],
            settings={k: str(v) for k, v in account["settings"].items() if k in known}
            | manifest.sandbox_settings
            | dict(settings or {}),
            credentials={k: v for k, v in account["credentials"].items() if k in fields},
        ),
        tenant_id=tenant_id,
        now=now,
    )
