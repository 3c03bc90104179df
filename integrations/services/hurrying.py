"""Has a chore of the platform done now instead of at its next time."""

from __future__ import annotations

from datetime import datetime

from integrations.models import Chore


def hurry(name: str, *, now: datetime) -> None:
    """The chore is due at once. Commits with the caller's transaction.

    While somebody is at it, it is due again when they have finished, sooner or later.
    """
    Chore.objects.filter(name=name, due_at__gt=now).update(due_at=now)
