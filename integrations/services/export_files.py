"""What an export of an account holds: its files, each made a page of rows at a time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet

from integrations.models import (
    Attempt,
    Connection,
    Credential,
    Delivery,
    Flow,
    InboxItem,
    Incident,
    Link,
    Pair,
    PrivacyRequest,
    SafetyStock,
)
from integrations.sync.sessions import load_many
from mappings.models import LookupTable, MappingVersion
from tenants.billing.models import (
    BilledPair,
    BillingDetails,
    Contract,
    Discount,
    Invoice,
    Subscription,
    Trial,
)
from tenants.models import AuditEntry, Membership, Tenant

ROWS = 200


@dataclass(frozen=True)
class Piece:
    """Some lines of a file. `cursor`: the last id they speak of; `more`: whether more follow."""

    lines: Sequence[str]
    cursor: int
    more: bool


@dataclass(frozen=True)
class Section:
    """A file of the archive. `read(after)` is called inside the tenant's scope."""

    file: str
    about: str
    read: Callable[[int], Piece]


def line(row: object) -> str:
    """A row as one line of JSON. Amounts and times are text."""
    return json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False, default=_plain) + "\n"


def records_of(items: Sequence[InboxItem]) -> list[dict[str, Any]]:
    """Notices with what was stored of them: payload, deliveries, and every attempt.

    Call inside the tenant's scope.
    """
    deliveries = _by(
        Delivery.objects.filter(inbox_item__in=[item.pk for item in items]).order_by("id"),
        "inbox_item_id",
    )
    mine = [one.pk for rows in deliveries.values() for one in rows]
    attempts = _by(Attempt.objects.filter(delivery__in=mine).order_by("id"), "delivery_id")
    rows: list[Any] = [*items]
    rows += [one for found in (deliveries, attempts) for group in found.values() for one in group]
    documents = load_many([one.payload_id for one in rows if one.payload_id])
    return [_record(item, deliveries, attempts, documents) for item in items]


def sections(tenant_id: UUID) -> Sequence[Section]:
    """The files, in the order they are made."""
    return (
        Section("account.jsonl", "the account: name and settings", _account(tenant_id)),
        Section("members.jsonl", "who may sign in, with their roles", _members),
        Section(
            "connections.jsonl",
            "connections with their settings; of credentials only which are set, and when",
            _connections,
        ),
        Section("pairs.jsonl", "integration pairs with their flows and merge rules", _pairs),
        Section("mappings.jsonl", "every version of your mapping rules", _mappings),
        Section("lookup_tables.jsonl", "lookup tables as they are now", _tables),
        Section("safety_stock.jsonl", "units that are never offered online", _safety),
        Section("links.jsonl", "which record here is which record there", _links),
        Section(
            "records.jsonl",
            "records: notice, payload, deliveries and attempts, as far as payloads are still kept",
            _records,
        ),
        Section("incidents.jsonl", "incidents", _incidents),
        Section("privacy_requests.jsonl", "privacy requests and what became of them", _privacy),
        Section("audit.jsonl", "the audit log: who changed what", _audit),
        # New ones come last: an export that is being made knows its place by number.
        Section(
            "billing.jsonl",
            "what was agreed: plan and renewal, billed pairs, prices, trials, whom invoices are for",
            _agreed,
        ),
        Section("invoices.jsonl", "invoices and credit notes with lines and payments", _invoices),
    )


def readme(files: Iterable[tuple[str, str]]) -> str:
    """What the archive says of itself."""
    rows = "\n".join(f"{name}: {about}" for name, about in files)
    return (
        "Everything Clarity Connect stores of this account.\n\n"
        "Each file has one JSON object on each line. Times are UTC. Card numbers and secrets are\n"
        "not in it: card numbers are never stored, and secrets are never shown.\n"
        "The values come from your systems as they were: open them with a program that reads\n"
        f"JSON, not with a spreadsheet that runs formulas.\n\n{rows}\n"
    )


# --- one file each -------------------------------------------------------------------------------


def _account(tenant_id: UUID) -> Callable[[int], Piece]:
    def read(_after: int) -> Piece:
        tenant = Tenant.objects.get(pk=tenant_id)
        row = {
            "id": tenant.pk,
            "name": tenant.name,
            "slug": tenant.slug,
            "created_at": tenant.created_at,
            "settings": tenant.settings,
        }
        return Piece([line(row)], 0, more=False)

    return read


