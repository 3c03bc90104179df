"""Clears away what nobody needs any more and what belongs to no tenant."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings

from integrations.queue import leftovers

log = logging.getLogger(__name__)

KEEP_FAILED_TASKS = timedelta(days=14)


def tidy(now: datetime) -> None:
    """Drops sessions that have ended and the notes of background tasks that failed long ago."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    dropped = leftovers.drop_failed_tasks(before=now - KEEP_FAILED_TASKS)
    if dropped:
        log.info("dropped the notes of %s background tasks that failed long ago", dropped)
