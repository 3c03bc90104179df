"""Fields that people added to their accounts: found by a preflight, offered to whoever maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations.connector_kit.own_fields import FieldFound, Use
from integrations.sync.sessions import Session
from mappings.canonical.record import Entity


@dataclass(frozen=True)
class OwnField:
    """A field and the connection it was found in. `where`: what that is called."""

    connection_id: UUID
    where: str
    field: FieldFound

    def as_json(self) -> dict[str, object]:
        return {
            "connection": str(self.connection_id),
            "where": self.where,
            "entity": self.field.entity.value,
            "path": self.field.path,
            "title": self.field.title,
            "use": self.field.use.value,
            "type": self.field.type,
            "is_required": self.field.is_required,
        }


def found(sessions: Iterable[Session]) -> list[OwnField]:
    """The fields of each account. Raises ConnectorError."""
    return [
        OwnField(session.connection.pk, session.connection.name, one)
        for session in sessions
        if session.connector.fields is not None
        for one in session.connector.fields(session.client)
    ]


def kept(rows: Sequence[Mapping[str, Any]], entity: Entity) -> list[OwnField]:
    """Those of the entity among what a preflight kept."""
    return [
        OwnField(
            UUID(row["connection"]),
            row["where"],
            FieldFound(
                entity=entity,
                path=row["path"],
                title=row["title"],
                use=Use(row["use"]),
                type=row["type"],
                is_required=row["is_required"],
            ),
        )
        for row in rows
        if row["entity"] == entity
    ]


def by_place(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a preflight kept, in groups for people: one for each account, entity and use."""
    groups: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        place = (row["where"], row["entity"], row["use"])
        group = groups.setdefault(
            place, {"where": place[0], "entity": place[1], "use": place[2], "fields": []}
        )
        group["fields"].append(row)
    return list(groups.values())