def _members(_after: int) -> Piece:
    rows = Membership.objects.select_related("user").order_by("pk")
    return _whole(
        {"email": one.user.email, "name": one.user.name, "role": one.role, "since": one.created_at}
        for one in rows
    )


def _connections(_after: int) -> Piece:
    kept: dict[Any, dict[str, Any]] = defaultdict(dict)
    for owner, field, at in Credential.objects.order_by("pk").values_list(
        "connection_id", "field", "set_at"
    ):
        kept[owner][field] = at
    return _whole(
        {**_columns(one), "credentials_set": kept.get(one.pk, {})}
        for one in Connection.objects.order_by("pk")
    )


def _pairs(_after: int) -> Piece:
    flows = _by(Flow.objects.order_by("pk"), "pair_id")
    return _whole(
        {**_columns(one), "flows": [_columns(flow) for flow in flows.get(one.pk, ())]}
        for one in Pair.objects.order_by("pk")
    )


def _mappings(after: int) -> Piece:
    return _page(MappingVersion.objects.all(), after)


def _tables(after: int) -> Piece:
    return _page(LookupTable.objects.all(), after)


def _safety(after: int) -> Piece:
    return _page(SafetyStock.objects.all(), after)


def _links(after: int) -> Piece:
    # The hashes say nothing to anybody but us.
    return _page(Link.objects.all(), after, without=("seen", "to_pos_hash", "to_store_hash"))


def _records(after: int) -> Piece:
    items = list(InboxItem.objects.filter(pk__gt=after).order_by("pk")[:ROWS])
    rows = records_of(items)
    return Piece([line(row) for row in rows], _last(items, after), len(items) == ROWS)


def _incidents(after: int) -> Piece:
    return _page(Incident.objects.all(), after)


def _privacy(_after: int) -> Piece:
    return _whole(
        {name: value for name, value in _columns(one).items() if name != "sealed"}
        for one in PrivacyRequest.objects.order_by("received_at", "pk")
    )


def _agreed(_after: int) -> Piece:
    kinds = (Subscription, BilledPair, Contract, Discount, Trial, BillingDetails)
    return _whole(
        {"what": kind.__name__, **_shared(one)}
        for kind in kinds
        for one in kind.objects.order_by("pk")
    )


def _invoices(_after: int) -> Piece:
    documents = Invoice.objects.prefetch_related("lines", "payments")
    return _whole(
        {
            **_shared(one),
            "lines": [_shared(row) for row in sorted(one.lines.all(), key=lambda row: row.number)],
            "payments": [_shared(row) for row in one.payments.all()],
        }
        for one in documents.order_by("issued_at", "number")
    )


def _shared(row: Model) -> dict[str, Any]:
    """Without what only our own people wrote for themselves, and who they are."""
    own = ("note", "granted_by_id", "recorded_by_id")
    return {name: value for name, value in _columns(row).items() if name not in own}


def _audit(after: int) -> Piece:
    return _page(AuditEntry.objects.all(), after)


# --- rows ----------------------------------------------------------------------------------------


def _record(
    item: InboxItem,
    deliveries: dict[Any, list[Any]],
    attempts: dict[Any, list[Any]],
    documents: dict[int, Any],
) -> dict[str, Any]:
    return {
        **_columns(item),
        "payload": documents.get(item.payload_id or 0),
        "deliveries": [
            {
                **_columns(one),
                "document": documents.get(one.payload_id or 0),
                "tries": [
                    {**_columns(each), "exchanges": documents.get(each.payload_id or 0)}
                    for each in attempts.get(one.pk, ())
                ],
            }
            for one in deliveries.get(item.pk, ())
        ],
    }


def _page(rows: QuerySet[Any], after: int, *, without: Sequence[str] = ()) -> Piece:
    found = list(rows.filter(pk__gt=after).order_by("pk")[:ROWS])
    lines = [
        line({name: value for name, value in _columns(one).items() if name not in without})
        for one in found
    ]
    return Piece(lines, _last(found, after), len(found) == ROWS)


def _whole(rows: Iterable[dict[str, Any]]) -> Piece:
    return Piece([line(row) for row in rows], 0, more=False)


def _columns(row: Model) -> dict[str, Any]:
    """The row's own columns, without its tenant: all of them are of one."""
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.column != "tenant_id"
    }


def _by(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _last(rows: Sequence[Any], after: int) -> int:
    return rows[-1].pk if rows else after


def _plain(value: object) -> str:
    return str(value)
