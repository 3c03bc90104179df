"""The lowest id from which a lane has something waiting.

Add `id__gte` with it to a query for waiting rows: it finds the same rows and touches one or two
partitions instead of all, which is most of what such a query costs. Ask in the transaction that
uses it: rows may be opened anew at any age.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from tenants import scope


def items_from(connection_id: UUID) -> int:
    """No waiting inbox item of the connection has a lower id."""
    return _ask("SELECT clarity_items_from(%s, %s)", connection_id)


def deliveries_from(connection_id: UUID) -> int:
    """No waiting delivery to the connection has a lower id."""
    return _ask("SELECT clarity_deliveries_from(%s, %s)", connection_id)


def _ask(query: str, connection_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, [scope.current(), connection_id])
        return int(cursor.fetchone()[0])
