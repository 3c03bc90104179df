"""Mails about bills: each once, to whom bills go, kept and shown when no server takes them."""

from __future__ import annotations

import io
import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from tenants import scope
from tenants.billing.models import Invoice, Letter, Receivable, StripeCustomer
from tenants.billing.services import (
    agreements,
    cancelling,
    crediting,
    letter_occasions,
    letter_sending,
    letters,
    paying,
    reminding,
    trial_granting,
    unmatched,
)
from tenants.billing.services.problems import BillingProblem, NotAllowed, Unknown
from tenants.models import Membership, Role, User
from tests.billing.conftest import Account, account, at
from tests.billing.test_pairs import renew

D = Decimal
DAY = at("2026-03-01")
HERE = "tests.billing.test_letters"


def survives(what: str, do: Callable[[], None]) -> bool:
    """As the chores' own: a failure is noted and stops nothing."""
    try:
        do()
    except (RuntimeError, KeyError):
        return False
    return True


def send(now: datetime = DAY) -> list[str]:
    """Does the chore twice; answers the subjects of what went out, in order of the alphabet."""
    mail.outbox.clear()
    for _ in range(2):
        letter_occasions.write_due(now, survives=survives)
        letter_sending.run_due(now, survives=survives)
    mail.outbox.sort(key=lambda one: one.subject)
    return [one.subject for one in mail.outbox]


def states(shop: Account) -> list[tuple[str, str]]:
    with scope.tenant(shop.tenant.pk):
        return [(one.kind, one.state) for one in Letter.objects.order_by("created_at", "cause")]


@pytest.fixture
def invoice(shop: Account) -> Invoice:
    found = shop.go_live(DAY)[1]
    assert found is not None
    return found


def pay(shop: Account, invoice: Invoice, amount: str, now: datetime = DAY) -> None:
    with scope.tenant(shop.tenant.pk):
        paying.record_payment(
            invoice_id=invoice.pk, amount=D(amount), currency="USD", reference=f"wire {amount}",
            received_on=now.date(), actor=shop.finance, now=now,
        )  # fmt: skip


def test_an_invoice_goes_to_the_owner_and_then_to_the_contact_with_its_pdf(
    shop: Account, invoice: Invoice
) -> None:
    assert send() == ["Invoice CC-2026-000001: 7,140.00 USD"]
    sent = mail.outbox[0]
    assert sent.to == [shop.owner.email]
    assert "Please pay it by 15 March 2026." in sent.body
    assert f"/t/{shop.tenant.slug}/billing/invoices/{invoice.pk}/" in sent.body
    (name, data, kind) = sent.attachments[0]  # type: ignore[misc]
    assert (name, kind) == ("CC-2026-000001.pdf", "application/pdf")
    assert "7,140.00 USD" in PdfReader(io.BytesIO(data)).pages[0].extract_text()
    with scope.tenant(shop.tenant.pk):
        agreements.save_details(said={"contact_email": "bills@example.com"}, actor=shop.owner)
    pay(shop, invoice, "140")
    pay(shop, invoice, "140")
    pay(shop, invoice, "7000")
    assert send() == [
        "We received 140.00 USD for invoice CC-2026-000001",
        "We received 7,000.00 USD for invoice CC-2026-000001",
    ]
    assert [one.to for one in mail.outbox] == [["bills@example.com"]] * 2
    assert "Still open: 0.00 USD" in mail.outbox[1].body
    with scope.tenant(shop.tenant.pk):
        kept = letters.of_invoice(invoice)
        assert [one.sent_to for one in kept] == ["bills@example.com"] * 2 + [shop.owner.email]


