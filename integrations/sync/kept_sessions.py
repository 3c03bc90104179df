"""Opened connections, kept between the slices of one process.

A client holds open HTTP connections and what was learnt of the account's rate. Making it anew for
each slice would lose both. A session is taken out while a slice uses it, so two threads never share
one; it is opened anew when anything it was made of has changed, and closed when nobody has used it
for a while.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from integrations.models import Connection, Credential
from integrations.sync import budget
from integrations.sync.sessions import Session, open_session

KEEP_SECONDS = 120.0
KEEP_MOST = 50


@dataclass(frozen=True)
class _Entry:
    session: Session
    pace_at: object
    unused_since: float


_kept: OrderedDict[UUID, _Entry] = OrderedDict()
_lock = threading.Lock()
_sweeper: list[threading.Timer] = []


def take(connection: Connection, *, pace: Mapping[str, Any], now: datetime) -> Session:
    """The connection, opened. Call inside the tenant's scope; makes no request.

    `pace` is what the lane row says of the account's rate. What another process wrote there since
    this one had the lane is adopted.
    """
    made_of = _made_of(connection)
    with _lock:
        entry = _kept.pop(connection.pk, None)
    if entry is not None and entry.session.made_of == made_of:
        entry.session.connection = connection
        if entry.pace_at != pace.get("at"):
            entry.session.begin_with(budget.begin(pace, now=now))
        return entry.session
    if entry is not None:
        entry.session.close()
    opened = open_session(connection, budget=budget.begin(pace, now=now))
    opened.made_of = made_of
    return opened


def give_back(session: Session, *, pace: Mapping[str, Any]) -> None:
    """Keeps the session for the next slice; `pace` is what was just written to the lane row."""
    entry = _Entry(session, pace.get("at"), time.monotonic())
    with _lock:
        doubled = _kept.pop(session.connection.pk, None)
        _kept[session.connection.pk] = entry
        _start_sweeper()
    for old in ([doubled] if doubled else []) + _too_old():
        old.session.close()


def close_all() -> None:
    """Closes what is kept."""
    with _lock:
        entries = list(_kept.values())
        _kept.clear()
    for entry in entries:
        entry.session.close()


def _made_of(connection: Connection) -> tuple[object, ...]:
    """Everything that would make it another session: the address, the settings, the credentials."""
    credentials = Credential.objects.filter(connection_id=connection.pk).order_by("field")
    return (
        connection.connector,
        connection.base_url,
        connection.flavour,
        connection.environment,
        sorted(connection.settings.items()),
        settings.CLARITY_ALLOW_PRIVATE_TARGETS,
        list(credentials.values_list("field", "set_at")),
    )


def _too_old() -> list[_Entry]:
    """Takes out what nobody used for a while, and the oldest when there are too many."""
    limit = time.monotonic() - KEEP_SECONDS
    found = []
    with _lock:
        while _kept:
            key, entry = next(iter(_kept.items()))
            if len(_kept) <= KEEP_MOST and entry.unused_since > limit:
                break
            found.append(_kept.pop(key))
    return found


def _start_sweeper() -> None:
    """A process without work still closes its connections. Call with the lock held."""
    if not _sweeper:
        timer = threading.Timer(KEEP_SECONDS + 1, _sweep)
        timer.daemon = True
        _sweeper.append(timer)
        timer.start()


def _sweep() -> None:
    with _lock:
        _sweeper.clear()
    for entry in _too_old():
        entry.session.close()
    with _lock:
        if _kept:
            _start_sweeper()
