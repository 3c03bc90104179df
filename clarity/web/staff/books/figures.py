"""What comes in: recurring revenue, revenue by account, and the renewals to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clarity.web.staff.books import files
from clarity.web.staff.books.frame import context_of
from clarity.web.staff.books.lists import seller_day
from clarity.web.staff.gate import staff_page
from tenants.billing.arithmetic.money import ZERO, rounded
from tenants.billing.arithmetic.terms import months_after
from tenants.billing.services import across, recurring
from tenants.billing.services.across import Revenue
from tenants.billing.services.recurring import Recurring, Renewal
from tenants.models import Tenant, User
from tenants.services import staff
from tenants.services.staff import May

ROWS = 50
PIECE = 500
# This one and the next twelve: who began this month renews in the last one.
MONTHS = 13


@dataclass
class Month:
    """The renewals of one month. `nets` by currency: never added to one another."""

    starts_on: date
    accounts: int = 0
    pairs: int = 0
    ending: int = 0
    problems: int = 0
    nets: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def add(self, row: Renewal) -> None:
        if row.problem:
            self.problems += 1
        elif row.net is None:
            self.ending += 1
        else:
            self.accounts += 1
            self.pairs += row.pairs
            self.nets[row.currency] += row.net

    @property
    def sums(self) -> list[tuple[str, Decimal]]:
        return sorted(self.nets.items())


@dataclass(frozen=True)
class OfTenant:
    """What one account brought, a line a currency."""

    tenant: Tenant
    rows: Sequence[Revenue]


@staff_page
@require_safe
def recurring_page(request: HttpRequest, person: User) -> HttpResponseBase:
    """MRR and ARR by currency, and by account."""
    staff.refuse_unless(person, May.BILL)
    found = recurring.recurring(person, today=seller_day())
    if "csv" in request.GET:
        rows = (_recurring_cells(one) for one in found)
        return files.kept(person, "recurring", files.RECURRING, rows, {"list": "recurring"})
    start = _start(request)
    context = {
        **context_of(person, "recurring"),
        "sums": recurring.by_currency(found),
        "rows": found[start : start + ROWS],
        **_pages(start, len(found)),
        "today": seller_day(),
    }
    return render(request, "staff/books/recurring.html", context)


@staff_page
@require_safe
def renewals_page(request: HttpRequest, person: User) -> HttpResponseBase:
    """This month and the next twelve; the accounts of one of them."""
    staff.refuse_unless(person, May.BILL)
    first = seller_day().replace(day=1)
    until = months_after(first, MONTHS)
    # A renewal that the chore has still to make is one of this month.
    found = recurring.renewals(person, since=date.min, until=until)
    if "csv" in request.GET:
        rows = (_renewal_cells(one) for one in found)
        return files.kept(person, "renewals", files.RENEWALS, rows, {"list": "renewals"})
    months = {month: Month(month) for month in (months_after(first, n) for n in range(MONTHS))}
    by_month: dict[date, list[Renewal]] = defaultdict(list)
    for row in found:
        month = max(row.on.replace(day=1), first)
        months[month].add(row)
        by_month[month].append(row)
    chosen = _month(request.GET.get("month", ""), months) or next(
        (month for month in months if by_month[month]), first
    )
    start = _start(request)
    context = {
        **context_of(person, "renewals"),
        "months": list(months.values()),
        "chosen": chosen,
        "chosen_query": f"month={chosen:%Y-%m}",
        "rows": by_month[chosen][start : start + ROWS],
        **_pages(start, len(by_month[chosen])),
    }
    return render(request, "staff/books/renewals.html", context)


@staff_page
@require_safe
def revenue_page(request: HttpRequest, person: User) -> HttpResponseBase:
    """What was billed, credited and paid from day to day, by account."""
    staff.refuse_unless(person, May.BILL)
    today = seller_day()
    since = _day(request.GET.get("since", "")) or today.replace(month=1, day=1)
    last = _day(request.GET.get("last", "")) or today
    said = "" if since <= last else "The last day is before the first one."
    until = max(last, since) + timedelta(days=1)
    if "csv" in request.GET and not said:
        told = {"list": "revenue", "since": since.isoformat(), "last": last.isoformat()}
        return files.kept(
            person, "revenue", files.REVENUE, _revenue_rows(person, since, until), told
        )
    after = _account(request.GET.get("after", ""))
    tenants = staff.assigned(person, after=after, limit=ROWS + 1)
    shown = tenants[:ROWS]
    context = {
        **context_of(person, "revenue"),
        "since": since,
        "last": last,
        "said": said,
        "sums": _summed(across.revenue(person, since=since, until=until)),
        "rows": _by_tenant(person, shown, since, until),
        "has_accounts": bool(shown),
        "next": f"{shown[-1].pk}_{shown[-1].name}" if len(tenants) > ROWS else "",
        "is_first": after is None,
    }
    return render(request, "staff/books/revenue.html", context, status=422 if said else 200)


def _by_tenant(person: User, tenants: Sequence[Tenant], since: date, until: date) -> list[OfTenant]:
    """Those of the accounts that brought something, in their order."""
    rows: dict[UUID, list[Revenue]] = defaultdict(list)
    for row in across.revenue(person, since=since, until=until, of=tenants):
        rows[row.tenant_id].append(row)
    return [
        OfTenant(one, sorted(rows[one.pk], key=lambda row: row.currency))
        for one in tenants
        if rows[one.pk]
    ]


def _summed(rows: Iterable[Revenue]) -> list[Revenue]:
    """One line a currency."""
    sums: dict[str, Revenue] = {}
    for row in rows:
        known = sums.get(row.currency, Revenue(row.tenant_id, row.currency))
        sums[row.currency] = Revenue(
            row.tenant_id,
            row.currency,
            known.billed + row.billed,
            known.credited + row.credited,
            known.tax + row.tax,
            known.paid + row.paid,
            known.open + row.open,
        )
    return [sums[currency] for currency in sorted(sums)]


def _revenue_rows(person: User, since: date, until: date) -> Iterator[tuple[object, ...]]:
    after: tuple[str, UUID] | None = None
    while tenants := staff.assigned(person, after=after, limit=PIECE):
        for one in _by_tenant(person, tenants, since, until):
            for row in one.rows:
                amounts = (row.billed, row.credited, row.net, row.tax, row.paid, row.open)
                yield (
                    one.tenant.name,
                    one.tenant.slug,
                    row.currency,
                    *(rounded(amount, row.currency) for amount in amounts),
                )
        after = (tenants[-1].name, tenants[-1].pk)


def _recurring_cells(row: Recurring) -> tuple[object, ...]:
    is_cancelled = "yes" if row.is_cancelled else "no"
    return (
        row.tenant.name, row.tenant.slug, row.currency, row.pairs, row.monthly, row.yearly,
        row.renews_on, is_cancelled,
    )  # fmt: skip


def _renewal_cells(row: Renewal) -> tuple[object, ...]:
    net = "" if row.net is None else rounded(row.net, row.currency)
    return (
        row.tenant.name, row.tenant.slug, row.on, row.pairs, row.currency, net,
        row.problem or row.said,
    )  # fmt: skip


def _pages(start: int, count: int) -> dict[str, Any]:
    """The figures are made of all rows, so a page is a piece of them."""
    return {
        "is_first": start == 0,
        "next": str(start + ROWS) if start + ROWS < count else "",
    }


def _start(request: HttpRequest) -> int:
    text = request.GET.get("from", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _month(text: str, months: dict[date, Month]) -> date | None:
    day = _day(f"{text}-01")
    return day if day in months else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    # The day after it is still a day.
    return found if date(2000, 1, 1) <= found < date(9999, 1, 1) else None


def _account(text: str) -> tuple[str, UUID] | None:
    """Id and name of the last account of the page before; None when it makes no sense."""
    pk, _, name = text.replace("\x00", "").partition("_")
    try:
        return name, UUID(pk)
    except ValueError:
        return None
