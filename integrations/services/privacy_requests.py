"""Privacy requests: kept when they come in, carried out by a chore, shown on the data page.

A request for data makes an export of what is stored of the person. An erasure removes the stored
payloads of every record that names them and what else could point at them; ids stay, so that
nothing is made twice, and so do the sums. A shop that has left is erased as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from integrations.connector_kit.errors import ConnectorError, TryLater
from integrations.connector_kit.privacy import Person, PrivacyAsk, PrivacyNotice
from integrations.connector_kit.registry import get
from integrations.models import (
    Connection,
    ConnectionState,
    Credential,
    Export,
    ExportKind,
    PrivacyKind,
    PrivacyRequest,
    PrivacyState,
)
from integrations.services import connections, exporting, persons, removing
from integrations.services.connection_state import stop_pairs
from integrations.services.export_files import line, records_of
from integrations.services.hurrying import hurry
from integrations.sync import lanes, pipeline
from integrations.sync.sessions import open_account, open_sealed, seal
from tenants import scope
from tenants.services import audit

CHORE = "privacy requests"
# What the law gives, as Shopify passes it on.
TERM = timedelta(days=30)
_FOR = timedelta(seconds=20)
_AGAIN = timedelta(hours=1)
_KINDS = {
    PrivacyAsk.PERSON_DATA: PrivacyKind.PERSON_DATA,
    PrivacyAsk.ERASE_PERSON: PrivacyKind.ERASE_PERSON,
    PrivacyAsk.ERASE_ACCOUNT: PrivacyKind.ERASE_ACCOUNT,
}
_FILE = "records.jsonl"


def accept(notice: PrivacyNotice, *, connection: Connection, now: datetime) -> PrivacyRequest:
    """Keeps a request, once however often it is sent. Call inside the tenant's scope."""
    person = notice.person
    said = {
        "customers": list(person.customers),
        "orders": list(person.orders),
        "email": person.email,
        "phone": person.phone,
    }
    request, made = PrivacyRequest.objects.get_or_create(
        kind=_KINDS[notice.ask],
        name=notice.name,
        defaults={
            "connection": connection,
            "connection_name": connection.name,
            "sealed": seal(connection.tenant_id, _context(notice.name), said),
            "received_at": now,
            "due_at": now + TERM,
            "look_at": now,
        },
    )
    if made:
        audit.record(
            action="privacy.requested",
            object_type="PrivacyRequest",
            object_id=request.pk,
            after={"kind": request.kind, "connection": connection.name},
        )
        hurry(CHORE, now=now)
    found: PrivacyRequest = request
    return found


def latest(limit: int = 25) -> Sequence[PrivacyRequest]:
    """The newest requests. Call inside the tenant's scope."""
    rows = PrivacyRequest.objects.select_related("export").order_by("-received_at", "-pk")
    return list(rows[:limit])


def run_due(now: datetime) -> None:
    """Carries out what is open, for a while. Call outside any scope."""
    with scope.door("find privacy requests to be carried out"):
        due = list(
            PrivacyRequest.objects.filter(
                state=PrivacyState.OPEN, look_at__lte=now, tenant__erasing_since__isnull=True
            )
            .order_by("received_at", "pk")
            .values_list("tenant_id", "pk")
        )
    until = time.monotonic() + _FOR.total_seconds()
    for tenant_id, request_id in due:
        if time.monotonic() > until:
            return
        step = partial(_carry_out, tenant_id, request_id, until=until, now=now)
        if not pipeline.survives(f"privacy request {request_id}", step):
            # An error of ours must not keep the others waiting each time.
            with scope.tenant(tenant_id):
                PrivacyRequest.objects.filter(pk=request_id).update(look_at=now + _AGAIN)


def _carry_out(tenant_id: UUID, request_id: UUID, *, until: float, now: datetime) -> None:
    with scope.tenant(tenant_id):
        request = PrivacyRequest.objects.select_related("connection").get(pk=request_id)
    steps: Mapping[str, Callable[[PrivacyRequest, datetime], bool]] = {
        PrivacyKind.PERSON_DATA: _collect,
        PrivacyKind.ERASE_PERSON: _erase_person,
    }
    if request.kind == PrivacyKind.ERASE_ACCOUNT:
        _erase_account(request, until=until, now=now)
        return
    while time.monotonic() < until:
        with scope.tenant(tenant_id):
            request = PrivacyRequest.objects.select_for_update().get(pk=request_id)
            if request.state != PrivacyState.OPEN or steps[request.kind](request, now):
                return


# --- a person's data -----------------------------------------------------------------------------


def _collect(request: PrivacyRequest, now: datetime) -> bool:
    """One step of the search; answers whether the request is done."""
    if request.export is None:
        request.export = Export.objects.create(kind=ExportKind.PERSON, started_at=now)
        request.save(update_fields=["export"])
    export = request.export
    batch = _next(request)
    fresh = [item for item in batch.items if not _was_kept(request, item.pk)]
    lines = [line(row) for row in records_of(fresh)]
    exporting.keep(export, _FILE, "".join(lines), rows=len(lines))
    counts = {**request.counts, "records": request.counts.get("records", 0) + len(lines)}
    counts["seen"] = [*request.counts.get("seen", ()), *(item.pk for item in fresh)]
    _go_on(request, batch, counts)
    if not batch.is_last:
        return False
    exporting.keep(export, "README.txt", _README)
    exporting.finish(export, now=now)
    request.counts = {"records": counts["records"]}
    _done(request, note="The records are ready to be downloaded and handed on.", now=now)
    return True


