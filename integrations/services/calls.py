"""How many calls a second an account permits."""

from __future__ import annotations

from integrations.connector_kit.registry import get
from integrations.models import Connection


def permitted_calls(connection: Connection) -> float:
    """Calls a second: what the owner has set, else what the vendor is known to permit."""
    limit = get(connection.connector).manifest.limits.rate
    try:
        asked = float(connection.settings.get("requests_per_second") or 0)
    except ValueError:
        asked = 0.0
    return asked if asked > 0 else limit
