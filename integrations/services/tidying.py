"""Clears away what nobody needs any more and what belongs to no tenant."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings

from integrations.queue import leftovers
from integrations.services import introducing
from mappings.models import UnmappedValue
from tenants import scope
from tenants.services import api_requests, people

log = logging.getLogger(__name__)

KEEP_FAILED_TASKS = timedelta(days=14)
KEEP_UNMAPPED = timedelta(days=90)


def tidy(now: datetime) -> None:
    """Drops sessions that have ended, the notes of background tasks that failed long ago, values without
    an entry in a lookup table that nobody has met for months, what systems said to connect by themselves
    and nobody used, kept answers of the API, and sign-ups nobody finished."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    dropped = leftovers.drop_failed_tasks(before=now - KEEP_FAILED_TASKS)
    if dropped:
        log.info("dropped the notes of %s background tasks that failed long ago", dropped)
    with scope.door("forget values that are not met any more"):
        UnmappedValue.objects.filter(last_at__lt=now - KEEP_UNMAPPED).delete()
    introducing.forget_unused(now)
    api_requests.prune(now)
    people.tidy(now)
