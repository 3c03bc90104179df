"""Writes down that a mail is to go out, in the transaction of what it tells of; each cause once."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tenants import scope
from tenants.billing.arithmetic.money import shown
from tenants.billing.models import Invoice, InvoiceKind, Letter, LetterKind, LetterState, Payment
from tenants.billing.services import access
from tenants.billing.services.problems import BillingProblem, Unknown
from tenants.models import Tenant, User
from tenants.services import audit

LONGEST_SAID = 300


def issued(document: Invoice, *, now: datetime) -> None:
    """An invoice or a credit note was issued."""
    is_note = document.kind == InvoiceKind.CREDIT
    kind = LetterKind.CREDITED if is_note else LetterKind.ISSUED
    _write(kind, f"issued {document.pk}", now=now, invoice=document)


def reminder(invoice: Invoice, *, step: int, now: datetime) -> None:
    """An unpaid invoice came to a reminder. Of several at once (the chore was late) only the last
    is written, since each takes the place of those before."""
    _write(LetterKind.REMINDER, f"reminder {step} {invoice.pk}", now=now, invoice=invoice)


def paid(payment: Payment, *, now: datetime) -> None:
    """Money came, or was paid back."""
    facts = {"amount": str(payment.amount), "said": shown(abs(payment.amount), payment.currency)}
    cause = f"paid {payment.pk}"
    _write(LetterKind.PAID, cause, now=now, invoice=payment.invoice, facts=facts)


def card_failed(invoice: Invoice, *, amount: Decimal, said: str, key: str, now: datetime) -> None:
    """A card was to be charged and was not. `said`: why, in words for the customer; `key` names the
    attempt, so that telling of it again writes nothing."""
    why = " ".join(said.replace("\x00", "").split())[:LONGEST_SAID]
    facts = {"said": shown(amount, invoice.currency), "why": why}
    cause = f"card_failed {invoice.pk} {key}"[:160]
    _write(LetterKind.CARD_FAILED, cause, now=now, invoice=invoice, facts=facts)


def cancelled(*, at: datetime, now: datetime) -> None:
    """The subscription was cancelled at that time."""
    _write(LetterKind.CANCELLED, f"cancelled {at.isoformat()}", now=now)


def trial_ending(*, ends_on: date, now: datetime) -> None:
    """The trial ends on that day; made longer, it is told of again."""
    _write(LetterKind.TRIAL_ENDING, f"trial {ends_on}", now=now)


def ended(*, on: date, now: datetime) -> None:
    """The subscription ended on that day."""
    _write(LetterKind.ENDED, f"ended {on}", now=now)


def reading_ending(*, until: date, now: datetime) -> None:
    """The data of an ended subscription can be read until that day."""
    _write(LetterKind.READING_ENDING, f"reading {until}", now=now)


def of_invoice(document: Invoice) -> list[Letter]:
    """The mails about a document, newest first."""
    rows = Letter.objects.filter(invoice=document).select_related("invoice")
    return list(rows.order_by("-created_at", "-pk"))


def latest(*, limit: int = 20) -> list[Letter]:
    """The newest mails of the account in scope, whatever they tell of."""
    rows = Letter.objects.select_related("invoice").order_by("-created_at", "-pk")
    return list(rows[:limit])


def not_sent(*, limit: int = 20) -> list[Letter]:
    """Those that were tried in vain or given up, newest first: somebody should look."""
    tried = Letter.objects.filter(state__in=(LetterState.WAITING, LetterState.GIVEN_UP))
    shown = tried.exclude(outcome="").select_related("invoice")
    return list(shown.order_by("-created_at", "-pk")[:limit])


def send_again(*, letter_id: UUID, actor: User | None, now: datetime) -> Letter:
    """Once more, to whom bills go now; one that waits anyway is sent at once, and once.

    Raises NotAllowed, Unknown, and BillingProblem for one that is not so any more.
    """
    access.by_owner_or_finance(actor)
    letter: Letter | None = Letter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise Unknown("There is no such mail in this account.")
    if letter.state == LetterState.DROPPED:
        raise BillingProblem(f"This mail is not needed any more. {letter.outcome}")
    if letter.state != LetterState.WAITING:
        letter.rounds, letter.attempts, letter.interrupted = letter.rounds + 1, 0, 0
        letter.state, letter.finished_at, letter.outcome = LetterState.WAITING, None, ""
        audit.record(
            action="letter.sent_again", object_type="Letter", object_id=letter.pk, actor=actor,
            after={"kind": letter.kind},
        )  # fmt: skip
    letter.due_at = now
    letter.save()
    return letter


def _write(
    kind: LetterKind,
    cause: str,
    *,
    now: datetime,
    invoice: Invoice | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    # The ledger outlives an erased account; nobody is written to any more.
    if not Tenant.objects.filter(pk=scope.current(), erasing_since=None).exists():
        return
    Letter.objects.bulk_create(
        [Letter(kind=kind, cause=cause, invoice=invoice, facts=facts or {}, due_at=now)],
        ignore_conflicts=True,
    )
