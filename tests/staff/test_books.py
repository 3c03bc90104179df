"""Bills in the admin: who sees them, and what finance does, over the pages and with the real ledger."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tenants import scope
from tenants.billing.models import (
    Contract,
    Discount,
    Invoice,
    InvoiceKind,
    LegalEntity,
    Payment,
    Plan,
    Price,
    Receivable,
    Subscription,
    TaxRate,
    UnmatchedPayment,
)
from tenants.billing.services import books, catalogue, taking_back, unmatched
from tenants.billing.services.problems import BillingProblem
from tenants.billing.stripe import finding
from tenants.models import AuditEntry, StaffRole, Tenant, User
from tenants.services import staff
from tests.billing.conftest import Account, account
from tests.staff.signing_in import browser_of

D = Decimal
TODAY = timezone.now().date()
REASON = "They wrote us a letter"


@dataclass
class Rig:
    """Two accounts with an open invoice each; finance looks after the first one."""

    shop: Account
    other: Account
    person: User
    client: Client
    invoice: Invoice

    @property
    def base(self) -> str:
        return f"/admin/accounts/{self.shop.tenant.slug}/billing/"

    @property
    def of_invoice(self) -> str:
        return f"{self.base}invoices/{self.invoice.pk}/"

    def hidden(self, address: str) -> dict[str, str]:
        """The hidden fields of a form, as a browser sends them."""
        page = self.client.get(address).content.decode()
        found = re.findall(r'<input type="hidden" name="(form_id|seen)"(?: value="([^"]*)")?', page)
        return dict(found)

    def ask(self, address: str, **said: object) -> HttpResponse:
        """Opens the form and sends it; answers the question, or the form with what is wrong."""
        self.sent = {"reason": REASON, **self.hidden(address), **said}
        return self.client.post(address, self.sent)

    def sure(self, address: str) -> str:
        """Answers the question that `ask` came to; the page it leads to."""
        return self.client.post(address, {**self.sent, "sure": "1"}, follow=True).content.decode()

    def left(self) -> Decimal:
        with scope.tenant(self.shop.tenant.pk):
            return Receivable.objects.get(invoice=self.invoice).open


@pytest.fixture
def rig(people: dict[str, User]) -> Rig:
    shop, other = account("Harbour Goods"), account("Their Shop")
    now = timezone.now()
    invoice = shop.go_live(now)[1]
    other.go_live(now)
    assert invoice is not None
    person = people["finance"]
    staff.assign(tenant_id=shop.tenant.pk, staff=person, actor=None)
    return Rig(shop, other, person, browser_of(person), invoice)


def told(tenant: Tenant, *actions: str) -> list[tuple[str, str]]:
    """(action, reason) of these in the account's log, oldest first."""
    with scope.tenant(tenant.pk):
        rows = AuditEntry.objects.filter(action__in=actions).order_by("id")
        return [(row.action, row.reason) for row in rows]


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


LISTS = ("", "overdue/", "recurring/", "revenue/", "renewals/", "unmatched/")


def test_every_role_sees_bills_of_assigned_accounts_and_finance_alone_keeps_them(
    rig: Rig, people: dict[str, User]
) -> None:
    slug, theirs = rig.shop.tenant.slug, rig.other.tenant.slug
    # Who may keep books at all is in tests/staff/test_staff_door.py.
    for role in ("support", "finance"):
        person = people[role]
        staff.assign(tenant_id=rig.shop.tenant.pk, staff=person, actor=None)
        client, keeps = browser_of(person), role in ("finance", "superuser")
        for part in LISTS if role == "support" else ("",):
            page = client.get(f"/admin/books/{part}")
            assert page.status_code == 200, part
            assert "Their Shop" not in text(page), part
        for address in (rig.base, rig.of_invoice):
            page = client.get(address)
            assert page.status_code == 200
            assert ("Write a credit note" in text(page) or "Agree a price" in text(page)) is keeps
            assert client.get(address.replace(slug, theirs)).status_code == 404
        for act in ("contract/", "discount/", "trial/", "plan/", "cancel/", "go-on/"):
            answer = client.post(f"{rig.base}{act}", {"sure": "1", "reason": REASON})
            assert answer.status_code == (422 if keeps else 403), act
        answer = client.get(f"{rig.of_invoice}payment/")
        assert answer.status_code == (200 if keeps else 403)
    with scope.tenant(rig.shop.tenant.pk):
        looks = AuditEntry.objects.filter(action="staff.looked", actor=people["support"])
        assert [row.after["at"] for row in looks.order_by("id")] == [
            "what it is billed",
            "an invoice",
        ]


