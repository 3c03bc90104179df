"""Sends the mails about bills: takes one, lets go of the database, sends, writes down how it ended.

Whoever takes a mail holds it for a while, so a chore that runs twice sends none twice. One whose
holder died is taken again, with the same Message-ID, by which mail programs know it; after a second
death it is given up. What the mail server refuses is kept, shown, and tried again for three days.
"""

from __future__ import annotations

import logging
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from tenants import scope
from tenants.billing.models import BillingDetails, Letter, LetterState
from tenants.billing.services import printing
from tenants.billing.services.letter_words import NotNeeded, content
from tenants.billing.services.renewing import Surviving
from tenants.models import Membership, Role, Tenant

log = logging.getLogger(__name__)

REASON = "mails about bills that are due"
# Longer than any mail takes.
HELD_FOR = timedelta(minutes=3)
# With the times between them some three days.
MOST_ATTEMPTS = 16
TURN_SECONDS = 40.0
MOST = 500
_AGAIN_AFTER = (1, 5, 15, 60, 180, 360)
OUR_ERROR = "An error of ours stopped it; we have been told. It is tried again."
OUR_ERROR_AGAIN = timedelta(hours=1)
NOBODY = "Nobody gets it: there is no billing contact, and no owner who can sign in."


@dataclass(frozen=True)
class Told:
    """How sending ended. `is_down`: nothing else gets through either."""

    went_out: bool
    said: str
    is_down: bool = False


def run_due(now: datetime, *, survives: Surviving) -> int:
    """Sends what is due until the turn is over; answers how many went out. Call outside any scope."""
    with scope.door(REASON):
        rows = Letter.objects.filter(
            state=LetterState.WAITING, due_at__lte=now, tenant__erasing_since=None
        )
        due = list(
            rows.order_by("due_at", "created_at", "pk").values_list("tenant_id", "pk")[:MOST]
        )
    until, sent = time.monotonic() + TURN_SECONDS, 0
    for tenant_id, letter_id in due:
        told: list[Told] = []
        if not survives(f"letter {letter_id}", _one(tenant_id, letter_id, now, told)):
            survives(f"letter {letter_id}", _put_off(tenant_id, letter_id, now))
        sent += any(one.went_out for one in told)
        if any(one.is_down for one in told) or time.monotonic() > until:
            break
    return sent


def _one(tenant_id: UUID, letter_id: UUID, now: datetime, told: list[Told]) -> Callable[[], None]:
    def work() -> None:
        taken = take(tenant_id, letter_id, now=now)
        if taken is None:
            return
        letter, mail = taken
        told.append(_send(mail))
        _finish(letter, told[0], mail, now=now)

    return work


def _put_off(tenant_id: UUID, letter_id: UUID, now: datetime) -> Callable[[], None]:
    def work() -> None:
        with scope.tenant(tenant_id):
            Letter.objects.filter(pk=letter_id, state=LetterState.WAITING).update(
                held_until=None, due_at=now + OUR_ERROR_AGAIN, outcome=OUR_ERROR
            )

    return work


def take(
    tenant_id: UUID, letter_id: UUID, *, now: datetime
) -> tuple[Letter, EmailMultiAlternatives] | None:
    """The mail, when it is due, nobody has it and it is to go out. Committed before it is sent."""
    with scope.tenant(tenant_id):
        rows = Letter.objects.select_for_update(of=("self",), skip_locked=True)
        waiting = rows.filter(pk=letter_id, state=LetterState.WAITING, due_at__lte=now)
        letter: Letter | None = waiting.first()
        if letter is None or (letter.held_until and letter.held_until > now):
            return None
        letter.interrupted += letter.held_until is not None
        if letter.interrupted > 1:
            said = "It was stopped twice while it was sent, so it may have arrived."
            _end(letter, LetterState.GIVEN_UP, said, now=now)
            return None
        try:
            mail = _mail(letter)
        except NotNeeded as why:
            _end(letter, LetterState.DROPPED, str(why), now=now)
            return None
        letter.token, letter.attempts = letter.token + 1, letter.attempts + 1
        letter.held_until = now + HELD_FOR
        letter.save()
        return letter, mail


def _mail(letter: Letter) -> EmailMultiAlternatives:
    tenant = Tenant.objects.get(pk=letter.tenant_id)
    says = content(letter, tenant)
    context = {"content": says, "tenant": tenant}
    mail = EmailMultiAlternatives(
        subject=" ".join(says.subject.split()),
        body=render_to_string("billing_letters/letter.txt", context),
        to=list(receivers()),
        reply_to=[settings.CLARITY_SUPPORT_EMAIL] if settings.CLARITY_SUPPORT_EMAIL else None,
        headers={
            "Message-ID": f"<{letter.pk}.{letter.rounds}@clarity-connect>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string("billing_letters/letter.html", context), "text/html")
    if says.has_file and letter.invoice_id is not None:
        file = printing.printed(letter.invoice_id)
        mail.attach(file.name, file.data, "application/pdf")
    return mail


def receivers() -> tuple[str, ...]:
    """Who gets the bills of the account in scope: its billing contact, else its owners."""
    said = BillingDetails.objects.values_list("contact_email", flat=True).first()
    if said:
        return (said,)
    owners = Membership.objects.filter(role=Role.OWNER, user__is_active=True)
    return tuple(sorted(owners.values_list("user__email", flat=True)))


def _send(mail: EmailMultiAlternatives) -> Told:
    if not mail.to:
        return Told(False, NOBODY)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused:
        return Told(False, f"The mail server refused {', '.join(mail.to)}. Correct the address.")
    except OSError as error:
        # Every failure of smtplib and of the network is one; its text may hold the address.
        said = f"The mail server could not be used ({type(error).__name__})."
        return Told(False, said, is_down=True)
    return Told(True, "Handed to the mail server.")


def _finish(letter: Letter, told: Told, mail: EmailMultiAlternatives, *, now: datetime) -> None:
    with scope.tenant(letter.tenant_id):
        mine = Letter.objects.select_for_update().filter(
            pk=letter.pk, token=letter.token, state=LetterState.WAITING
        )
        row: Letter | None = mine.first()
        if row is None:
            log.warning("letter %s was taken over while it was sent", letter.pk)
            return
        if told.went_out:
            row.sent_to = ", ".join(mail.to)
            _end(row, LetterState.SENT, told.said, now=now)
        elif row.attempts >= MOST_ATTEMPTS:
            _end(row, LetterState.GIVEN_UP, told.said, now=now)
        else:
            minutes = _AGAIN_AFTER[min(row.attempts, len(_AGAIN_AFTER)) - 1]
            row.held_until, row.outcome = None, told.said[:400]
            row.due_at = now + timedelta(minutes=minutes)
            row.save()


def _end(letter: Letter, state: LetterState, said: str, *, now: datetime) -> None:
    letter.state, letter.outcome = state, said[:400]
    letter.held_until, letter.finished_at = None, now
    letter.save()
