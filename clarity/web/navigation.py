"""What the navigation of a page offers: the parts of a tenant, of its settings and of a pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Entry:
    """One link. `own`: how the names of the addresses begin that belong to it."""

    label: str
    url_name: str
    own: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """One link as a page shows it."""

    label: str
    url: str
    is_here: bool


TENANT = (
    Entry("Overview", "dashboard", ("dashboard",)),
    Entry("Pairs", "pairs", ("pairs", "start")),
    Entry("Incidents", "incidents", ("incident", "fix")),
    Entry("Settings", "settings", ("settings",)),
)
SETTINGS = (
    Entry("General", "settings", ("settings",)),
    Entry("Connections", "connections", ("connection",)),
    Entry("Members", "members", ("member", "invitation")),
    Entry("Billing", "billing", ("billing",)),
    Entry("Alerts", "alerts", ("alert",)),
    Entry("API tokens", "api-tokens", ("api-token",)),
    Entry("Audit log", "audit-log", ("audit",)),
    Entry("Support access", "support-access", ("support-access",)),
    Entry("Data", "data", ("data", "privacy")),
)
PAIR = (
    Entry("Live", "live", ("live", "record", "replay")),
    Entry("Flows", "flows", ("flow", "mapping-")),
    Entry("Tables", "mapping-tables", ("mapping-table",)),
    Entry("Preflight", "preflight", ("preflight",)),
    Entry("Backfills", "backfills", ("backfill",)),
    Entry("Payments", "payments", ("payments",)),
    Entry("Stock check", "convergence", ("convergence",)),
    Entry("Settings", "pair-settings", ("pair-",)),
)


def shown(entries: Iterable[Entry], *, here: str, address: Mapping[str, Any]) -> list[Shown]:
    """The links whose pages this installation has; `here` is the name of the page's address.

    The entry with the longest fitting beginning is the current one, so that "pair-settings" is not
    taken for "pair".
    """
    found = []
    current = _current(entries, here)
    for entry in entries:
        try:
            url = reverse(entry.url_name, kwargs=dict(address))
        except NoReverseMatch:
            continue
        found.append(Shown(entry.label, url, entry is current))
    return found


def belongs(entries: Iterable[Entry], here: str) -> bool:
    """Whether the page is one of these."""
    return _current(entries, here) is not None


def _current(entries: Iterable[Entry], here: str) -> Entry | None:
    fits = [
        (len(start), position, entry)
        for position, entry in enumerate(entries)
        for start in entry.own
        if here.startswith(start)
    ]
    return max(fits)[2] if fits else None
