"""What a lane has to do and when, looked up at one glance.

Whoever opens a lane looks once, and so learns what it need not look for; whoever gives it back
looks once more, while nobody can bring work, so nothing is overlooked in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection as database

from tenants import scope

Route = tuple[int, str]
"""A flow out of the lane's connection, and the state of its pair."""


class Agenda(NamedTuple):
    """When each kind of work is due, None where there is none.

    `is_used`: whether a pair that is no draft has the connection; until then notices wait.
    `routes`: the flows out of the connection that are on.
    """

    items: datetime | None
    deliveries: datetime | None
    cursors: datetime | None
    backfills: datetime | None
    is_used: bool
    routes: Sequence[Route]

    @property
    def due(self) -> datetime | None:
        """When there is next something to do."""
        moments = (self.items, self.deliveries, self.cursors, self.backfills)
        return min((moment for moment in moments if moment is not None), default=None)


def look(connection_id: UUID) -> Agenda:
    """The agenda of a connection's lane. Call inside the tenant's scope."""
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM clarity_agenda(%s, %s)", [scope.current(), connection_id])
        items, deliveries, cursors, backfills, is_used, ids, states = cursor.fetchone()
    routes = tuple(zip(ids, states, strict=True))
    return Agenda(items, deliveries, cursors, backfills, is_used, routes)