def test_a_payment_is_asked_once_more_and_entered_once(rig: Rig) -> None:
    address = f"{rig.of_invoice}payment/"
    said = {"amount": "7140.00", "received_on": TODAY.isoformat(), "reference": "wire 17"}
    question = rig.ask(address, **said)
    assert "Nothing is open then." in text(question)
    assert "7,140.00 USD, received on" in text(question)
    # Asking wrote nothing.
    assert rig.left() == 7140
    assert told(rig.shop.tenant, "payment.recorded", "staff.acted") == []
    for _ in range(2):
        assert "7,140.00 USD is entered for" in rig.sure(address)
    with scope.tenant(rig.shop.tenant.pk):
        payment = Payment.objects.get()
        assert (payment.amount, payment.recorded_by_id) == (D(7140), rig.person.pk)
        assert books.problems() == []
    assert rig.left() == 0
    assert ("staff.acted", REASON) in told(rig.shop.tenant, "staff.acted")
    again = rig.ask(address, **{**said, "reference": "wire 18", "amount": "1"})
    assert again.status_code == 422
    assert "0.00 USD is open, which is less than 1.00 USD" in text(again)


def test_two_of_finance_at_once_enter_one_payment(rig: Rig) -> None:
    address = f"{rig.of_invoice}payment/"
    first = {"amount": "100", "received_on": TODAY.isoformat(), "reference": "wire A"}
    opened_before = rig.hidden(address)
    rig.ask(address, **first)
    rig.sure(address)
    mine = {**first, "reference": "Wire A.", "reason": REASON, **opened_before, "sure": "1"}
    page = text(rig.client.post(address, mine, follow=True))
    assert "Somebody entered something for" in page
    assert "7,040.00 USD is open now" in page
    assert rig.left() == 7040


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"amount": "0"}, "Enter an amount above zero."),
    ({"amount": "-5"}, "Enter an amount above zero."),
    ({"amount": "7140.01"}, "7,140.00 USD is open, which is less"),
    ({"amount": "1.005"}, "not an amount that can be paid in USD"),
    ({"amount": "seven"}, "Enter a number."),
    ({"amount": "NaN"}, "Enter a number."),
    ({"reference": "  "}, "This field is required."),
    ({"received_on": "2999-01-01"}, "is still to come"),
    ({"received_on": "yesterday"}, "Enter a valid date."),
    ({"reason": "ok"}, "at least 5 characters"),
    ({"form_id": "x"}, "This page is too old."),
]


def test_what_cannot_be_a_payment_is_said_beside_its_field(rig: Rig) -> None:
    address = f"{rig.of_invoice}payment/"
    whole = {"amount": "10", "received_on": TODAY.isoformat(), "reference": "wire"}
    for number, (said, words) in enumerate(MISTAKES):
        page = rig.ask(address, **{**whole, **said}, **({"sure": "1"} if number % 2 else {}))
        assert (page.status_code, words in text(page)) == (422, True), words
    assert rig.left() == 7140
    assert told(rig.shop.tenant, "staff.acted", "payment.recorded") == []