_README = (
    "What Clarity Connect stores of the records of one customer.\n\n"
    "records.jsonl has one JSON object on each line: the notice, its payload, and what was delivered\n"
    "of it. Times are UTC. Card numbers are never stored. What is older than your retention is not\n"
    "stored any more; your shop and your point of sale have records of their own.\n"
)


def _was_kept(request: PrivacyRequest, item_id: int) -> bool:
    """A record may be found by its notice and by a delivery: it is told once."""
    return item_id in request.counts.get("seen", ())


def _erase_person(request: PrivacyRequest, now: datetime) -> bool:
    """One step of the search; answers whether this turn is over."""
    batch = _next(request)
    done, left = persons.erase(batch.items, now=now)
    counts = {**request.counts, "records": request.counts.get("records", 0) + done}
    request.left += left
    _go_on(request, batch, counts)
    if not batch.is_last:
        return False
    if request.left:
        # They arrive or stop within days; then the whole search is made once more.
        PrivacyRequest.objects.filter(pk=request.pk).update(
            section=0, cursor=0, left=0, look_at=now + _AGAIN
        )
        return True
    person, source = _person(request)
    counts["links"] = persons.erase_links(persons.links_of(person, source)) if source else 0
    request.counts, request.sealed = counts, None
    _done(request, note="", now=now)
    return True


def _next(request: PrivacyRequest) -> persons.Batch:
    person, source = _person(request)
    keys = persons.keys_of(person, source) if source else persons.Keys(frozenset())
    return persons.search(person, keys, section=request.section, cursor=request.cursor)


def _person(request: PrivacyRequest) -> tuple[Person, UUID | None]:
    said = open_sealed(request.tenant_id, _context(request.name), bytes(request.sealed or b""))
    person = Person(
        customers=tuple(said["customers"]),
        orders=tuple(said["orders"]),
        email=said["email"],
        phone=said["phone"],
    )
    return person, request.connection_id


def _go_on(request: PrivacyRequest, batch: persons.Batch, counts: dict[str, object]) -> None:
    request.section, request.cursor, request.counts = batch.section, batch.cursor, counts
    request.save(update_fields=["section", "cursor", "counts", "left"])


# --- a shop that has left ------------------------------------------------------------------------


def _erase_account(request: PrivacyRequest, *, until: float, now: datetime) -> None:
    connection = request.connection
    if connection is not None and (said := _still_connected(connection)):
        with scope.tenant(request.tenant_id):
            _done(request, note=said, now=now, state=PrivacyState.REFUSED)
        return
    rows = 0
    if connection is not None:
        _end(connection, now=now)
        rows = removing.remove_connection(
            tenant_id=request.tenant_id,
            connection_id=connection.pk,
            go_on=lambda: time.monotonic() < until,
        )
    with scope.tenant(request.tenant_id):
        request.counts = {"rows": request.counts.get("rows", 0) + rows}
        request.save(update_fields=["counts"])
        if time.monotonic() >= until:
            return
        if connection is not None:
            connection.delete()
            request.connection, request.connection_id = None, None
        request.sealed = None
        _done(request, note="", now=now)


def _still_connected(connection: Connection) -> str:
    """Why the shop is not erased: it lets us in again. "" when it has left.

    Shopify sends no such request for a shop that came back; one that was sent late is not carried
    out on what was connected anew. Raises TryLater while that cannot be found out.
    """
    if connection.state not in (ConnectionState.ACTIVE, ConnectionState.PAUSED):
        return ""
    connector = get(connection.connector)
    with scope.tenant(connection.tenant_id):
        account = open_account(connection)
    try:
        with connections.opened(connector, account) as client:
            connector.probe(client)
    except TryLater:
        raise
    except ConnectorError:
        return ""
    return f"{connection.name} is connected again, so nothing was erased."


def _end(connection: Connection, *, now: datetime) -> None:
    with scope.tenant(connection.tenant_id):
        lanes.look_again(tenant_id=connection.tenant_id, connection_id=connection.pk, now=now)
        stop_pairs(connection)
        Credential.objects.filter(connection=connection).delete()
        Connection.objects.filter(pk=connection.pk).update(
            state=ConnectionState.DISCONNECTED,
            state_reason="The shop has left, and asked to be erased.",
            state_since=now,
        )


def _done(
    request: PrivacyRequest,
    *,
    note: str,
    now: datetime,
    state: PrivacyState = PrivacyState.DONE,
) -> None:
    request.state, request.note, request.done_at, request.look_at = state, note, now, None
    request.save(
        update_fields=["state", "note", "done_at", "look_at", "counts", "sealed", "connection"]
    )
    audit.record(
        action="privacy.carried_out" if state == PrivacyState.DONE else "privacy.not_carried_out",
        object_type="PrivacyRequest",
        object_id=request.pk,
        after={"kind": request.kind, **request.counts},
        reason=note,
    )


def _context(name: str) -> str:
    return f"privacy/{name}"
