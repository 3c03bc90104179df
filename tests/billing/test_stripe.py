"""Payment through Stripe against a local Stripe, over HTTP: events come twice, late, in any order and
unsigned, and whatever comes the ledger is right."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from integrations.models import Erasure
from integrations.services import card_payments, erased_payers, erasing
from tenants import scope
from tenants.billing.models import (
    EventState,
    Invoice,
    Letter,
    LetterKind,
    Method,
    Payment,
    PaymentTry,
    Receivable,
    StripeCustomer,
    StripeEvent,
    TryState,
    UnmatchedPayment,
    UnmatchedState,
    Way,
)
from tenants.billing.services import cards, crediting, how_to_pay, paying, tries, unmatched
from tenants.billing.services.problems import BillingProblem, CurrencyMismatch, NotAllowed
from tenants.billing.stripe import (
    checkout,
    collecting,
    customers,
    declines,
    events,
    finding,
    leaving,
    library,
    money_back,
    reading,
    settling,
)
from tenants.billing.stripe.problems import Away, Refused
from tenants.models import AuditEntry, Membership, Role, User
from tests.billing.conftest import Account, account
from tests.billing.test_pairs import survives
from tests.staff.signing_in import browser_of
from tests.stripe_server.rig import CAREFUL, GOOD, POOR, LocalStripe, local_stripe
from tests.stripe_server.state import SECRET, signed

D = Decimal
BACK = "http://testserver/back/{try}/"


@pytest.fixture(scope="module")
def started() -> Iterator[LocalStripe]:
    with local_stripe() as there:
        yield there


@pytest.fixture
def stripe(started: LocalStripe, settings: Any, monkeypatch: pytest.MonkeyPatch) -> LocalStripe:
    settings.CLARITY_STRIPE_SECRET_KEY = "sk_test_local"
    settings.CLARITY_STRIPE_WEBHOOK_SECRETS = ["whsec_before", SECRET]
    settings.CLARITY_STRIPE_API_BASE = started.url
    # The library sleeps before it asks again.
    monkeypatch.setattr(library, "_RETRIES", 0)
    monkeypatch.setattr("stripe.max_network_retries", 0)
    library._client.cache_clear()
    return started


@pytest.fixture
def invoice(shop: Account) -> Invoice:
    found = shop.go_live(timezone.now())[1]
    assert found is not None
    return found


def begin(
    shop: Account, invoice: Invoice, *, keeps: bool = False, now: datetime | None = None
) -> UUID:
    return checkout.begin(
        tenant_id=shop.tenant.pk, invoice_id=invoice.pk, looked_at=left(shop, invoice),
        keeps_card=keeps, back=BACK, actor=shop.owner, now=now or timezone.now(),
    )  # fmt: skip


def one(shop: Account, try_id: UUID) -> PaymentTry:
    with scope.tenant(shop.tenant.pk):
        found: PaymentTry = PaymentTry.objects.get(pk=try_id)
        return found


def left(shop: Account, invoice: Invoice) -> Decimal:
    with scope.tenant(shop.tenant.pk):
        return Receivable.objects.get(invoice=invoice).open


def payments(shop: Account) -> list[tuple[str, Decimal]]:
    with scope.tenant(shop.tenant.pk):
        rows = Payment.objects.order_by("created_at", "amount")
        return [(row.reference.split("_")[0], row.amount) for row in rows]


def pay_there(shop: Account, invoice: Invoice, stripe: LocalStripe, *, keeps: bool = False) -> UUID:
    """At Stripe's page; we are told of nothing yet."""
    try_id = begin(shop, invoice, keeps=keeps)
    assert stripe.tell("pay", session=one(shop, try_id).session_id, card=GOOD) == ""
    return try_id


def told(said: dict[str, str], **changed: str) -> Any:
    """Stripe calls our hook."""
    return Client().post(
        "/webhooks/stripe/", data=changed.get("body") or said["body"],
        content_type="application/json",
        headers={"stripe-signature": changed["signature"] if "signature" in changed else said["signature"]},
    )  # fmt: skip


def of_try(stripe: LocalStripe, shop: Account, try_id: UUID) -> list[dict[str, str]]:
    """The events about a try."""
    return [each for each in stripe.events() if str(try_id) in each["body"]]


def look_into(now: datetime | None = None) -> None:
    events.process_due(now or timezone.now(), survives=survives)


# --- Checkout ------------------------------------------------------------------------------------


