"""What is done for a pair by itself, and how often, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, Pair
from integrations.services.reconciling import can_reconcile
from integrations.sync.sessions import open_for_reading


@dataclass(frozen=True)
class Planned:
    """One thing that is done by itself. `connection`: where it can be changed, None nowhere."""

    what: str
    when: str
    connection: Connection | None = None


def of_pair(pair: Pair) -> Sequence[Planned]:
    """Call inside the tenant's scope."""
    planned = [_asking(connection) for connection in (pair.pos, pair.store)]
    found = [one for one in planned if one is not None]
    minutes = settings.CLARITY_CONVERGE_MINUTES
    if minutes > 0:
        found.append(Planned("Stock of both sides is compared", f"every {_duration(minutes * 60)}"))
    if can_reconcile(pair):
        found.append(
            Planned(
                "Payments of both sides are compared",
                "every day, two hours after the day has ended at the store",
            )
        )
    return found


def _asking(connection: Connection) -> Planned | None:
    try:
        kit = get(connection.connector)
    except UnknownConnector:
        return None
    entities = {name for name, spec in kit.manifest.entities.items() if "poll" in spec.source}
    if not entities:
        return None
    seconds = open_for_reading(connection).poll_every.total_seconds()
    hears = any("webhook" in spec.source for spec in kit.manifest.entities.values())
    also = "; its webhooks tell of most changes at once" if hears else ""
    return Planned(
        f"{connection.name} is asked what has changed",
        f"every {_duration(seconds)}{also}",
        connection,
    )


def _duration(seconds: float) -> str:
    if seconds >= 7200 and seconds % 3600 == 0:
        return f"{seconds / 3600:.0f} hours"
    if seconds == 3600:
        return "hour"
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:.0f} minutes"
    return "second" if seconds == 1 else f"{seconds:g} seconds"
