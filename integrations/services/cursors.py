"""Cursors: how far each entity of an account has been read by asking, and moving that place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integrations.connector_kit.base import Places
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, ConnectionState, Cursor
from integrations.services.verdict import PLURALS
from integrations.sync import lanes
from mappings.canonical.record import Entity
from tenants.models import User
from tenants.services import audit

FURTHEST_BACK = timedelta(days=90)
"""Reading more again is what a backfill is for."""
SAME = timedelta(seconds=1)
_ANY = datetime(2020, 1, 1, tzinfo=UTC)


class CannotMove(ValueError):
    """The cursor stays where it is; the message says why and what to do instead."""


@dataclass(frozen=True)
class Standing:
    """One cursor. `reached`: until when changes have been read, None when it does not tell. `version`
    names its place, for the form that moves it. `goes_by_time`: it can be moved to a moment."""

    cursor: Cursor
    name: str
    reached: datetime | None
    version: str
    goes_by_time: bool


def of_connection(connection: Connection) -> Sequence[Standing]:
    """Its cursors, by entity. Call inside the tenant's scope."""
    rows = Cursor.objects.filter(connection=connection).select_related("connection")
    return [standing(one) for one in rows.order_by("entity", "pk")]


def every() -> Sequence[Standing]:
    """All cursors of the account, by connection. Call inside the tenant's scope."""
    rows = Cursor.objects.select_related("connection")
    return [standing(one) for one in rows.order_by("connection__name", "entity", "pk")]


def standing(cursor: Cursor) -> Standing:
    """How a cursor stands; it comes with its connection."""
    places = _places(cursor)
    by_time = places is not None and bool(places.at(_ANY, cursor.connection.flavour))
    return Standing(
        cursor,
        _plural(cursor.entity),
        places.reached(cursor.value) if places and cursor.value else None,
        hashlib.sha256(cursor.value.encode()).hexdigest()[:16],
        by_time,
    )


def move(
    *, cursor_id: int, to: datetime | None, seen: str, actor: User | None, now: datetime
) -> Standing:
    """Reads from the moment `to` on, or, with None, begins anew as when the account was connected.

    Call inside the tenant's scope. A page that is being read meanwhile is thrown away. `seen` is the
    `version` that was shown. Raises CannotMove, and Cursor.DoesNotExist.
    """
    cursor: Cursor = Cursor.objects.select_related("connection").get(pk=cursor_id)
    connection = cursor.connection
    if connection.state == ConnectionState.DISCONNECTED:
        raise CannotMove(f"{connection.name} is disconnected: nothing is read from it.")
    # The lane's lock before any row, as everybody takes them.
    lanes.look_again(tenant_id=cursor.tenant_id, connection_id=connection.pk, now=now)
    rows = Cursor.objects.select_for_update(of=("self",)).select_related("connection")
    cursor = rows.get(pk=cursor_id)
    before = standing(cursor)
    if before.version != seen:
        raise CannotMove(
            "It has moved on since this page was opened, or somebody else has moved it. Nothing was"
            " changed; look at it again."
        )
    value = place(before, to, now=now)
    if value == cursor.value:
        raise CannotMove("It stands there already.")
    cursor.value, cursor.due_at, cursor.failures, cursor.problem = value, now, 0, ""
    cursor.save(update_fields=["value", "due_at", "failures", "problem"])
    audit.record(
        action="cursor.moved",
        object_type="Cursor",
        object_id=cursor.pk,
        actor=actor,
        before={
            "connection": connection.name,
            "entity": cursor.entity,
            "read_until": before.reached,
        },
        after={"read_from": to or "the beginning, as when it was connected"},
    )
    return standing(cursor)


def place(before: Standing, to: datetime | None, *, now: datetime) -> str:
    """The cursor that moving there would make. Raises CannotMove for a place that makes no sense."""
    if to is None:
        return ""
    places = _places(before.cursor)
    if places is None or not before.goes_by_time:
        raise CannotMove(f"{before.name} of this system cannot be read from a time on.")
    if to > now:
        raise CannotMove("This time is still to come. Choose one that has passed.")
    if to < now - FURTHEST_BACK:
        raise CannotMove(
            f"That is more than {FURTHEST_BACK.days} days ago. To read so much again, start a"
            " backfill of the pair."
        )
    if before.reached is not None and abs(to - before.reached) < SAME:
        raise CannotMove("It stands there already.")
    return places.at(to, before.cursor.connection.flavour)


def _plural(entity: str) -> str:
    """ "Customers"; an entity of another release by its own name."""
    known = Entity(entity) if entity in set(Entity) else None
    return (PLURALS[known] if known in PLURALS else entity.replace("_", " ")).capitalize()


def _places(cursor: Cursor) -> Places | None:
    try:
        port = get(cursor.connection.connector).entities.get(Entity(cursor.entity))
    except (UnknownConnector, ValueError):
        return None
    return port.places if port else None