def test_a_credit_note_by_line_and_money_paid_back(rig: Rig) -> None:
    pay, credit = f"{rig.of_invoice}payment/", f"{rig.of_invoice}credit/"
    rig.ask(pay, amount="7140", received_on=TODAY.isoformat(), reference="wire")
    rig.sure(pay)
    assert "at least one line" in text(rig.ask(credit))
    assert "less than 8,000.00 USD" in text(rig.ask(credit, line_1="8000"))
    question = text(rig.ask(credit, line_1="140.00"))
    assert "A credit note over 140.00 USD is written" in question
    assert "We owe 140.00 USD then." in question
    stale = dict(rig.sent)
    for _ in range(2):
        assert "Credit note CC-CN-" in rig.sure(credit)
    # Another form that was opened before.
    other = {**stale, "form_id": "11111111-1111-4111-8111-111111111111", "sure": "1"}
    assert "look at it again" in text(rig.client.post(credit, other, follow=True))
    assert rig.left() == -140
    assert "Enter money paid back" in text(rig.client.get(rig.of_invoice))
    question = text(rig.ask(pay, amount="140", received_on=TODAY.isoformat(), reference="back"))
    assert "140.00 USD, paid back on" in question
    rig.sure(pay)
    assert rig.left() == 0
    with scope.tenant(rig.shop.tenant.pk):
        assert sorted(row.amount for row in Payment.objects.all()) == [D(-140), D(7140)]
        note = Invoice.objects.get(kind=InvoiceKind.CREDIT)
        assert (note.total, note.reason) == (D(-140), REASON)
        assert books.problems() == []
    # A credit note is paid and credited by nobody.
    assert (
        rig.client.get(rig.of_invoice.replace(str(rig.invoice.pk), str(note.pk))).status_code == 200
    )
    assert rig.client.get(credit.replace(str(rig.invoice.pk), str(note.pk))).status_code == 404


def test_contracts_and_discounts_are_agreed_once_and_ended(rig: Rig) -> None:
    contract, discount = f"{rig.base}contract/", f"{rig.base}discount/"
    said = {"a_term": "6000", "currency": "USD", "starts_on": "2030-01-01", "note": "No. 7"}
    assert "is billed in USD" in text(rig.ask(contract, **{**said, "currency": "EUR"}))
    assert "A pair costs 6,000.00 USD for a term, from 1 Jan 2030." in text(
        rig.ask(contract, **said)
    )
    for _ in range(2):
        assert "The contract over 6,000.00 USD is agreed." in rig.sure(contract)
    other = rig.ask(contract, **{**said, "a_term": "5000"})
    assert other.status_code == 302
    assert "is agreed already" in text(rig.client.get(contract))
    assert "one of the two" in text(rig.ask(discount, name="Early", starts_on="2030-01-01",
                                            currency="USD", percent="5", off_a_term="5"))  # fmt: skip
    rig.ask(discount, name="Early", starts_on="2030-01-01", currency="USD", percent="12.5")
    for _ in range(2):
        assert "The discount Early is granted." in rig.sure(discount)
    with scope.tenant(rig.shop.tenant.pk):
        agreed, granted = Contract.objects.get(), Discount.objects.get()
        assert (agreed.a_term, agreed.note) == (D(6000), "No. 7")
        assert (granted.percent, granted.currency) == (D("12.5"), "")
    page = text(rig.client.get(rig.base))
    assert "Early: 12.5 % off" in page
    end = f"{discount}{granted.pk}/end/"
    assert "begins on 1 January 2030 only" in text(rig.ask(end, ends_on="2029-01-01"))
    rig.ask(end, ends_on="2031-01-01")
    assert "holds no more from 1 Jan 2031 on" in rig.sure(end)
    rig.ask(f"{contract}{agreed.pk}/end/", ends_on="2030-01-01")
    rig.sure(f"{contract}{agreed.pk}/end/")
    with scope.tenant(rig.shop.tenant.pk):
        assert Discount.objects.get().ends_on == date(2031, 1, 1)
        assert Contract.objects.get().ends_on == date(2030, 1, 1)
    assert rig.client.get(f"{contract}999/end/").status_code == 404
    assert rig.client.get(f"{contract}99999999999999999999/end/").status_code == 404