def test_an_invoice_is_paid_at_stripe_for_the_exact_amount_and_once(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    try_id = begin(shop, invoice)
    assert begin(shop, invoice) == try_id, "a second click leads to the same page"
    page = checkout.address(shop.tenant.pk, try_id, now=timezone.now())
    assert page.startswith(f"{stripe.url}/pay/cs_test_")
    assert settling.look(shop.tenant.pk, try_id, now=timezone.now()) == TryState.OPEN
    assert left(shop, invoice) == 7140
    stripe.tell("pay", session=one(shop, try_id).session_id, card=GOOD)
    for _ in range(3):
        assert settling.look(shop.tenant.pk, try_id, now=timezone.now()) == TryState.PAID
    assert payments(shop) == [("pi", D(7140))]
    assert left(shop, invoice) == 0
    with pytest.raises(BillingProblem, match="Nothing is open"):
        begin(shop, invoice)
    with scope.tenant(shop.tenant.pk):
        assert cards.kept() is None, "nobody agreed that the card is kept"
        assert Payment.objects.get().method == Method.STRIPE


def test_what_changed_between_page_and_checkout_is_shown_and_nothing_charged(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    before = stripe.calls("/checkout/sessions")
    with scope.tenant(shop.tenant.pk):
        crediting.credit(
            invoice_id=invoice.pk, amounts={1: D(140)}, reason="Agreed", key="1",
            actor=shop.finance, now=timezone.now(),
        )  # fmt: skip
    with pytest.raises(BillingProblem, match=r"7,000.00 USD is open .* now, not 7,140.00 USD"):
        checkout.begin(
            tenant_id=shop.tenant.pk, invoice_id=invoice.pk, looked_at=D(7140), keeps_card=False,
            back=BACK, actor=shop.owner, now=timezone.now(),
        )  # fmt: skip
    assert stripe.calls("/checkout/sessions") == before
    with pytest.raises(NotAllowed):
        checkout.begin(
            tenant_id=shop.tenant.pk, invoice_id=invoice.pk, looked_at=D(7000), keeps_card=False,
            back=BACK, actor=shop.finance, now=timezone.now(),
        )  # fmt: skip


def test_a_page_for_another_amount_is_closed_before_a_new_one_opens(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    old = begin(shop, invoice)
    with scope.tenant(shop.tenant.pk):
        crediting.credit(
            invoice_id=invoice.pk, amounts={1: D(140)}, reason="Agreed", key="1",
            actor=shop.finance, now=timezone.now(),
        )  # fmt: skip
    new = begin(shop, invoice)
    assert (one(shop, old).state, one(shop, new).amount) == (TryState.OVER, D(7000))
    said = stripe.tell("pay", session=one(shop, old).session_id, card=GOOD)
    assert said == "This page is over."
    # The other way round: it is paid by transfer while the page is open.
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=D(7000), currency="USD", reference="wire",
            received_on=timezone.now().date(), actor=shop.finance, now=timezone.now(),
        )  # fmt: skip
    collecting.run_due(timezone.now() + timedelta(minutes=3), survives=survives)
    assert one(shop, new).state == TryState.OVER
    assert payments(shop) == [("wire", D(7000))]


def test_a_crash_before_the_answer_opens_no_second_page(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    stripe.tell("fault", match="POST /v1/checkout/sessions$", times=1, after=True)
    with pytest.raises(Away, match="Nothing is lost"):
        begin(shop, invoice)
    with scope.tenant(shop.tenant.pk):
        written = PaymentTry.objects.get()
        assert (written.state, written.session_id) == (TryState.ASKED, None)
    before = stripe.calls("/checkout/sessions")
    assert begin(shop, invoice) == written.pk
    assert stripe.calls("/checkout/sessions") == before + 1
    # Paid before its id was written down: it is known by what it says of itself.
    with scope.tenant(shop.tenant.pk):
        session_id = PaymentTry.objects.get().session_id
        PaymentTry.objects.update(session_id=None, state=TryState.ASKED)
    stripe.tell("pay", session=session_id, card=GOOD)
    assert payments(shop) == []
    for each in of_try(stripe, shop, written.pk):
        assert told(each).status_code == 200
    look_into()
    assert (left(shop, invoice), one(shop, written.pk).state) == (0, TryState.PAID)


def test_a_page_that_stripe_did_not_open_in_time_is_asked_for_anew(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    stripe.tell("fault", match="POST /v1/checkout/sessions$", times=1, after=False)
    with pytest.raises(Away):
        begin(shop, invoice, now=timezone.now() - timedelta(minutes=40))
    with scope.tenant(shop.tenant.pk):
        asked = PaymentTry.objects.get().pk
    assert begin(shop, invoice) != asked
    assert one(shop, asked).state == TryState.OVER


def test_a_pair_that_is_removed_leaves_its_invoice_to_be_paid(
    shop: Account, stripe: LocalStripe
) -> None:
    pair_id, invoice = shop.go_live(timezone.now())
    assert invoice is not None
    try_id = begin(shop, invoice)
    shop.remove(pair_id, timezone.now())
    stripe.tell("pay", session=one(shop, try_id).session_id, card=GOOD)
    assert settling.look(shop.tenant.pk, try_id, now=timezone.now()) == TryState.PAID
    assert left(shop, invoice) == 0


def test_the_page_to_pay_says_what_is_wrong_and_keeps_who_may_not_out(
    shop: Account, invoice: Invoice, stripe: LocalStripe, settings: Any
) -> None:
    here = f"/t/{shop.tenant.slug}/billing/invoices/{invoice.pk}/pay/"
    client, admin = Client(), User.objects.create(email="admin@example.com")
    client.force_login(shop.owner)
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=admin, role=Role.ADMIN)
    assert "Pay 7,140.00 USD at Stripe" in client.get(here).content.decode()
    for nonsense in ("", "sNaN", "1e999", "7000", "7140.001"):
        answer = client.post(here, {"open": nonsense})
        assert answer.status_code == 400
        assert "7,140.00 USD is open" in answer.content.decode()
    stripe.tell("fault", match="POST", times=1, after=False)
    answer = client.post(here, {"open": "7140.000"})
    assert "Stripe does not answer at the moment" in answer.content.decode()
    with scope.tenant(shop.tenant.pk):
        assert not PaymentTry.objects.exists()
    there = {client.post(here, {"open": "7140.000"}).headers["Location"] for _ in range(2)}
    assert len(there) == 1, "a double click leads to one page"
    answer = client.get(there.pop())
    assert answer.headers["Refresh"].startswith(f"0; url={stripe.url}/pay/")
    settings.CLARITY_STRIPE_SECRET_KEY = ""
    assert "at Stripe" not in client.get(here).content.decode()
    answer = client.post(here, {"open": "7140.000"})
    assert "Payment by card is not set up here" in answer.content.decode()
    client.force_login(admin)
    assert client.get(here).status_code == client.post(here).status_code == 403


# --- events --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1], ids=["as they happened", "backwards"])
def test_events_may_come_twice_late_and_in_any_order(
    shop: Account, invoice: Invoice, stripe: LocalStripe, order: int
) -> None:
    try_id = pay_there(shop, invoice, stripe, keeps=True)
    said = of_try(stripe, shop, try_id)[::order]
    assert {each["kind"] for each in said} == {
        "payment_intent.succeeded", "checkout.session.completed",
    }  # fmt: skip
    for each in [*said, *said]:
        assert told(each).status_code == 200
        look_into()
    assert payments(shop) == [("pi", D(7140))]
    assert StripeEvent.objects.filter(pk__in=[each["id"] for each in said]).count() == 2
    # Looked into once more on request, days later.
    for each in said:
        assert events.replay(each["id"], now=timezone.now())
    look_into(timezone.now() + timedelta(days=3))
    assert payments(shop) == [("pi", D(7140))]
    with scope.tenant(shop.tenant.pk):
        kept = cards.kept()
        assert kept is not None
        assert kept.said == "Visa ending in 4242"
        assert AuditEntry.objects.filter(action="card.kept").count() == 1
        assert AuditEntry.objects.filter(action="payment.recorded").count() == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda body, _: signed(json.loads(body), secret="whsec_wrong"),
        lambda body, _: signed(json.loads(body), age=301),
        lambda body, header: (body.replace(b"7140", b"1"), header),
        lambda body, _: (body, ""),
        lambda body, _: (body, "t=1,v1=zz"),
        lambda _, __: signed({"object": "event"}),
        lambda _, __: signed({"object": "event", "id": 7, "type": [], "data": {}}),
    ],
    ids=["secret", "replayed later", "body", "none", "nonsense", "no event", "odd event"],
)
def test_what_stripe_did_not_sign_lately_is_refused_and_not_kept(
    shop: Account, stripe: LocalStripe, forge: Callable[[bytes, str], tuple[bytes, str]]
) -> None:
    event = {
        "id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": 1,
        "livemode": False, "data": {"object": {"id": "pi_1", "amount": 7140}},
    }  # fmt: skip
    body, header = forge(*signed(event))
    answer = told({}, body=body.decode(), signature=header)
    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()
    assert told({}, body="x", signature=header).status_code == 400
    assert Client().get("/webhooks/stripe/").status_code == 405


def test_of_an_event_nothing_is_kept_but_that_it_happened(
    shop: Account, stripe: LocalStripe, settings: Any
) -> None:
    live = {
        "id": "evt_live", "object": "event", "type": "payment_intent.succeeded", "created": 1,
        "livemode": True, "data": {"object": {"id": "pi_1", "card": {"number": GOOD}}},
    }  # fmt: skip
    for event in (live, {**live, "id": "evt_odd", "type": "price.created", "livemode": False}):
        body, header = signed(event)
        assert told({}, body=body.decode(), signature=header).status_code == 200
    rows = {row.pk: row for row in StripeEvent.objects.all()}
    # Of the other mode, and of a kind that means nothing here.
    assert {row.state for row in rows.values()} == {EventState.IGNORED}
    kept = {name: str(value) for name, value in vars(rows["evt_live"]).items()}
    assert GOOD not in str(kept)
    settings.CLARITY_STRIPE_SECRET_KEY = ""
    assert told({}, body=body.decode(), signature=header).status_code == 404


def test_an_event_waits_while_stripe_is_away_and_is_given_up_when_there_is_nothing(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    try_id = pay_there(shop, invoice, stripe)
    for each in of_try(stripe, shop, try_id):
        told(each)
    stripe.tell("fault", match="GET", times=2, after=False)
    look_into()
    waiting = StripeEvent.objects.filter(state=EventState.WAITING)
    assert [row.tries for row in waiting] == [1, 1]
    assert all("try again" in row.problem for row in waiting)
    look_into()
    assert payments(shop) == [], "not at once"
    look_into(timezone.now() + timedelta(minutes=2))
    assert payments(shop) == [("pi", D(7140))]
    assert not waiting.all().exists()
    said = StringIO()
    call_command("stripe_events", stdout=said)
    assert said.getvalue() == "Nothing waits.\n"
    again = of_try(stripe, shop, try_id)[0]["id"]
    call_command("stripe_events", "--again", again, stdout=said)
    assert f"{again}  payment_intent.succeeded  Done" in said.getvalue()
    with pytest.raises(CommandError, match="never told us of evt_none"):
        call_command("stripe_events", "--again", "evt_none")
    gone = stripe.tell("emit", kind="payment_intent.succeeded", id="pi_gone")
    told(gone)
    look_into()
    assert StripeEvent.objects.get(pk=gone["id"]).state == EventState.IGNORED


def test_without_any_event_the_chore_finds_out(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    try_id = pay_there(shop, invoice, stripe, keeps=True)
    collecting.run_due(timezone.now(), survives=survives)
    assert one(shop, try_id).state == TryState.OPEN, "the one who pays may be at it still"
    collecting.run_due(timezone.now() + timedelta(minutes=3), survives=survives)
    assert one(shop, try_id).state == TryState.PAID
    assert one(shop, try_id).is_card_kept
    assert payments(shop) == [("pi", D(7140))]


# --- what does not fit ---------------------------------------------------------------------------


def stray(stripe: LocalStripe, **said: Any) -> str:
    intent = stripe.tell("stray", **{"minor": 714000, "currency": "usd", **said})
    event = stripe.events("payment_intent.succeeded")[-1]
    assert told(event).status_code == 200
    look_into()
    return str(intent["id"])


def test_money_that_nobody_asked_for_waits_for_finance(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    begin(shop, invoice)
    with scope.tenant(shop.tenant.pk):
        customer_id = StripeCustomer.objects.get().customer_id
    known = stray(stripe, customer=customer_id, metadata={"invoice": invoice.number})
    unknown = stray(stripe, minor=500)
    assert left(shop, invoice) == 7140, "nothing is guessed"
    with pytest.raises(BillingProblem, match="you need not pay again"):
        begin(shop, invoice)
    with scope.door("see"):
        rows = {row.payment_id: row for row in UnmatchedPayment.objects.all()}
    assert rows[known].tenant_id == shop.tenant.pk
    assert (rows[known].said, rows[known].invoice_number) == ("7,140.00 USD", invoice.number)
    assert (rows[unknown].tenant_id, rows[unknown].amount) == (None, D(5))

    now = timezone.now()
    # Who keeps the books sees what has no account; whoever looks after nothing sees nothing.
    support = User.objects.create(email="help@example.com", is_staff=True, staff_role="support")
    with scope.user(support.pk):
        assert not list(UnmatchedPayment._base_manager.all())
    with scope.user(shop.finance.pk):
        seen = [row.payment_id for row in UnmatchedPayment._base_manager.all()]
    assert seen == [unknown]
    with pytest.raises(NotAllowed):
        unmatched.assign(unmatched_id=rows[unknown].pk, tenant_id=shop.tenant.pk, actor=shop.owner)
    unmatched.assign(unmatched_id=rows[unknown].pk, tenant_id=shop.tenant.pk, actor=shop.finance)
    with pytest.raises(BillingProblem, match="another account"):
        unmatched.assign(unmatched_id=rows[known].pk, tenant_id=uuid.uuid4(), actor=shop.finance)
    with scope.tenant(shop.tenant.pk):
        for _ in range(2):
            unmatched.book(
                unmatched_id=rows[known].pk, invoice_id=invoice.pk, actor=shop.finance,
                note="Paid by link", now=now,
            )  # fmt: skip
        unmatched.dismiss(
            unmatched_id=rows[unknown].pk, actor=shop.finance, note="Paid back", now=now
        )
        with pytest.raises(BillingProblem, match="settled this payment already"):
            unmatched.book(
                unmatched_id=rows[unknown].pk, invoice_id=invoice.pk, actor=shop.finance,
                note="", now=now,
            )  # fmt: skip
    assert left(shop, invoice) == 0
    assert payments(shop) == [("pi", D(7140))]


def test_what_went_back_before_it_was_booked_is_not_booked(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    intent = stray(stripe, metadata={"invoice": invoice.number})
    failed = reading.Back("re_1 failed", intent, 714000, "USD", timezone.now(), undoes="re_1")
    assert not money_back.book([failed], now=timezone.now())
    with scope.door("see"):
        assert UnmatchedPayment.objects.get(payment_id=intent).went_back_at is None
    stripe.tell("dispute", intent=intent)
    told(stripe.events("charge.dispute.created")[-1])
    look_into()
    with scope.door("see"):
        row = UnmatchedPayment.objects.get(payment_id=intent)
    unmatched.assign(unmatched_id=row.pk, tenant_id=shop.tenant.pk, actor=shop.finance)
    with scope.tenant(shop.tenant.pk):
        with pytest.raises(BillingProblem, match="went back at Stripe"):
            unmatched.book(
                unmatched_id=row.pk, invoice_id=invoice.pk, actor=shop.finance, note="x",
                now=timezone.now(),
            )  # fmt: skip
        assert not Payment.objects.exists()


def test_a_page_is_closed_when_money_for_its_invoice_came_another_way(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    try_id = begin(shop, invoice)
    with scope.tenant(shop.tenant.pk):
        customer_id = StripeCustomer.objects.get().customer_id
    stray(stripe, customer=customer_id, metadata={"invoice": invoice.number})
    assert stripe.tell("pay", session=one(shop, try_id).session_id, card=GOOD) == (
        "This page is over."
    )
    assert one(shop, try_id).state == TryState.OVER
    # The chore makes up for what no event closed.
    with scope.tenant(shop.tenant.pk):
        UnmatchedPayment.objects.update(invoice_number="")
    again = begin(shop, invoice)
    with scope.tenant(shop.tenant.pk):
        UnmatchedPayment.objects.update(invoice_number=invoice.number)
    collecting.run_due(timezone.now() + timedelta(minutes=3), survives=survives)
    assert one(shop, again).state == TryState.OVER


def test_what_goes_back_while_finance_books_it_is_booked(
    shop: Account, invoice: Invoice, stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = stray(stripe, metadata={"invoice": invoice.number})
    with scope.door("see"):
        row = UnmatchedPayment.objects.get(payment_id=intent)
    unmatched.assign(unmatched_id=row.pk, tenant_id=shop.tenant.pk, actor=shop.finance)
    find = finding.invoice_of

    def slowly(payment_id: str) -> finding.Found | None:
        """Looks, and finance books before anything is made of the answer."""
        found = find(payment_id)
        with scope.tenant(shop.tenant.pk):
            unmatched.book(
                unmatched_id=row.pk, invoice_id=invoice.pk, actor=shop.finance, note="By link",
                now=timezone.now(),
            )  # fmt: skip
        return found

    monkeypatch.setattr(finding, "invoice_of", slowly)
    back = reading.Back("re_late", intent, -714000, "USD", timezone.now())
    assert money_back.book([back], now=timezone.now())
    assert payments(shop) == [("pi", D(7140)), ("re", D(-7140))]


@pytest.mark.parametrize(
    "odd", [{"amount_received": 71400}, {"currency": "eur"}, {"customer": "cus_other"}]
)
def test_another_amount_currency_or_payer_than_was_asked_for_is_not_booked(
    shop: Account, invoice: Invoice, stripe: LocalStripe, odd: dict[str, Any]
) -> None:
    try_id = pay_there(shop, invoice, stripe)
    intent = json.loads(of_try(stripe, shop, try_id)[0]["body"])["data"]["object"]["id"]
    stripe.tell("lay", id=intent, fields=odd)
    for each in of_try(stripe, shop, try_id):
        told(each)
    look_into()
    assert (payments(shop), left(shop, invoice)) == ([], 7140)
    client = Client()
    client.force_login(shop.owner)
    back = f"/t/{shop.tenant.slug}/billing/payments/{try_id}/back/"
    assert "does not fit what invoice" in client.get(back, follow=True).content.decode()
    with scope.tenant(shop.tenant.pk):
        row = UnmatchedPayment.objects.get()
        assert (row.payment_id, row.state) == (intent, UnmatchedState.OPEN)
        if "currency" in odd:
            with pytest.raises(CurrencyMismatch, match="is in USD, and the payment is in EUR"):
                unmatched.book(
                    unmatched_id=row.pk, invoice_id=invoice.pk, actor=shop.finance, note="Odd",
                    now=timezone.now(),
                )  # fmt: skip


def test_accounts_do_not_meet(shop: Account, invoice: Invoice, stripe: LocalStripe) -> None:
    other = account("Other")
    pay_there(shop, invoice, stripe)
    with scope.tenant(other.tenant.pk):
        assert not PaymentTry.objects.exists()
        assert not StripeCustomer.objects.exists()
    with pytest.raises(BillingProblem, match="no such invoice"):
        checkout.begin(
            tenant_id=other.tenant.pk, invoice_id=invoice.pk, looked_at=D(7140), keeps_card=False,
            back=BACK, actor=other.owner, now=timezone.now(),
        )  # fmt: skip


# --- money that goes back ------------------------------------------------------------------------


def test_refunds_and_disputes_are_booked_once_each(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    try_id = pay_there(shop, invoice, stripe)
    intent = json.loads(of_try(stripe, shop, try_id)[0]["body"])["data"]["object"]["id"]
    stripe.tell("dispute", intent=intent, id=f"dp_{intent}")
    # Before we are told of the payment at all.
    for each in stripe.events("charge.dispute.created")[-1:]:
        for _ in range(2):
            told(each)
            look_into()
    assert payments(shop) == [("pi", D(7140)), ("dp", D(-7140))]
    assert left(shop, invoice) == 7140
    stripe.tell("dispute", intent=intent, id=f"dp_{intent}", won=True)
    told(stripe.events("charge.dispute.funds_reinstated")[-1])
    look_into()
    assert left(shop, invoice) == 0
    with library.talking("refund"):
        library.client().v1.refunds.create({"payment_intent": intent, "amount": 14000})
    for each in stripe.events("charge.refunded", "refund.created")[-2:]:
        told(each)
    look_into()
    assert left(shop, invoice) == 140
    assert payments(shop)[-1] == ("re", D(-140))
    refund = json.loads(stripe.events("refund.created")[-1]["body"])["data"]["object"]["id"]
    stripe.tell("lay", id=refund, fields={"status": "failed"})
    told(stripe.tell("emit", kind="refund.failed", id=refund))
    look_into()
    assert left(shop, invoice) == 0
    with scope.tenant(shop.tenant.pk):
        # They are told of what they paid and what we paid back, not of what banks did.
        said = Letter.objects.filter(kind=LetterKind.PAID).values_list("facts__amount", flat=True)
        assert sorted(D(one) for one in said) == [D(-140), D(7140)]


def test_an_amount_that_no_card_takes_is_not_called_a_bad_card() -> None:
    assert "of this size" in declines.not_taken("amount_too_small")
    assert "card any more" in declines.not_taken("resource_missing")


# --- the kept card -------------------------------------------------------------------------------


@pytest.fixture
def keeper(shop: Account, invoice: Invoice, stripe: LocalStripe) -> Account:
    """An account whose owner let us charge the card."""
    try_id = pay_there(shop, invoice, stripe, keeps=True)
    settling.look(shop.tenant.pk, try_id, now=timezone.now())
    return shop


def add_pair(shop: Account, days: int = 0) -> Invoice:
    found = shop.go_live(timezone.now() + timedelta(days=days), "Second")[1]
    assert found is not None
    return found


def collect(days: float = 0) -> int:
    return collecting.run_due(timezone.now() + timedelta(days=days), survives=survives)


def test_what_is_added_is_charged_to_the_kept_card_once(
    keeper: Account, stripe: LocalStripe
) -> None:
    added = add_pair(keeper)
    confirmed = stripe.calls("/confirm")
    for _ in range(3):
        collect()
    assert left(keeper, added) == 0
    assert stripe.calls("/confirm") == confirmed + 1
    with scope.tenant(keeper.tenant.pk):
        made = PaymentTry.objects.get(invoice=added)
        assert (made.way, made.state, made.asked_by) == (Way.KEPT, TryState.PAID, None)


@pytest.mark.parametrize(
    ("call", "words"),
    [("/payment_intents$", "being paid already"), ("/confirm$", "was paid a moment ago")],
)
def test_a_charge_whose_answer_was_lost_is_not_made_twice(
    keeper: Account, stripe: LocalStripe, call: str, words: str
) -> None:
    added = add_pair(keeper)
    stripe.tell("fault", match=f"POST .*{call}", times=1, after=True)
    collect()
    assert left(keeper, added) == added.total
    with pytest.raises(BillingProblem, match=words):
        begin(keeper, added)
    # Days later, when Stripe has forgotten the key.
    collect(days=3)
    assert left(keeper, added) == 0
    assert [amount for _, amount in payments(keeper)] == [D(7140), added.total]


def change_card(shop: Account, stripe: LocalStripe, number: str) -> None:
    """In Stripe's portal."""
    import requests

    address = customers.portal(shop.tenant.pk, actor=shop.owner, back="http://testserver/")
    requests.post(address, data={"card": number}, allow_redirects=False, timeout=10)
    told(stripe.events("customer.updated")[-1])
    look_into()


def test_a_refused_card_is_asked_again_some_days_and_then_people_are(
    keeper: Account, stripe: LocalStripe
) -> None:
    change_card(keeper, stripe, POOR)
    added = add_pair(keeper)
    tried = []
    for days in (0, 1, 3.1, 7.2, 14.3, 30):
        collect(days)
        with scope.tenant(keeper.tenant.pk):
            tried.append(PaymentTry.objects.filter(invoice=added).count())
    assert tried == [1, 1, 2, 3, 4, 4]
    with scope.tenant(keeper.tenant.pk):
        refusal = tries.last_refusal(added)
        assert refusal is not None
        assert refusal.problem == "There was not enough money on the card."
        assert [row.pk for row in tries.refused_charges()] == [refusal.pk]
        assert AuditEntry.objects.filter(action="card.charge_failed").count() == 4
    assert left(keeper, added) == added.total
    # Another card is charged at once.
    change_card(keeper, stripe, GOOD)
    collect(31)
    assert left(keeper, added) == 0
    with scope.tenant(keeper.tenant.pk):
        assert tries.refused_charges() == []


def test_a_bank_that_wants_its_owner_is_not_asked_again(
    keeper: Account, stripe: LocalStripe
) -> None:
    change_card(keeper, stripe, CAREFUL)
    added = add_pair(keeper)
    for days in (0, 4, 10):
        collect(days)
    with scope.tenant(keeper.tenant.pk):
        made = PaymentTry.objects.get(invoice=added)
        assert (made.is_final, made.problem) == (
            True, "The bank wants you to confirm this payment yourself.",
        )  # fmt: skip
    # The owner pays it themselves.
    try_id = begin(keeper, added)
    assert stripe.tell("pay", session=one(keeper, try_id).session_id, card=GOOD) == ""
    collect(10)
    assert left(keeper, added) == 0


def test_the_card_is_left_alone_where_it_should_be(keeper: Account, stripe: LocalStripe) -> None:
    added = add_pair(keeper)
    begin(keeper, added)
    collect()
    with scope.tenant(keeper.tenant.pk):
        assert PaymentTry.objects.get(invoice=added).way == Way.CHECKOUT, "somebody is paying it"
    with pytest.raises(NotAllowed):
        customers.stop(keeper.tenant.pk, actor=keeper.finance, now=timezone.now())
    customers.stop(keeper.tenant.pk, actor=keeper.owner, now=timezone.now())
    later = add_pair(keeper)
    collect(2)
    with scope.tenant(keeper.tenant.pk):
        assert cards.kept() is None
        assert not PaymentTry.objects.filter(invoice=later).exists()
        # Even if it is set again in the portal: nobody agreed to that here.
    change_card(keeper, stripe, GOOD)
    collect(2)
    assert left(keeper, later) == later.total


def test_a_customer_that_is_deleted_at_stripe_is_made_anew(
    keeper: Account, stripe: LocalStripe
) -> None:
    with scope.tenant(keeper.tenant.pk):
        old = StripeCustomer.objects.get().customer_id
    stripe.tell("lay", id=old, fields={"deleted": True})
    told(stripe.tell("emit", kind="customer.deleted", id=old))
    look_into()
    added = add_pair(keeper)
    collect()
    assert left(keeper, added) == added.total, "nothing is charged by itself any more"
    try_id = pay_there(keeper, added, stripe)
    assert settling.look(keeper.tenant.pk, try_id, now=timezone.now()) == TryState.PAID
    with scope.tenant(keeper.tenant.pk):
        assert StripeCustomer.objects.get().customer_id != old


def test_a_customer_of_the_test_keys_does_not_keep_live_ones_from_paying(
    keeper: Account, stripe: LocalStripe
) -> None:
    added = add_pair(keeper)
    before = begin(keeper, added)
    with scope.tenant(keeper.tenant.pk):
        StripeCustomer.objects.update(customer_id="cus_of_test")
        PaymentTry.objects.filter(pk=before).update(session_id="cs_of_test")
    try_id = pay_there(keeper, added, stripe)
    assert settling.look(keeper.tenant.pk, try_id, now=timezone.now()) == TryState.PAID
    assert (one(keeper, before).state, left(keeper, added)) == (TryState.OVER, 0)
    with scope.tenant(keeper.tenant.pk):
        assert StripeCustomer.objects.get().customer_id != "cus_of_test"
        assert cards.kept() is None, "a card of the other mode cannot be charged"
        told_of = AuditEntry.objects.get(action="card.customer_lost")
        assert told_of.before == {"customer": "cus_of_test"}


def test_money_that_went_back_is_not_charged_again_by_itself(
    keeper: Account, stripe: LocalStripe
) -> None:
    added = add_pair(keeper)
    collect()
    with scope.tenant(keeper.tenant.pk):
        intent = PaymentTry.objects.get(invoice=added).intent_id
    stripe.tell("dispute", intent=intent)
    told(stripe.events("charge.dispute.created")[-1])
    look_into()
    assert left(keeper, added) == added.total
    for days in (0, 5):
        collect(days)
    assert left(keeper, added) == added.total
    with scope.tenant(keeper.tenant.pk):
        how = how_to_pay.how_to_pay(Invoice.objects.get(pk=added.pk))
        assert (how.open, how.charged) == (added.total, ""), "nobody waits for a charge in vain"


def test_a_debit_that_the_bank_is_at_is_waited_for(
    shop: Account, invoice: Invoice, stripe: LocalStripe
) -> None:
    try_id = pay_there(shop, invoice, stripe)
    session = stripe.events("checkout.session.completed")[-1]
    intent = json.loads(session["body"])["data"]["object"]["payment_intent"]
    stripe.tell("lay", id=intent, fields={"status": "processing", "amount_received": 0})
    assert settling.look(shop.tenant.pk, try_id, now=timezone.now()) == TryState.PROCESSING
    with pytest.raises(BillingProblem, match="being paid already"):
        begin(shop, invoice)
    stripe.tell("lay", id=intent, fields={"status": "requires_payment_method"})
    assert settling.look(shop.tenant.pk, try_id, now=timezone.now()) == TryState.OVER
    assert (payments(shop), left(shop, invoice)) == ([], 7140)
    assert begin(shop, invoice) != try_id


# --- the end -------------------------------------------------------------------------------------


def test_whoever_is_erased_here_is_deleted_at_stripe_or_shown_to_finance(
    keeper: Account, stripe: LocalStripe, settings: Any
) -> None:
    added = add_pair(keeper)
    page = one(keeper, begin(keeper, added)).session_id
    with scope.tenant(keeper.tenant.pk):
        customer_id = StripeCustomer.objects.get().customer_id
    waiting = stray(stripe, customer=customer_id)
    now = timezone.now()
    erasure = erasing.begin(
        tenant_id=keeper.tenant.pk, typed_name="Shop", actor=keeper.owner, now=now
    )
    stripe.tell("fault", match="DELETE /v1/customers", times=1, after=False)
    erasing.run_due(now)
    assert stripe.tell("pay", session=page, card=GOOD) == "This page is over."
    assert [one.customer_id for one in erased_payers.remaining()] == [customer_id]
    receipt = Client().get(f"/erasure/{erasure.pk}/").content.decode()
    assert f"still has you as customer {customer_id}: Stripe did not answer" in receipt
    card_payments.collect(now)
    with pytest.raises(Refused), library.talking("looking"):
        library.client().v1.customers.retrieve(customer_id)
    assert (
        "has deleted you as a customer" in Client().get(f"/erasure/{erasure.pk}/").content.decode()
    )
    assert erased_payers.remaining() == []
    # Without a key a person does it.
    settings.CLARITY_STRIPE_SECRET_KEY = ""
    Erasure.objects.update(
        revoked=[
            {"name": "cus_x", "system": erased_payers.SYSTEM, "problem": leaving.delete("cus_x")}
        ]
    )
    card_payments.collect(now)
    finance, gone = browser_of(keeper.finance), f"/admin/books/erased/{erasure.pk}/"
    books = finance.get("/admin/books/unmatched/").content.decode()
    assert "No key of Stripe is set here" in books
    assert gone in books
    assert waiting in books, "money that waits is not lost with the account"
    assert finance.post(gone, {"reason": "Deleted in the dashboard"}).status_code == 302
    assert finance.get(gone).status_code == 404
    with scope.door("look"):
        rows = AuditEntry.objects.filter(tenant_id=keeper.tenant.pk, object_type="StripeCustomer")
        assert list(rows.order_by("pk").values_list("action", "actor")) == [
            ("card.kept", keeper.owner.pk), ("card.customer_left", None),
            ("card.customer_deleted", None), ("card.customer_deleted", keeper.finance.pk),
        ]  # fmt: skip
