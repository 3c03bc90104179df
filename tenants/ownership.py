"""Changing tables while the product runs: a part of a transaction as the role that owns them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import transaction


@contextlib.contextmanager
def as_owner() -> Iterator[None]:
    """Until the end of the block the transaction runs as the login role, then as before.

    The owner may change tables but sees no tenant's rows: security is forced on it as well. Call
    inside a transaction, `scope.door` say. `clarity.postgres.as_owner` is for whole commands.
    """
    with transaction.atomic(), transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT current_setting('role'), set_config('role', 'none', true)")
        before = cursor.fetchone()[0]
        yield
        # After an error the savepoint puts it back.
        cursor.execute("SELECT set_config('role', %s, true)", [before])