def test_a_subscription_ends_goes_on_and_changes_its_plan(rig: Rig) -> None:
    with scope.door("another plan"):
        Plan.objects.create(code="half", name="Half a year", months=6)
        Price.objects.create(
            plan_id="half", currency="USD", monthly=D(700), starts_on=date(2000, 1, 1)
        )
        Plan.objects.create(code="bare", name="Without a price")
    plan, cancel, go_on = (f"{rig.base}{one}/" for one in ("plan", "cancel", "go-on"))
    assert "has no price in USD" in text(rig.ask(plan, plan="bare"))
    assert "has the plan Half a year" in text(rig.ask(plan, plan="half"))
    rig.sure(plan)
    assert "the production pairs are paused" in text(rig.ask(cancel))
    for _ in range(2):
        assert "The subscription ends on" in rig.sure(cancel)
    with scope.tenant(rig.shop.tenant.pk):
        row = Subscription.objects.get()
        assert (row.state, row.cancel_reason, row.next_plan_id) == ("cancelled", REASON, "half")
    page = text(rig.client.get(rig.base))
    assert "Take the cancellation back" in page
    rig.ask(go_on)
    assert "The subscription goes on" in rig.sure(go_on)
    assert told(rig.shop.tenant, "subscription.cancelled") == [("subscription.cancelled", REASON)]


def test_a_trial_is_granted_and_taken_back(rig: Rig, people: dict[str, User]) -> None:
    assert "pays for its term" in text(rig.ask(f"{rig.base}trial/", days="14"))
    fresh = account("Fresh")
    staff.assign(tenant_id=fresh.tenant.pk, staff=rig.person, actor=None)
    rig.shop = fresh
    rig.ask(f"{rig.base}trial/", days="14")
    for _ in range(2):
        assert "14 days from the first pair" in rig.sure(f"{rig.base}trial/")
    page = text(rig.client.get(rig.base))
    assert "Trial of 14 days" in page
    rig.ask(f"{rig.base}trial/withdraw/")
    assert "The trial is taken back." in rig.sure(f"{rig.base}trial/withdraw/")


def test_nobody_keeps_the_books_of_their_own_account(rig: Rig) -> None:
    owner = rig.shop.owner
    staff.appoint(user=owner, role=StaffRole.SUPERUSER, actor=None)
    staff.assign(tenant_id=rig.shop.tenant.pk, staff=owner, actor=None)
    rig.client = browser_of(owner)
    page = rig.ask(
        f"{rig.of_invoice}payment/",
        amount="10", received_on=TODAY.isoformat(), reference="me",
    )  # fmt: skip
    assert "You are a member of this account." in text(page)
    assert rig.left() == 7140


def test_lists_and_files_over_assigned_accounts(rig: Rig) -> None:
    with scope.tenant(rig.shop.tenant.pk):
        name = "=HYPERLINK(1)"
        Tenant.objects.filter(pk=rig.shop.tenant.pk).update(name=name)
    old = timezone.now() - timedelta(days=40)
    rig.shop.go_live(old)
    number = rig.invoice.number

    def table(part: str) -> list[dict[str, str]]:
        answer = rig.client.get(f"/admin/books/{part}{'&' if '?' in part else '?'}csv")
        said = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert "Their Shop" not in said
        return list(csv.DictReader(io.StringIO(said)))

    rows = table("")
    assert {row["account"] for row in rows} == {f"'{name}"}
    assert {row["open"] for row in rows if row["number"] == number} == {"7140.00"}
    assert [row["number"] for row in table(f"?q={number.lower()}")] == [number]
    assert table("?which=paid") == []
    assert [row["days overdue"] for row in table("overdue/")] == ["26"]
    assert [(row["pairs"], row["a month"]) for row in table("recurring/")] == [("2", "1190.00")]
    assert [row["billed"] for row in table("revenue/?since=2020-01-01")][0].isdecimal() is False
    assert len(table("renewals/")) == 1
    assert "26 days ago" in text(rig.client.get("/admin/books/overdue/"))
    with scope.door("check"):
        entries = AuditEntry.objects.filter(action="books.exported", actor=rig.person)
        assert entries.count() == 7
        assert entries.filter(after__list="overdue").count() == 1
    for nonsense in (
        "?after=x", "?which=x&q=%20", "overdue/?after=2026-01-01_x", "recurring/?from=-1",
        "renewals/?month=x", "revenue/?since=x&last=9999-12-31&after=x_",
    ):  # fmt: skip
        assert rig.client.get(f"/admin/books/{nonsense}").status_code == 200, nonsense
    late = rig.client.get("/admin/books/revenue/?since=2026-02-01&last=2026-01-01")
    assert (late.status_code, "before the first one" in text(late)) == (422, True)


