"""What ends the work and says nothing of a record: the database went away, or the lane is another's.

Whatever was under way then stays as it is written down. Its next holder tries it again, and looks
before it writes.
"""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.db.transaction import TransactionManagementError
from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction

from integrations.sync.lanes import LeaseLost

# InterfaceError: a connection that is closed already. No error of one is an error of the other.
AWAY = (OperationalError, InterfaceError)
# Not OperationalError, but no record's affair either: a primary that has become a standby, and a
# transaction that the server cut off.
_OF_THE_SERVER = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)


def ends_work(error: BaseException) -> bool:
    """Whether the work must end here. A record is never set aside for such an error."""
    if isinstance(error, (*AWAY, LeaseLost)) or isinstance(error.__cause__, _OF_THE_SERVER):
        return True
    # Django tells of a transaction that cannot go on, and names what had spoilt it.
    if isinstance(error, TransactionManagementError) and error.__cause__ is not None:
        return ends_work(error.__cause__)
    return False


def drop_broken() -> None:
    """Connections break together: none of the others shall fail by itself later."""
    database.close()
    if (pool := getattr(database, "pool", None)) is not None:
        pool.check()
