"""What ends the work and says nothing of a record: the database went away, or the lane is another's.

Whatever was under way then stays as it is written down. Its next holder tries it again, and looks
before it writes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.db.transaction import TransactionManagementError
from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction

from integrations.queue import stopping
from integrations.sync.lanes import LeaseLost

Answer = TypeVar("Answer")

# InterfaceError: a connection that is closed already. No error of one is an error of the other.
AWAY = (OperationalError, InterfaceError)
# Not OperationalError, but no record's affair either: a primary that has become a standby, and a
# transaction that the server cut off.
_OF_THE_SERVER = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)
_ASK_AGAIN_SECONDS = 0.25


def ends_work(error: BaseException) -> bool:
    """Whether the work must end here. A record is never set aside for such an error."""
    if isinstance(error, (*AWAY, LeaseLost)) or isinstance(error.__cause__, _OF_THE_SERVER):
        return True
    # Django tells of a transaction that cannot go on, and names what had spoilt it.
    if isinstance(error, TransactionManagementError) and error.__cause__ is not None:
        return ends_work(error.__cause__)
    return False


def outlast(work: Callable[[], Answer]) -> Answer:
    """What `work` answers, once the database does; it is asked for as long as a lease lasts.

    For work of one transaction that nobody else would do before that. Raises as `work` does when
    that was too long, or when the process is told to stop.
    """
    end = time.monotonic() + settings.CLARITY_LEASE_SECONDS
    while True:
        try:
            return work()
        except AWAY:
            if stopping.is_told() or time.monotonic() > end:
                raise
        time.sleep(_ASK_AGAIN_SECONDS)
        drop_broken()


def drop_broken() -> None:
    """Connections break together: none of the others shall fail by itself later."""
    database.close()
    if (pool := getattr(database, "pool", None)) is not None:
        pool.check()