def test_prices_rates_and_sellers_are_data_of_finance(rig: Rig, people: dict[str, User]) -> None:
    catalogue.ensure()
    tables = ("plan", "price", "taxrate", "legalentity", "numberseries")
    for role in StaffRole.values:
        client = browser_of(people[role])
        wanted = 200 if role in ("finance", "superuser") else 403
        for one in tables if role != "superuser" else ():
            assert client.get(f"/admin/billing/{one}/").status_code == wanted, one
    add, later = "/admin/billing/price/add/", "2999-01-01"
    price = {"plan": "connect", "currency": "usd", "monthly": "650", "reason": REASON}
    for said, words in (
        ({"starts_on": "2020-01-01"}, "counts from today or a later day"),
        ({"starts_on": later, "currency": "XXX"}, "Not billed in."),
        ({"starts_on": later, "monthly": "1.005"}, "not a price in USD"),
        ({"starts_on": later, "reason": ""}, "required"),
    ):
        assert words in text(rig.client.post(add, {**price, **said})), words
    assert rig.client.post(add, {**price, "starts_on": later}).status_code == 302
    row = Price.objects.get(starts_on=date(2999, 1, 1))
    assert row.monthly == D(650)
    assert "already exists" in text(rig.client.post(add, {**price, "starts_on": later}))
    change = f"/admin/billing/price/{row.pk}/change/"
    for page in ("/admin/billing/price/", change):
        said = text(rig.client.get(page))
        assert "Back to Books" in said
        assert "650.00 USD" in said
        assert "650.000" not in said
        assert "1 Jan 2999" in said
    assert rig.client.post(change, {**price, "starts_on": later}).status_code == 403
    assert rig.client.post(f"/admin/billing/price/{row.pk}/delete/").status_code == 403
    rate = {
        "seller": "main", "name": "VAT", "percent": "19", "country": "de", "buyers": "all",
        "starts_on": "2026-01-01", "reason": REASON,
    }  # fmt: skip
    assert rig.client.post("/admin/billing/taxrate/add/", rate).status_code == 302
    made = TaxRate.objects.get()
    ends = {"ends_on": "2027-01-01", "reason": REASON, "percent": "1"}
    assert rig.client.post(f"/admin/billing/taxrate/{made.pk}/change/", ends).status_code == 302
    made.refresh_from_db()
    assert (made.percent, made.country, made.ends_on) == (D(19), "DE", date(2027, 1, 1))
    assert "19 %" in text(rig.client.get(f"/admin/billing/taxrate/{made.pk}/change/"))
    plan = {
        "name": "Connect", "fair_use_a_month": "50000", "net_days": "30", "grace_days": "30",
        "readable_days": "90", "trial_days": "14", "reminder_days": "[10, 3]", "is_offered": "on",
        "reason": REASON, "months": "1",
    }  # fmt: skip
    address = "/admin/billing/plan/connect/change/"
    assert "rising, in brackets" in text(rig.client.post(address, plan))
    assert rig.client.post(address, {**plan, "reminder_days": "[3, 10]"}).status_code == 302
    kept = Plan.objects.get(pk="connect")
    assert (kept.net_days, kept.trial_days, kept.months) == (30, 14, 12)
    with scope.door("check"):
        entry = AuditEntry.objects.get(action="plan.saved")
        assert (entry.actor_id, entry.reason, entry.before["net_days"]) == (
            rig.person.pk,
            REASON,
            14,
        )
        reasons = AuditEntry.objects.filter(action__in=("price.set", "tax_rate.set"))
        assert {row.reason for row in reasons} == {REASON}


