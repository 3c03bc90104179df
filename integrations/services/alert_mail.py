"""Messages as e-mail: who gets them, and how they look."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, replace
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.template.loader import render_to_string

from integrations.models import AlertAddress, AlertChannel, AlertMessage, MessageKind
from integrations.services import alert_addresses, alert_words
from integrations.services.alert_posting import Told
from tenants.models import Membership, Role, Tenant

NOBODY = "Nobody gets this channel's messages: it has no member and no confirmed address."


@dataclass(frozen=True)
class Recipients:
    """`members` may see each other's addresses; others see their own only."""

    members: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.members) + len(self.others)


def recipients(message: AlertMessage) -> Recipients:
    """Who gets the message as things are now. Call inside the tenant's scope."""
    if message.kind == MessageKind.CONFIRM:
        return _asked(message)
    if message.kind == MessageKind.FAILING or message.channel is None:
        return Recipients(owners())
    return of_channel(message.channel)


def of_channel(channel: AlertChannel) -> Recipients:
    """Members that still are members, and other addresses that confirmed and did not leave."""
    members = set(owners()) if channel.to_owners else set()
    chosen = [UUID(pk) for pk in channel.member_ids]
    members |= set(_active().filter(user__in=chosen).values_list("user__email", flat=True))
    others = AlertAddress.objects.filter(
        channel=channel, confirmed_at__isnull=False, left_at=None
    ).values_list("email", flat=True)
    return Recipients(tuple(sorted(members)), tuple(sorted(set(others) - members)))


def owners() -> tuple[str, ...]:
    """The addresses of the tenant's owners."""
    rows = _active().filter(role=Role.OWNER)
    return tuple(sorted(rows.values_list("user__email", flat=True)))


def made(
    message: AlertMessage, to: Recipients, *, tenant: Tenant, manage: str
) -> EmailMultiAlternatives:
    """The e-mail, as text and as simple HTML. `manage`: where its channel is changed.

    Call inside the tenant's scope. Each try bears the same Message-ID, so that a mail program that gets it twice shows it once.
    """
    content = alert_words.read(message.content)
    is_confirmation = message.kind == MessageKind.CONFIRM
    if is_confirmation:
        content = replace(content, link=alert_addresses.link(content.about["address"]))
    context = {
        "content": content,
        "facts": [(name, value) for name, value in content.facts if value],
        "tenant": tenant,
        "channel": message.channel_name,
        "manage": manage,
        "is_confirmation": is_confirmation,
    }
    visible, hidden = list(to.members), list(to.others)
    if not visible and len(hidden) == 1:
        visible, hidden = hidden, []
    mail = EmailMultiAlternatives(
        subject=alert_words.short(message.subject),
        body=render_to_string("integrations/alerts/message.txt", context),
        to=visible,
        bcc=hidden,
        headers={
            "Message-ID": f"<{message.pk}@clarity-connect>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(
        render_to_string("integrations/alerts/message.html", context), "text/html"
    )
    return mail


def send(mail: EmailMultiAlternatives) -> Told:
    """Hands it to the mail server."""
    count = len(mail.recipients())
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused:
        return Told(False, "The mail server refused every address.")
    except (smtplib.SMTPException, OSError) as error:
        said = f"The mail server could not be used ({type(error).__name__})."
        return Told(False, said, is_down=True)
    return Told(
        True, f"Handed to the mail server for {count} {'address' if count == 1 else 'addresses'}."
    )


def _asked(message: AlertMessage) -> Recipients:
    asked = AlertAddress.objects.filter(
        pk=message.content["about"]["address"], left_at=None
    ).values_list("email", flat=True)
    return Recipients(others=tuple(asked))


def _active() -> QuerySet[Membership]:
    return Membership.objects.filter(user__is_active=True)
