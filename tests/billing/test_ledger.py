"""Payments, credit notes, reminders, and that nothing issued can be changed."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from clarity.web.billing.words import verdict
from tenants import scope
from tenants.billing.models import (
    Invoice,
    InvoiceLine,
    LegalEntity,
    Method,
    Payment,
    Receivable,
    Subscription,
)
from tenants.billing.services import (
    agreements,
    books,
    cancelling,
    catalogue,
    crediting,
    needs,
    pairs,
    paying,
    reminding,
    standing,
)
from tenants.billing.services.fair_use import fair_use
from tenants.billing.services.problems import (
    BillingProblem,
    CurrencyMismatch,
    NotAllowed,
    Unknown,
)
from tenants.models import AuditEntry, StaffRole, User
from tests.billing.conftest import Account, account, at
from tests.billing.test_pairs import renew, survives
from tests.blocking import blocked_by_us

D = Decimal
DAY = at("2026-03-01")


@pytest.fixture
def invoice(shop: Account) -> Invoice:
    found = shop.go_live(DAY)[1]
    assert found is not None
    return found


def pay(shop: Account, invoice: Invoice, amount: str, reference: str, **said: object) -> Payment:
    values = {"currency": "USD", "method": Method.MANUAL, "actor": shop.finance, **said}
    with scope.tenant(shop.tenant.pk):
        return paying.record_payment(
            invoice_id=invoice.pk,
            amount=D(amount),
            reference=reference,
            received_on=DAY.date(),
            now=DAY,
            **values,  # type: ignore[arg-type]
        )


def credit(
    shop: Account, invoice: Invoice, amounts: dict[int, Decimal] | None, key: str
) -> Invoice:
    with scope.tenant(shop.tenant.pk):
        return crediting.credit(
            invoice_id=invoice.pk, amounts=amounts, reason="Agreed by telephone", key=key,
            actor=shop.finance, now=DAY,
        )  # fmt: skip


def left(shop: Account, invoice: Invoice) -> Decimal:
    with scope.tenant(shop.tenant.pk):
        return Receivable.objects.get(invoice=invoice).open


# --- payments ------------------------------------------------------------------------------------


def test_an_invoice_is_paid_in_parts_and_each_reference_counts_once(
    shop: Account, invoice: Invoice
) -> None:
    first = pay(shop, invoice, "140.00", "wire 1")
    assert pay(shop, invoice, "140.00", "wire 1") == first
    assert left(shop, invoice) == 7000
    with pytest.raises(BillingProblem, match="wire 1 is recorded already: 140.00 USD"):
        pay(shop, invoice, "150.00", "wire 1")
    pay(shop, invoice, "7000", "wire 2")
    assert left(shop, invoice) == 0
    with scope.tenant(shop.tenant.pk):
        assert Receivable.objects.get().settled_at == DAY
        assert Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("amount", "said", "problem", "words"),
    [
        ("7140.01", {}, BillingProblem, "7,140.00 USD is open, which is less than 7,140.01 USD"),
        ("-1", {}, BillingProblem, "We owe 0.00 USD"),
        ("0", {}, BillingProblem, "not an amount that can be paid"),
        ("1.005", {}, BillingProblem, "not an amount that can be paid"),
        ("NaN", {}, BillingProblem, "not an amount that can be paid"),
        ("1e30", {}, BillingProblem, "not an amount that can be paid"),
        ("10", {"currency": "EUR"}, CurrencyMismatch, "is in USD, and the payment is in EUR"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    shop: Account,
    invoice: Invoice,
    amount: str,
    said: dict[str, object],
    problem: type[BillingProblem],
    words: str,
) -> None:
    with pytest.raises(problem, match=words):
        pay(shop, invoice, amount, "wire", **said)
    with scope.tenant(shop.tenant.pk):
        assert not Payment.objects.exists()
        with pytest.raises(Unknown):
            paying.locked(uuid.uuid4())
    assert left(shop, invoice) == 7140


def test_nobody_marks_their_own_bill_as_paid(shop: Account, invoice: Invoice) -> None:
    with pytest.raises(NotAllowed):
        pay(shop, invoice, "7140", "wire", actor=shop.owner)
    with scope.tenant(shop.tenant.pk), pytest.raises(NotAllowed):
        crediting.credit(
            invoice_id=invoice.pk, amounts=None, reason="For me", key="1", actor=shop.owner,
            now=DAY,
        )  # fmt: skip
    # Nor does finance where it is a member, nor any other role of our people.
    for role in (StaffRole.FINANCE, StaffRole.SUPERUSER, StaffRole.ACCOUNT_MANAGER):
        shop.owner.is_staff, shop.owner.staff_role = True, role
        shop.owner.save()
        with pytest.raises(NotAllowed):
            pay(shop, invoice, "7140", "wire", actor=shop.owner)
    assert left(shop, invoice) == 7140


def test_finance_ends_a_subscription_in_the_name_of_the_owner(
    shop: Account, invoice: Invoice
) -> None:
    with scope.tenant(shop.tenant.pk):
        last = cancelling.cancel(reason="By letter", actor=shop.finance, now=DAY)
        assert last == date(2027, 3, 1)
        shop.finance.staff_role = StaffRole.SUPPORT
        with pytest.raises(NotAllowed):
            cancelling.go_on(actor=shop.finance, now=DAY)
        assert Subscription.objects.get().cancel_reason == "By letter"


def test_what_a_provider_says_came_is_owed_where_it_is_too_much(
    shop: Account, invoice: Invoice
) -> None:
    pay(shop, invoice, "7140", "wire")
    pay(shop, invoice, "7140", "pi_1", method=Method.STRIPE)
    assert left(shop, invoice) == -7140
    with pytest.raises(BillingProblem, match=r"8,000.00 USD is more"):
        pay(shop, invoice, "-8000", "back")
    pay(shop, invoice, "-7140", "back")
    assert left(shop, invoice) == 0


# --- credit notes --------------------------------------------------------------------------------


def test_a_line_is_credited_in_parts_and_never_more_than_it_was(
    shop: Account, invoice: Invoice
) -> None:
    note = credit(shop, invoice, {1: D("140.00")}, "a")
    assert credit(shop, invoice, {1: D("140.00")}, "a") == note
    assert (note.number, note.total) == ("CC-CN-2026-000001", D("-140.00"))
    assert left(shop, invoice) == 7000
    for amounts, words in (
        ({1: D("7000.01")}, "7,000.00 USD is left to credit"),
        ({2: D(1)}, "has no line 2"),
        ({1: D(-1)}, "not an amount that can be credited"),
    ):
        with pytest.raises(BillingProblem, match=words):
            credit(shop, invoice, amounts, "b")
    rest = credit(shop, invoice, None, "c")
    assert (rest.number, rest.total) == ("CC-CN-2026-000002", D("-7000.00"))
    with pytest.raises(BillingProblem, match="Nothing is left"):
        credit(shop, invoice, None, "d")
    assert left(shop, invoice) == 0


def test_a_pair_that_is_removed_leaves_its_open_invoice(shop: Account, invoice: Invoice) -> None:
    with scope.tenant(shop.tenant.pk):
        pair_id = invoice.lines.get().pair_id
    shop.remove(pair_id, at("2026-03-10"))
    assert left(shop, invoice) == 7140
    pay(shop, invoice, "7140", "wire")


# --- reminders -----------------------------------------------------------------------------------


def test_reminders_follow_the_days_and_end_with_the_payment(
    shop: Account, invoice: Invoice
) -> None:
    seen = []
    for days in (0, 14, 17, 17, 25, 40, 60):
        now = DAY + timedelta(days=days)
        reminding.run_due(now, survives=survives)
        with scope.tenant(shop.tenant.pk):
            row = Receivable.objects.get()
            seen.append((days, row.reminders, standing.standing(now=now).state.value))
    assert seen == [
        (0, 0, "good"),
        (14, 0, "good"),
        (17, 1, "overdue"),
        (17, 1, "overdue"),
        (25, 2, "overdue"),
        (40, 3, "overdue"),
        (60, 3, "past grace"),
    ]
    with scope.tenant(shop.tenant.pk):
        assert AuditEntry.objects.filter(action="invoice.reminder_due").count() == 3
        found = standing.standing(now=DAY + timedelta(days=60))
        assert found.said == "7,140.00 USD is overdue. The grace period ended on 14 April 2026."
        assert found.may_write
    pay(shop, invoice, "7140", "wire")
    with scope.tenant(shop.tenant.pk):
        assert standing.standing(now=DAY + timedelta(days=60)).state == "good"
    assert reminding.run_due(DAY + timedelta(days=61), survives=survives) == 0


def test_what_is_open_in_two_currencies_is_never_added(shop: Account, invoice: Invoice) -> None:
    """Whoever comes back after an end may be billed in another currency."""
    with scope.tenant(shop.tenant.pk):
        cancelling.cancel(reason="We close", actor=shop.owner, now=DAY)
    renew("2027-03-01")
    start = {"starts_on": date(2027, 1, 1), "actor": None}
    agreements.set_price(catalogue.plan(), currency="EUR", monthly=D(500), **start)
    LegalEntity.objects.update(currency="EUR")
    shop.go_live(at("2027-03-02"))
    now = at("2027-06-01")
    with scope.tenant(shop.tenant.pk):
        found = standing.standing(now=now)
        assert found.overdue == "6,000.00 EUR and 7,140.00 USD"
        said = verdict(found, Subscription.objects.get()).headline
        assert said == f"{found.overdue} is overdue."
        assert [one.said for one in needs.needs(now=now)] == [
            f"2 invoices are overdue: {found.overdue}, past the grace period."
        ]


def test_the_fair_use_figure_grows_with_the_pairs_and_stops_nothing(shop: Account) -> None:
    with scope.tenant(shop.tenant.pk):
        assert fair_use(used=10).usual == 50_000
    shop.go_live(DAY)
    shop.go_live(DAY)
    with scope.tenant(shop.tenant.pk):
        found = fair_use(used=150_001)
    assert (found.usual, found.percent, found.is_above) == (100_000, 150, True)


# --- written once --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_invoice SET total = 1, net = 1",
        "DELETE FROM billing_invoice",
        "UPDATE billing_invoiceline SET text = 'other'",
        "DELETE FROM billing_invoiceline",
        "UPDATE billing_payment SET amount = 1",
        "DELETE FROM billing_payment",
        "UPDATE billing_numberseries SET last = last + 2",
        "UPDATE billing_numberseries SET year = year + 1, last = last + 1",
        "DELETE FROM billing_numberseries",
    ],
)
def test_the_database_refuses_to_change_what_was_issued(
    shop: Account, invoice: Invoice, statement: str
) -> None:
    pay(shop, invoice, "40", "wire")
    for opened in (scope.tenant(shop.tenant.pk), scope.door("try")):
        with (
            opened,
            pytest.raises(DatabaseError, match="issued once|without a gap"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_no_line_is_added_to_an_invoice_that_has_all_of_its_own(
    shop: Account, invoice: Invoice
) -> None:
    with scope.tenant(shop.tenant.pk):
        for number, words in ((1, "invoice_line_once"), (2, "has no line 2")):
            line = InvoiceLine.objects.get(invoice=invoice, number=1)
            line.pk, line.number = None, number
            with pytest.raises(DatabaseError, match=words), transaction.atomic():
                line.save(force_insert=True)


# --- at once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_first_pairs_and_one_pair_clicked_twice_at_once() -> None:
    mine = account()
    pair_ids = [uuid.uuid4(), uuid.uuid4()]
    begin = threading.Barrier(4)
    failed = []

    def go_live(pair_id: uuid.UUID) -> None:
        try:
            begin.wait(10)
            with scope.tenant(mine.tenant.pk):
                pairs.went_live(
                    pair_id=pair_id,
                    pair_name="Main street",
                    agreed=pairs.Agreed(D(7140), D(7140), "USD"),
                    actor=mine.owner,
                    now=DAY,
                )
        except (DatabaseError, BillingProblem) as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go_live, args=(one,)) for one in pair_ids * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert sorted(one.number for one in mine.invoices()) == ["CC-2026-000001", "CC-2026-000002"]
    with scope.tenant(mine.tenant.pk):
        assert Subscription.objects.count() == 1
        assert books.problems() == []
    assert books.number_problems(reason="prove") == []


@pytest.mark.django_db(transaction=True)
def test_one_reference_entered_on_two_invoices_at_once_counts_once() -> None:
    mine = account()
    first, second = mine.go_live(DAY)[1], mine.go_live(DAY)[1]
    assert first is not None
    assert second is not None
    said: list[str] = []

    def enter_too() -> None:
        try:
            pay(mine, second, "140.00", "wire 1")
        except (DatabaseError, BillingProblem) as error:
            said.append(str(error))
        finally:
            connection.close()

    other = threading.Thread(target=enter_too)
    with scope.tenant(mine.tenant.pk):
        pay(mine, first, "140.00", "wire 1")
        other.start()
        while other.is_alive() and not blocked_by_us():
            time.sleep(0.01)
    other.join(30)
    assert said == [
        "A payment with the reference wire 1 is recorded already: 140.00 USD. Enter another reference."
    ]
    assert (left(mine, first), left(mine, second)) == (7000, 7140)


class Stopped(Exception):
    """The transaction ends here."""


def _go_live_and_stop(mine: Account) -> None:
    with scope.tenant(mine.tenant.pk):
        shown = pairs.quote(now=DAY).agreed
        pairs.went_live(
            pair_id=uuid.uuid4(), pair_name="Lost", agreed=shown, actor=mine.owner, now=DAY
        )
        raise Stopped


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_gap_in_the_numbers() -> None:
    mine = account()
    mine.go_live(DAY)

    with pytest.raises(Stopped):
        _go_live_and_stop(mine)
    _, invoice = mine.go_live(DAY)
    assert invoice is not None
    assert invoice.number == "CC-2026-000002"
    # Another year, another series.
    _, later = mine.go_live(at("2027-01-01"))
    assert later is not None
    assert later.number == "CC-2027-000001"
    assert User.objects.filter(pk=mine.owner.pk).exists()
    assert later.issued_on == date(2027, 1, 1)


def test_the_books_name_what_does_not_add_up(shop: Account, invoice: Invoice) -> None:
    with scope.tenant(shop.tenant.pk):
        Receivable.objects.update(open=D(7000))
        assert books.problems() == [f"{invoice.number}: 7000.000 is noted as open, it is 7140.000"]
        Receivable.objects.update(open=D(7140))