def test_there_is_always_one_usual_seller(rig: Rig) -> None:
    seller = {
        "code": "eu", "name": "Clarity Europe", "country": "de", "prefix": "CE",
        "time_zone": "Europe/Berlin", "currency": "eur", "reason": REASON,
    }  # fmt: skip
    add = "/admin/billing/legalentity/add/"
    assert "is no time zone" in text(rig.client.post(add, {**seller, "time_zone": "Berlin"}))
    assert rig.client.post(add, {**seller, "is_usual": "on"}).status_code == 302
    usual = LegalEntity.objects.get(is_usual=True)
    assert (usual.pk, usual.country, usual.currency) == ("eu", "DE", "EUR")
    change = "/admin/billing/legalentity/eu/change/"
    assert "Somebody has to sell" in text(rig.client.post(change, seller))
    assert rig.client.post(change, {**seller, "prefix": "XX", "is_usual": "on"}).status_code == 302
    assert LegalEntity.objects.get(pk="eu").prefix == "CE"


def test_money_that_fits_nothing_is_given_to_an_account_and_booked(
    rig: Rig, people: dict[str, User]
) -> None:
    now = timezone.now()

    def came(payment_id: str, minor: int, currency: str = "USD") -> UnmatchedPayment:
        unmatched.note(
            payment_id=payment_id, customer_id="", minor_amount=minor, currency=currency,
            invoice_number="", problem="Nobody asked for it.", paid_at=now, now=now,
        )  # fmt: skip
        found: UnmatchedPayment = UnmatchedPayment.objects.get(payment_id=payment_id)
        return found

    with scope.door("money of nobody"):
        stray, lost = came("pi_stray", 714000), came("pi_lost", 500)
    with scope.tenant(rig.other.tenant.pk):
        theirs = came("pi_theirs", 100)
    with scope.tenant(rig.shop.tenant.pk):
        strange = came("pi_yen", 99, "XXX")
    page = text(rig.client.get("/admin/books/unmatched/"))
    assert all(one in page for one in ("pi_stray", "pi_lost", "pi_yen", "account not known"))
    assert "pi_theirs" not in page
    support = people["support"]
    staff.assign(tenant_id=rig.shop.tenant.pk, staff=support, actor=None)
    # Who keeps no books sees those of assigned accounts, and what is nobody's not at all.
    looker = browser_of(support)
    seen = text(looker.get("/admin/books/unmatched/"))
    assert ("pi_yen" in seen, "pi_stray" in seen) == (True, False)
    whose = f"/admin/books/unmatched/{stray.pk}/"
    assert looker.get(whose).status_code == 403
    assert rig.client.get(f"/admin/books/unmatched/{theirs.pk}/").status_code == 404
    other = {"slug": rig.other.tenant.slug, "reason": REASON}
    assert "You look after no account" in text(rig.client.post(whose, other))
    mine = {"slug": rig.shop.tenant.slug, "reason": REASON}
    assert "Harbour Goods now" in text(rig.client.post(whose, mine, follow=True))
    assert rig.client.post(whose, mine).status_code == 404
    book = f"{rig.base}unmatched/{stray.pk}/book/"
    assert "0.00 USD is open then" in text(rig.ask(book, invoice=str(rig.invoice.pk)))
    for _ in range(2):
        assert "is booked on" in rig.sure(book)
    assert rig.left() == 0
    with scope.tenant(rig.shop.tenant.pk):
        assert Payment.objects.get().reference == "pi_stray"
        assert books.problems() == []
        given = AuditEntry.objects.get(action="payment.unmatched_assigned")
        assert (given.actor_id, given.object_id, given.reason) == (
            rig.person.pk, "pi_stray", REASON,
        )  # fmt: skip
    settled = f"{rig.base}unmatched/{strange.pk}/settled/"
    assert "Nothing is booked" in text(rig.ask(settled))
    rig.sure(settled)
    rig.client.post(f"/admin/books/unmatched/{lost.pk}/", {"slug": "", "reason": REASON})
    assert "Every payment fits." in text(rig.client.get("/admin/books/unmatched/"))
    assert rig.client.get(f"{rig.base}unmatched/{theirs.pk}/book/").status_code == 404
    assert rig.client.get(f"{rig.of_invoice}pdf/")["Content-Type"] == "application/pdf"


