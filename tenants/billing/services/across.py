"""Books of all accounts that one of our people looks after, as lists.

Read in `scope.user`, where policies of PostgreSQL show the rows of assigned accounts and no other.
`objects` would want a tenant, so the tables are asked below it. Nothing here writes, and nothing
passes the cross-tenant door. Call outside any scope; all raise NotAllowed without the right.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from tenants import scope
from tenants.billing.arithmetic.money import ZERO
from tenants.billing.models import (
    Invoice,
    InvoiceKind,
    Payment,
    Receivable,
    UnmatchedPayment,
    UnmatchedState,
)
from tenants.models import StaffAssignment, Tenant, User
from tenants.models.scoped import TenantModel
from tenants.services import staff
from tenants.services.staff import May


class Which(StrEnum):
    """Which invoices of a list."""

    ALL = "all"
    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    CREDIT = "credit"


class Place(NamedTuple):
    """The row after which a page begins: its day and its key."""

    on: date
    pk: str

    def __str__(self) -> str:
        return f"{self.on.isoformat()}_{self.pk}"

    @staticmethod
    def parse(text: str, kind: type[UUID | int]) -> Place | None:
        """None when it is no place of rows with such keys."""
        day, _, pk = text.partition("_")
        try:
            key = kind(pk)
            place = Place(date.fromisoformat(day), str(key))
        except ValueError:
            return None
        fits = isinstance(key, UUID) or 0 <= key < 2**63
        return place if fits else None


@dataclass(frozen=True)
class Revenue:
    """Of one account in one currency. Net: before tax. `open`: now, whenever it was billed."""

    tenant_id: UUID
    currency: str
    billed: Decimal = ZERO
    credited: Decimal = ZERO
    tax: Decimal = ZERO
    paid: Decimal = ZERO
    open: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.billed + self.credited


@contextlib.contextmanager
def books_of(person: User) -> Iterator[None]:
    """The scope in which the lists are read. Raises NotAllowed."""
    staff.refuse_unless(person, May.BILL)
    with scope.user(person.pk):
        yield


def assigned(model: type[TenantModel], person: User) -> QuerySet[Any, Any]:
    """The rows of accounts they look after. Call within `books_of`."""
    mine = StaffAssignment._base_manager.filter(staff=person, ended_at=None)
    return model._base_manager.filter(tenant_id__in=mine.values("tenant_id"))


def invoices(
    person: User,
    *,
    which: Which = Which.ALL,
    number: str = "",
    today: date,
    after: Place | None = None,
    limit: int = 50,
) -> Sequence[Any]:
    """Invoices and credit notes, the newest first, with `tenant`, `open`, `reminders` and `is_paid`.

    `number`: how it begins. A page costs its rows, however many there are.
    """
    with books_of(person):
        rows = _which(assigned(Invoice, person), which, today)
        if number:
            rows = rows.filter(number__startswith=number)
        if after is not None:
            rows = rows.filter(
                Q(issued_on__lt=after.on) | Q(issued_on=after.on, pk__lt=UUID(after.pk))
            )
        rows = rows.select_related("tenant").annotate(
            open=F("receivable__open"),
            reminders=F("receivable__reminders"),
            is_paid=Exists(Payment._base_manager.filter(invoice=OuterRef("pk"))),
        )
        return list(rows.order_by("-issued_on", "-pk")[:limit])


def overdue(
    person: User, *, today: date, after: Place | None = None, limit: int = 50
) -> Sequence[Any]:
    """What is open past its day, the oldest first, with its invoice, tenant and seller."""
    with books_of(person):
        rows = assigned(Receivable, person).filter(open__gt=0, due_on__lt=today)
        if after is not None:
            rows = rows.filter(Q(due_on__gt=after.on) | Q(due_on=after.on, pk__gt=int(after.pk)))
        rows = rows.select_related("tenant", "invoice")
        return list(rows.order_by("due_on", "pk")[:limit])


def open_sums(person: User, *, today: date) -> dict[str, tuple[Decimal, Decimal]]:
    """By currency: what is open, and what of it is overdue."""
    with books_of(person):
        rows = (
            assigned(Receivable, person)
            .filter(open__gt=0)
            .values("invoice__currency")
            .annotate(sum=Sum("open"), late=Sum("open", filter=Q(due_on__lt=today)))
        )
        return {
            one["invoice__currency"]: (one["sum"], one["late"] or ZERO)
            for one in rows.order_by("invoice__currency")
        }


def unmatched(person: User, *, after: Place | None = None, limit: int = 50) -> Sequence[Any]:
    """Money that fits nothing and waits for finance, the oldest first, with `tenant`. What has no
    account yet is shown by PostgreSQL to who keeps the books."""
    with books_of(person):
        rows = UnmatchedPayment._base_manager.filter(state=UnmatchedState.OPEN)
        if after is not None:
            day, key = after.on, UUID(after.pk)
            rows = rows.filter(Q(seen_at__date__gt=day) | Q(seen_at__date=day, pk__gt=key))
        rows = rows.select_related("tenant").annotate(day=TruncDate("seen_at", tzinfo=UTC))
        return list(rows.order_by("day", "pk")[:limit])


def unmatched_one(person: User, unmatched_id: UUID) -> UnmatchedPayment | None:
    """One of them that waits; None when there is none for this person."""
    with books_of(person):
        rows = UnmatchedPayment._base_manager.filter(state=UnmatchedState.OPEN, pk=unmatched_id)
        return rows.select_related("tenant").first()


def place_of(row: Any) -> Place:
    """Where a page of `unmatched` ends."""
    return Place(row.day, str(row.pk))


def revenue(
    person: User, *, since: date, until: date, of: Sequence[Tenant] | None = None
) -> list[Revenue]:
    """By account and currency: billed, credited and paid from `since` to the day before `until`.

    `of`: only these accounts. No order.
    """
    with books_of(person):
        written = _sums(
            _of(assigned(Invoice, person), of).filter(issued_on__gte=since, issued_on__lt=until),
            "currency",
            billed=Sum("net", filter=Q(kind=InvoiceKind.INVOICE)),
            credited=Sum("net", filter=Q(kind=InvoiceKind.CREDIT)),
            tax_sum=Sum("tax"),
        )
        paid = _sums(
            _of(assigned(Payment, person), of).filter(
                received_on__gte=since, received_on__lt=until
            ),
            "currency",
            paid=Sum("amount"),
        )
        left = _sums(
            _of(assigned(Receivable, person), of).exclude(open=0),
            "invoice__currency",
            left=Sum("open"),
        )
    found = []
    for key in written.keys() | paid.keys() | left.keys():
        sums = {**written.get(key, {}), **paid.get(key, {}), **left.get(key, {})}
        amounts = [
            sums.get(name) or ZERO for name in ("billed", "credited", "tax_sum", "paid", "left")
        ]
        found.append(Revenue(*key, *amounts))
    return found


def _sums(
    rows: QuerySet[Any, Any], currency: str, **sums: Sum
) -> dict[tuple[UUID, str], dict[str, Decimal | None]]:
    grouped = rows.values("tenant_id", currency).annotate(**sums).order_by("tenant_id", currency)
    return {
        (one["tenant_id"], one[currency]): {name: one[name] for name in sums} for one in grouped
    }


def _of(rows: QuerySet[Any, Any], tenants: Sequence[Tenant] | None) -> QuerySet[Any, Any]:
    return rows if tenants is None else rows.filter(tenant_id__in=[one.pk for one in tenants])


def _which(rows: QuerySet[Any, Any], which: Which, today: date) -> QuerySet[Any, Any]:
    match which:
        case Which.OPEN:
            return rows.filter(receivable__open__gt=0)
        case Which.OVERDUE:
            return rows.filter(receivable__open__gt=0, receivable__due_on__lt=today)
        case Which.PAID:
            return rows.filter(receivable__open__lte=0)
        case Which.CREDIT:
            return rows.filter(kind=InvoiceKind.CREDIT)
        case _:
            return rows
