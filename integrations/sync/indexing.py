"""Writes down by which names records are found, in one statement for all that are passed on."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection as database
from django.db import transaction
from django.db.models import Max

from integrations.models import Delivery, SearchKey
from integrations.sync import sessions
from integrations.sync.search_terms import HASHED, Term, terms
from tenants import scope

if TYPE_CHECKING:
    from integrations.sync.preparing import Prepared
    from integrations.sync.sessions import Session

# As long as a data key is remembered: what is erased elsewhere has no sense here for longer.
KEPT_SECONDS = 60.0
KEPT_MOST = 10_000
_CONTEXT = "search/key"
_KEY_BYTES = 32

_lock = Lock()
_kept: dict[UUID, tuple[float, bytes]] = {}

Row = tuple[int, str, str, str]
"""Kind, term, entity, key."""

_INSERT = """
INSERT INTO integrations_searchterm (tenant_id, connection_id, day, kind, term, entity, key)
SELECT %s, %s, %s, v.* FROM unnest(%s::smallint[], %s::text[], %s::text[], %s::text[]) AS v
ON CONFLICT DO NOTHING
"""


def note(session: Session, prepared: Sequence[Prepared], *, now: datetime) -> None:
    """Adds the names of these records. Call inside the tenant's scope; asks once for all."""
    if not prepared:
        return
    key = key_of(session.tenant_id)
    write(
        session.connection.pk,
        (
            row
            for one in prepared
            for row in rows(
                terms(one.record, reference=one.row.reference),
                entity=one.row.entity,
                key=one.row.key,
                secret=key,
            )
        ),
        now=now,
    )


def rows(found: Iterable[Term], *, entity: str, key: str, secret: bytes | None) -> list[Row]:
    """The terms of one record as they are kept; without `secret`, those that are plain."""
    return [
        (kind.value, hashed(secret, kind, text) if kind in HASHED and secret else text, entity, key)
        for kind, text in found
        if secret or kind not in HASHED
    ]


def write(connection_id: UUID, wanted: Iterable[Row], *, now: datetime) -> None:
    """Keeps what is new, always in one order, so that two writers do not block each other."""
    ordered = sorted(set(wanted))
    if not ordered:
        return
    columns = [list(column) for column in zip(*ordered, strict=True)]
    with database.cursor() as cursor:
        day = now.astimezone(UTC).date()
        cursor.execute(_INSERT, [scope.current(), connection_id, day, *columns])


def hashed(secret: bytes, kind: int, text: str) -> str:
    """What stands for a personal term: nobody learns the text from it, not even by trying all."""
    return hashlib.blake2b(f"{kind}\n{text}".encode(), key=secret, digest_size=16).hexdigest()


def key_of(tenant_id: UUID) -> bytes | None:
    """The key of the tenant's hashes, made on first use; None once the tenant was erased.

    Call inside the tenant's scope.
    """
    with _lock:
        read_at, key = _kept.get(tenant_id, (0.0, b""))
    if key and time.monotonic() - read_at < KEPT_SECONDS:
        return key
    sealed = SearchKey.objects.values_list("sealed", flat=True).first()
    if sealed is None:
        return _made(tenant_id)
    opened = sessions.opened(tenant_id, _CONTEXT, bytes(sealed))
    if opened is not None:
        _keep(tenant_id, bytes.fromhex(opened))
    return bytes.fromhex(opened) if opened is not None else None


def forget() -> None:
    """Reads every key anew when it is needed next."""
    with _lock:
        _kept.clear()


def _made(tenant_id: UUID) -> bytes | None:
    """Of two processes that make one at once, both get the one that was first."""
    key = os.urandom(_KEY_BYTES)
    newest = Delivery.objects.aggregate(newest=Max("pk"))["newest"] or 0
    SearchKey.objects.bulk_create(
        [
            SearchKey(
                sealed=sessions.seal(tenant_id, _CONTEXT, key.hex()),
                # What was delivered before is added bit by bit (services/search_upkeep.py).
                filled_to=newest + 1 if newest else 0,
            )
        ],
        ignore_conflicts=True,
    )
    sealed = SearchKey.objects.values_list("sealed", flat=True).get()
    opened = sessions.opened(tenant_id, _CONTEXT, bytes(sealed))
    if opened is None:
        return None
    # Were this transaction undone, a remembered key would be one that nobody has.
    transaction.on_commit(lambda: _keep(tenant_id, bytes.fromhex(opened)))
    return bytes.fromhex(opened)


def _keep(tenant_id: UUID, key: bytes) -> None:
    with _lock:
        if len(_kept) >= KEPT_MOST:
            _kept.clear()
        _kept[tenant_id] = (time.monotonic(), key)