def test_money_in_the_wrong_place_is_taken_back_by_a_counter_entry(rig: Rig) -> None:
    now = timezone.now()
    staff.assign(tenant_id=rig.other.tenant.pk, staff=rig.person, actor=None)
    with scope.door("money of nobody"):
        unmatched.note(
            payment_id="pi_wrong", customer_id="", minor_amount=714000, currency="USD",
            invoice_number="", problem="Nobody asked for it.", paid_at=now, now=now,
        )  # fmt: skip
        key = UnmatchedPayment.objects.get().pk
    whose, back = (f"/admin/books/unmatched/{key}/{part}" for part in ("", "back/"))
    book, unbook = (f"{rig.base}unmatched/{key}/{part}/" for part in ("book", "unbook"))
    rig.client.post(whose, {"slug": rig.shop.tenant.slug, "reason": REASON})
    rig.ask(book, invoice=str(rig.invoice.pk))
    rig.sure(book)
    assert unbook in text(rig.client.get(rig.of_invoice))
    assert rig.client.get(back).status_code == 404, "it is booked"
    assert "7,140.00 USD is open of it then" in text(rig.ask(unbook))
    assert "is off" in rig.sure(unbook)
    assert "Paid back" not in text(rig.client.get(rig.of_invoice)), "nobody was paid"
    with scope.tenant(rig.shop.tenant.pk):
        # On it again by mistake, with a double click, and off once more.
        said = {"unmatched_id": key, "actor": rig.person, "now": now}
        for _ in range(2):
            unmatched.book(invoice_id=rig.invoice.pk, note=REASON, **said)
        taking_back.unbook(reason=REASON, **said)
        with pytest.raises(BillingProblem, match="booked on no invoice any more"):
            taking_back.unbook(reason=REASON, **said)
    assert rig.left() == 7140
    assert finding.invoice_of("pi_wrong") is None
    assert "nobody knows the account" in text(rig.client.get(back))
    assert rig.client.post(back, {"reason": ""}).status_code == 422
    for status in (302, 404):
        assert rig.client.post(back, {"reason": REASON}).status_code == status
    # To whom it belongs: what goes back at Stripe is found there.
    theirs = rig.other.invoices()[0]
    rig.client.post(whose, {"slug": rig.other.tenant.slug, "reason": REASON})
    with scope.tenant(rig.other.tenant.pk):
        unmatched.book(invoice_id=theirs.pk, note=REASON, **said)
    assert finding.invoice_of("pi_wrong") == finding.Found(rig.other.tenant.pk, theirs.pk)
    with scope.tenant(rig.shop.tenant.pk):
        rows = Payment.objects.order_by("created_at").values_list("reference", "amount")
        assert list(rows) == [
            ("pi_wrong", D(7140)), ("pi_wrong taken back 1", D(-7140)),
            ("pi_wrong again 1", D(7140)), ("pi_wrong taken back 2", D(-7140)),
        ]  # fmt: skip
        assert books.problems() == []
    assert told(
        rig.shop.tenant, "payment.unmatched_unbooked", "payment.unmatched_released"
    ) == [
        ("payment.unmatched_unbooked", REASON), ("payment.unmatched_unbooked", REASON),
        ("payment.unmatched_released", REASON),
    ]  # fmt: skip