def test_who_has_a_card_that_is_charged_by_itself_is_asked_for_nothing(
    shop: Account, settings: Any
) -> None:
    settings.CLARITY_STRIPE_SECRET_KEY = "sk_test_none"
    with scope.tenant(shop.tenant.pk):
        StripeCustomer.objects.create(
            customer_id="cus_1", method_id="pm_1", brand="visa", last4="4242", kept_at=DAY
        )
    shop.go_live(DAY)
    send()
    assert "Your Visa ending in 4242 is charged for it in the next days" in mail.outbox[0].body
    assert "Please pay" not in mail.outbox[0].body


def test_without_a_mail_server_the_log_has_the_text_and_the_name_of_the_file(
    shop: Account, invoice: Invoice, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "clarity.shown_mail.EmailBackend"
    letter_sending.run_due(DAY, survives=survives)
    said = capsys.readouterr().out
    assert "Please pay it by 15 March 2026." in said
    assert "Attached: CC-2026-000001.pdf" in said
    assert "application/pdf" not in said


def test_reminders_go_out_by_step_and_not_for_what_was_paid_meanwhile(
    shop: Account, invoice: Invoice, settings: Any
) -> None:
    settings.CLARITY_SUPPORT_EMAIL = "help@example.com"
    send()
    for days, told in ((17, 1), (18, 0), (25, 1)):
        now = DAY + timedelta(days=days)
        reminding.run_due(now, survives=survives)
        assert send(now) == ["Please pay invoice CC-2026-000001: 7,140.00 USD is open"] * told
    assert "The grace period ends on 14 April 2026." in mail.outbox[0].body
    assert "or write to us at help@example.com if something is wrong" in mail.outbox[0].body
    assert mail.outbox[0].reply_to == ["help@example.com"]
    now = DAY + timedelta(days=40)
    reminding.run_due(now, survives=survives)
    pay(shop, invoice, "7140", now)
    assert send(now) == ["We received 7,140.00 USD for invoice CC-2026-000001"]
    assert ("reminder", "dropped") in states(shop)


def test_nobody_is_reminded_of_what_they_paid_and_we_have_not_booked(
    shop: Account, invoice: Invoice
) -> None:
    send()
    now = DAY + timedelta(days=17)
    reminding.run_due(now, survives=survives)
    with scope.tenant(shop.tenant.pk):
        unmatched.note(
            payment_id="pi_1", customer_id="", minor_amount=71400, currency="USD",
            invoice_number=invoice.number, problem="Another amount.", paid_at=now, now=now,
        )  # fmt: skip
    assert send(now) == []
    assert states(shop)[-1] == ("reminder", "dropped")
    page = Client()
    page.force_login(shop.owner)
    for part in ("", "pay/"):
        said = page.get(f"/t/{shop.tenant.slug}/billing/invoices/{invoice.pk}/{part}")
        assert "You need not pay again." in said.content.decode()
        assert "transfer" not in said.content.decode()


def test_of_reminders_that_were_missed_only_the_last_is_written(
    shop: Account, invoice: Invoice
) -> None:
    reminding.run_due(DAY + timedelta(days=60), survives=survives)
    assert states(shop) == [("issued", "waiting"), ("reminder", "waiting")]


def test_a_card_that_fails_a_credit_and_money_paid_back_are_told(
    shop: Account, invoice: Invoice
) -> None:
    with scope.tenant(shop.tenant.pk):
        for _ in range(2):
            letters.card_failed(
                invoice, amount=D(7140), said="The bank said: expired card.", key="try 1", now=DAY
            )
    assert send()[1:] == ["Your card was not charged for invoice CC-2026-000001"]
    assert "The bank said: expired card." in mail.outbox[1].body
    pay(shop, invoice, "7140")
    with scope.tenant(shop.tenant.pk):
        crediting.credit(
            invoice_id=invoice.pk, amounts={1: D(40)}, reason="Agreed", key="a",
            actor=shop.finance, now=DAY,
        )  # fmt: skip
    assert send()[:1] == ["Credit note CC-CN-2026-000001: 40.00 USD"]
    assert "We owe you 40.00 USD" in mail.outbox[0].body
    assert mail.outbox[0].attachments[0][0] == "CC-CN-2026-000001.pdf"  # type: ignore[index]
    pay(shop, invoice, "-40")
    assert send() == ["40.00 USD paid back"]


def test_cancelling_the_end_and_the_end_of_reading(shop: Account, invoice: Invoice) -> None:
    send()
    other = account("Other")
    other.go_live(DAY)
    for one in (shop, other):
        with scope.tenant(one.tenant.pk):
            for _ in range(2):
                cancelling.cancel(reason="We close", actor=one.owner, now=DAY)
    with scope.tenant(other.tenant.pk):
        cancelling.go_on(actor=other.owner, now=DAY)
    assert send()[1:] == ["Your cancellation is confirmed: it ends on 1 March 2027"]
    assert ("cancelled", "dropped") in states(other)
    with scope.tenant(shop.tenant.pk):
        Receivable.objects.update(reminder_on=None)
    renew("2027-03-01")
    end = at("2027-03-01")
    assert "Your subscription has ended; data can be read until 30 May 2027" in send(end)
    for day, told in (("2027-05-15", 0), ("2027-05-16", 1), ("2027-05-30", 0), ("2027-06-02", 0)):
        assert send(at(day)).count("Your data can be read until 30 May 2027") == told


def test_a_trial_that_ends_is_told_a_week_before_and_again_when_made_longer(
    shop: Account,
) -> None:
    def grant(days: int) -> None:
        with scope.tenant(shop.tenant.pk):
            trial_granting.grant_trial(
                days=days, reason="Asked", actor=shop.finance, now=at("2026-03-05")
            )

    grant(30)
    shop.go_live(DAY)
    assert send(at("2026-03-23")) == []
    assert send(at("2026-03-24")) == ["Your trial ends on 31 March 2026"]
    assert "the first term of 1 pair is billed: 7,140.00 USD" in mail.outbox[0].body
    grant(60)
    assert send(at("2026-03-25")) == []
    assert send(at("2026-04-29")) == ["Your trial ends on 30 April 2026"]
    with scope.tenant(shop.tenant.pk):
        cancelling.cancel(reason="No", actor=shop.owner, now=at("2026-04-29"))
    assert send(at("2026-04-30")) == ["Your cancellation is confirmed: it ends on 30 April 2026"]


class RefusesAll(BaseEmailBackend):
    """Says no to every address."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise smtplib.SMTPRecipientsRefused({})


class Breaks(BaseEmailBackend):
    """An error of ours."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise KeyError("ours")


def test_what_no_server_takes_is_kept_shown_tried_again_and_at_last_given_up(
    shop: Account, invoice: Invoice, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter_sending, "MOST_ATTEMPTS", 3)
    other = account("Other")
    other.go_live(DAY)
    works = settings.EMAIL_BACKEND
    # A server that is away ends the turn: the second mail is not tried.
    settings.EMAIL_BACKEND = "clarity.unsent_mail.EmailBackend"
    letter_sending.run_due(DAY, survives=survives)
    with scope.door("count"):
        assert Letter.objects.filter(attempts=1).count() == 1
    settings.EMAIL_BACKEND = f"{HERE}.RefusesAll"
    now = DAY + timedelta(minutes=1)
    letter_sending.run_due(now, survives=survives)
    with scope.tenant(shop.tenant.pk):
        waiting = letters.not_sent()[0]
    assert waiting.state == "waiting"
    assert waiting.outcome.startswith("The mail server refused")
    for _ in range(3):
        now += timedelta(hours=6)
        letter_sending.run_due(now, survives=survives)
    assert states(shop) == [("issued", "given_up")]
    settings.EMAIL_BACKEND = works
    assert send(now) == []
    with scope.tenant(shop.tenant.pk):
        with pytest.raises(NotAllowed):
            letters.send_again(letter_id=waiting.pk, actor=other.owner, now=now)
        for _ in range(2):
            letters.send_again(letter_id=waiting.pk, actor=shop.owner, now=now)
    with scope.tenant(other.tenant.pk), pytest.raises(Unknown):
        letters.send_again(letter_id=waiting.pk, actor=other.owner, now=now)
    assert len(send(now)) == 1
    assert mail.outbox[0].extra_headers["Message-ID"] == f"<{waiting.pk}.1@clarity-connect>"


def test_a_death_between_sending_and_noting_it_is_survived_once(
    shop: Account, invoice: Invoice, settings: Any
) -> None:
    with scope.tenant(shop.tenant.pk):
        letter_id = Letter.objects.get().pk
    ids = []
    for times in range(3):
        now = DAY + times * timedelta(minutes=4)
        taken = letter_sending.take(shop.tenant.pk, letter_id, now=now)
        # Whoever else comes meanwhile gets nothing.
        assert letter_sending.take(shop.tenant.pk, letter_id, now=now) is None
        ids += [taken[1].extra_headers["Message-ID"]] if taken else []
    assert ids == [f"<{letter_id}.0@clarity-connect>"] * 2
    assert states(shop) == [("issued", "given_up")]


def test_an_error_of_ours_stops_one_mail_and_no_other(
    shop: Account, invoice: Invoice, settings: Any
) -> None:
    account("Other").go_live(DAY)
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{HERE}.Breaks"
    letter_sending.run_due(DAY, survives=survives)
    with scope.door("count"):
        said = list(Letter.objects.values_list("outcome", "held_until"))
    assert said == [(letter_sending.OUR_ERROR, None)] * 2
    settings.EMAIL_BACKEND = works
    assert send(DAY) == []
    assert len(send(DAY + timedelta(hours=1))) == 2


def test_nobody_is_written_to_of_an_account_that_is_erased(shop: Account, invoice: Invoice) -> None:
    with scope.tenant(shop.tenant.pk):
        shop.tenant.erasing_since = DAY
        shop.tenant.save()
    assert send() == []
    pay(shop, invoice, "7140")
    assert states(shop) == [("issued", "waiting")]
    with scope.tenant(shop.tenant.pk):
        Letter.objects.update(state="dropped")
        with pytest.raises(BillingProblem, match="not needed"):
            letters.send_again(letter_id=Letter.objects.get().pk, actor=shop.owner, now=DAY)


def test_the_page_shows_how_a_mail_went_out_and_an_owner_asks_for_it_again(
    shop: Account, invoice: Invoice, settings: Any
) -> None:
    def page(client: Client) -> str:
        there = f"/t/{shop.tenant.slug}/billing/invoices/{invoice.pk}/"
        return " ".join(client.get(there).content.decode().split())

    owner, admin = Client(), Client()
    owner.force_login(shop.owner)
    other = User.objects.create(email="admin@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=other, role=Role.ADMIN)
        again = f"/t/{shop.tenant.slug}/billing/mails/{Letter.objects.get().pk}/again/"
    admin.force_login(other)
    assert "It goes out in a minute." in page(owner)
    now = timezone.now()
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "clarity.unsent_mail.EmailBackend"
    letter_sending.run_due(now, survives=survives)
    assert "Not sent yet: The mail server could not be used (ConnectionError)." in page(owner)
    settings.EMAIL_BACKEND = works
    assert admin.post(again).status_code == 403
    assert "Send again" not in page(admin)
    for _ in range(2):
        assert owner.post(again, follow=True).status_code == 200
    assert len(send(timezone.now())) == 1
    assert f"to {shop.owner.email}" in page(admin)
    file = admin.get(f"/t/{shop.tenant.slug}/billing/invoices/{invoice.pk}/pdf/")
    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"] == 'attachment; filename="CC-2026-000001.pdf"'
    assert file.content.startswith(b"%PDF-1.7")
