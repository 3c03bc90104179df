"""The sign of life of a lane's holder."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error
from django.db import connection as database
from django.utils import timezone

from integrations.sync import lanes
from integrations.sync.lanes import Lease, LeaseLost
from tenants import scope

log = logging.getLogger(__name__)


@contextmanager
def heartbeat(lease: Lease) -> Iterator[None]:
    """Renews the lease from a thread of its own while the slice works."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(settings.CLARITY_LEASE_SECONDS / 3):
            try:
                with scope.tenant(lease.tenant_id):
                    lanes.renew(lease, now=timezone.now())
            except LeaseLost:
                # Given back a moment ago, or taken over, which whoever works it finds out.
                log.info("lane %s is not held here any more", lease.connection_id)
                return
            except Error:
                # The next beat may get through before the lease ends; if not, `check` stops us.
                log.warning("the lease of lane %s could not be renewed", lease.connection_id)
            finally:
                database.close()

    thread = threading.Thread(target=beat, name="lane-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
