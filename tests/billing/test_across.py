"""Books of several accounts: who sees which rows, and that the sums are those of the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from tenants import scope
from tenants.billing.models import (
    BilledPair,
    Contract,
    Discount,
    Invoice,
    InvoiceLine,
    Payment,
    Price,
    Receivable,
    Subscription,
)
from tenants.billing.services import across, agreements, cancelling, catalogue, paying, recurring
from tenants.billing.services.across import Place, Which
from tenants.billing.services.problems import BillingProblem, Unknown
from tenants.models import StaffRole, User
from tenants.services import staff
from tenants.services.staff import NotAllowed
from tests.billing.conftest import Account, account, at

D = Decimal
DAY = at("2026-03-01")
TODAY = DAY.date()
TABLES = (Subscription, BilledPair, Contract, Discount, Invoice, Payment, Receivable)


def someone(role: StaffRole | None, *shops: Account) -> User:
    """One of our people who looks after these accounts."""
    person = User.objects.create(email=f"{uuid4().hex[:8]}@staff.example.com")
    if role is not None:
        staff.appoint(user=person, role=role, actor=None)
        for one in shops:
            staff.assign(tenant_id=one.tenant.pk, staff=person, actor=None)
    return person


def pay(shop: Account, invoice: Invoice, amount: str) -> None:
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=D(amount), currency=invoice.currency, reference=f"wire {amount}",
            received_on=TODAY, actor=shop.finance, now=DAY,
        )  # fmt: skip


def agree(shop: Account, **said: object) -> None:
    """A contract or a discount, from the first day of the year."""
    values = {"starts_on": date(2026, 1, 1), "ends_on": None, "actor": shop.finance, **said}
    with scope.tenant(shop.tenant.pk):
        if "a_term" in values:
            agreements.agree_contract(note="", **values)  # type: ignore[arg-type]
        else:
            agreements.grant_discount(name="Early", **values)  # type: ignore[arg-type]


@pytest.fixture
def other(db: None) -> Account:
    return account("Other")


def test_postgresql_shows_the_books_of_assigned_accounts_alone(
    shop: Account, other: Account
) -> None:
    for one in (shop, other):
        agree(one, percent=D(10))
        agree(one, a_term=D(6000), currency="USD")
        invoice = one.go_live(DAY)[1]
        assert invoice is not None
        pay(one, invoice, "100")
    person, nobody = someone(StaffRole.SUPPORT, shop), someone(StaffRole.FINANCE)
    with scope.user(person.pk):
        for model in TABLES:
            rows = model._base_manager.all()
            assert {row.tenant_id for row in rows} == {shop.tenant.pk}, model
        # They are read, and never written.
        assert Receivable._base_manager.update(open=0) == 0
        assert Subscription._base_manager.update(currency="EUR") == 0
        # Lines say whose pairs these are; they are read at one account, through the door.
        with pytest.raises(DatabaseError), transaction.atomic():
            InvoiceLine._base_manager.count()
    for someone_else in (nobody.pk, shop.owner.pk):
        with scope.user(someone_else):
            assert [model._base_manager.count() for model in TABLES] == [0] * len(TABLES)
    now = DAY + timedelta(days=1)
    staff.release(tenant_id=shop.tenant.pk, staff=person, actor=None, now=now)
    assert list(across.invoices(person, today=TODAY)) == []
    assert recurring.recurring(person, today=TODAY) == []
    with pytest.raises(NotAllowed):
        across.invoices(someone(None), today=TODAY)


def test_invoices_by_state_and_number_and_page_by_page(shop: Account, other: Account) -> None:
    first, second = (shop.go_live(DAY)[1] for _ in range(2))
    third = other.go_live(DAY + timedelta(days=9))[1]
    assert first is not None
    assert second is not None
    assert third is not None
    pay(shop, first, "7140")
    pay(shop, second, "140")
    person = someone(StaffRole.ACCOUNT_MANAGER, shop, other)
    late = date(2026, 3, 17)

    def numbers(which: Which = Which.ALL, number: str = "", today: date = late) -> list[str]:
        rows = across.invoices(person, which=which, number=number, today=today)
        return sorted(row.number for row in rows)

    assert numbers() == [first.number, second.number, third.number]
    assert numbers(Which.PAID) == [first.number]
    assert numbers(Which.OPEN) == [second.number, third.number]
    assert numbers(Which.OVERDUE) == [second.number]
    assert numbers(Which.CREDIT) == []
    assert numbers(number="CC-2026-00000") == [first.number, second.number, third.number]
    assert numbers(number=third.number) == [third.number]
    seen: list[str] = []
    after: Place | None = None
    while page := across.invoices(person, today=late, after=after, limit=2):
        seen += [row.number for row in page]
        after = Place.parse(str(Place(page[-1].issued_on, str(page[-1].pk))), type(page[-1].pk))
    assert sorted(seen) == numbers()
    assert seen[0] == third.number
    assert [row.invoice.number for row in across.overdue(person, today=late)] == [second.number]
    assert across.open_sums(person, today=late) == {"USD": (D(14140), D(7000))}
    assert Place.parse("2026-03-01_9223372036854775808", int) is None
    assert Place.parse("nonsense", int) is None


def test_revenue_is_that_of_the_ledger_by_account_and_currency(
    shop: Account, other: Account
) -> None:
    agree(other, a_term=D(5000), currency="EUR")
    invoice = shop.go_live(DAY)[1]
    other.go_live(DAY)
    assert invoice is not None
    pay(shop, invoice, "140")
    person = someone(StaffRole.FINANCE, shop, other)
    year = {"since": date(2026, 1, 1), "until": date(2027, 1, 1)}
    found = {row.currency: row for row in across.revenue(person, **year)}
    assert set(found) == {"USD", "EUR"}
    usd = found["USD"]
    assert (usd.net, usd.tax, usd.paid, usd.open) == (D(7140), D(0), D(140), D(7000))
    assert found["EUR"].billed == D(5000)
    assert [row.currency for row in across.revenue(person, **year, of=[shop.tenant])] == ["USD"]
    # Of another year only what is open now.
    before = across.revenue(person, since=date(2025, 1, 1), until=date(2026, 1, 1))
    assert {(row.currency, row.net, row.open) for row in before} == {
        ("USD", D(0), D(7000)),
        ("EUR", D(0), D(5000)),
    }


def test_what_recurs_is_what_the_next_renewal_bills(shop: Account, other: Account) -> None:
    """Held against `next_charge`, which reads one account by its own rules."""
    agree(shop, percent=D("12.5"))
    agree(shop, off_a_term=D(700), currency="USD", ends_on=date(2027, 3, 1))
    agree(other, a_term=D(6000), currency="USD")
    gone, _ = shop.go_live(DAY)
    for shops in (shop, shop, other):
        shops.go_live(DAY + timedelta(days=40))
    shop.remove(gone, DAY + timedelta(days=50))
    catalogue.ensure()
    with scope.door("another price"):
        Price.objects.create(
            plan_id="connect", currency="USD", monthly=D(650), starts_on=date(2027, 1, 1)
        )
    person = someone(StaffRole.FINANCE, shop, other)
    rows = {row.tenant.pk: row for row in recurring.recurring(person, today=date(2026, 6, 1))}
    # (7,140 - 892.50) a pair and term: the better of both discounts.
    assert (rows[shop.tenant.pk].pairs, rows[shop.tenant.pk].yearly) == (2, D("12495.00"))
    assert rows[shop.tenant.pk].monthly == D("1041.25")
    assert (rows[other.tenant.pk].monthly, rows[other.tenant.pk].yearly) == (D(500), D(6000))
    assert recurring.by_currency(rows.values()) == {"USD": (2, 3, D("1541.25"), D("18495.00"))}
    span = {"since": date(2027, 1, 1), "until": date(2028, 1, 1)}
    found = {row.tenant.pk: row for row in recurring.renewals(person, **span)}
    for one in (shop, other):
        with scope.tenant(one.tenant.pk):
            subscription = Subscription.objects.select_related("plan", "seller").get()
            charged = cancelling.next_charge(subscription)
        assert charged is not None
        row = found[one.tenant.pk]
        assert (row.on, row.pairs, row.net) == (charged.on, charged.pairs, charged.net)
    with scope.tenant(other.tenant.pk):
        cancelling.cancel(reason="Closing", actor=other.owner, now=DAY + timedelta(days=60))
    ends = {row.tenant.pk: row for row in recurring.renewals(person, **span)}[other.tenant.pk]
    assert (ends.net, ends.said) == (None, "It ends: cancelled.")
    (still,) = [one for one in recurring.recurring(person, today=TODAY) if one.is_cancelled]
    assert still.tenant.pk == other.tenant.pk


def test_an_account_without_a_price_is_named_instead_of_left_out(shop: Account) -> None:
    shop.go_live(DAY)
    person = someone(StaffRole.FINANCE, shop)
    with scope.tenant(shop.tenant.pk):
        Subscription.objects.update(currency="EUR")
    (row,) = recurring.renewals(person, since=TODAY, until=date(2028, 1, 1))
    assert (row.net, row.problem) == (
        None,
        "Plan Connect has no price in EUR on 1 March 2027. Add one.",
    )
    with scope.tenant(shop.tenant.pk):
        Subscription.objects.update(currency="USD")


def test_a_price_is_added_and_never_edited(shop: Account) -> None:
    plan = catalogue.plan()
    said = {"currency": "USD", "starts_on": date(2027, 1, 1), "actor": shop.finance}
    first = agreements.set_price(plan, monthly=D(650), **said)  # type: ignore[arg-type]
    assert agreements.set_price(plan, monthly=D(650), **said) == first  # type: ignore[arg-type]
    with pytest.raises(BillingProblem, match="costs 650.00 USD already"):
        agreements.set_price(plan, monthly=D(1), **said)  # type: ignore[arg-type]
    for statement in ("UPDATE billing_price SET monthly = 1", "DELETE FROM billing_price"):
        with (
            pytest.raises(DatabaseError, match="added, never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_agreements_end_on_a_day_and_no_later(shop: Account) -> None:
    agree(shop, percent=D(10))
    agree(shop, a_term=D(6000), currency="USD")
    said = {"actor": shop.finance}
    with scope.tenant(shop.tenant.pk):
        contract, discount = Contract.objects.get(), Discount.objects.get()
        for _ in range(2):
            agreements.end_contract(contract_id=contract.pk, ends_on=TODAY, **said)
            agreements.end_discount(discount_id=discount.pk, ends_on=TODAY, **said)
        with pytest.raises(BillingProblem, match="ends on 1 March 2026 already"):
            agreements.end_discount(discount_id=discount.pk, ends_on=date(2026, 4, 1), **said)
        with pytest.raises(BillingProblem, match="begins on 1 January 2026 only"):
            agreements.end_contract(contract_id=contract.pk, ends_on=date(2025, 4, 1), **said)
        with pytest.raises(Unknown):
            agreements.end_contract(contract_id=0, ends_on=TODAY, **said)
    _, invoice = shop.go_live(DAY)
    assert invoice is not None
    assert invoice.total == D(7140)
