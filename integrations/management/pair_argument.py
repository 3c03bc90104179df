"""The pair that a command was asked about."""

from __future__ import annotations

from uuid import UUID

from django.core.management.base import CommandError

from integrations.models import Pair
from tenants import scope


def find(wanted: str) -> Pair:
    """By id, or by its name where only one pair has it. Raises CommandError."""
    with scope.door("a pair was named on the command line"):
        rows = Pair.objects.select_related("pos", "store")
        try:
            found: list[Pair] = list(rows.filter(pk=UUID(wanted)))
        except ValueError:
            found = list(rows.filter(name=wanted)[:2])
    if len(found) > 1:
        raise CommandError(f"Several pairs are called {wanted}. Name the one you mean by its id.")
    if not found:
        raise CommandError(f"There is no pair {wanted}.")
    return found[0]
