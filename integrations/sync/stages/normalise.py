"""Normalise: their record as a canonical one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from integrations.connector_kit.errors import Rejected, Unsupported
from integrations.connector_kit.payload import Payload
from integrations.sync.sessions import Session
from mappings.canonical.record import Entity, Record, Skipped


def normalise(session: Session, entity: Entity, raw: Mapping[str, Any]) -> Record:
    """The canonical record. Raises Rejected, Unsupported or Skipped."""
    if not raw:
        raise Skipped("the record does not exist any more in the source system")
    port = session.port(entity)
    if port is None or port.normalise is None:
        raise Unsupported(f"{session.connector.manifest.label} does not send {entity} records")
    try:
        return port.normalise(Payload(raw), session.account)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        raise Rejected(
            f"{field}: {first['msg']}",
            field=field,
            said=str(first.get("input", ""))[:80],
            advice="Correct this value in the source system, then replay the record.",
        ) from None
