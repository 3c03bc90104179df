"""E-mail addresses of people who are no members: asked first, told only once they agreed.

The link in the question is signed and names tenant and address. It also serves to leave again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse

from integrations.models import AlertAddress, AlertChannel, AlertMessage, MessageKind
from integrations.services import alert_outbox
from integrations.services.alert_errors import BadChannel
from integrations.services.alert_words import Content
from tenants import scope
from tenants.models import Membership, Tenant, User
from tenants.services import audit

MOST = 10
CONFIRM_WITHIN = timedelta(days=7)
# So that nobody is asked again and again by way of us.
MOST_QUESTIONS = 30
QUESTIONS_WITHIN = timedelta(days=1)
_SALT = "clarity.alert-address"


class LinkBroken(ValueError):
    """This link is not valid any more."""


@dataclass(frozen=True)
class Invitation:
    """An address as its owner sees it. `is_late`: the link is too old to confirm by it."""

    address: AlertAddress
    tenant_name: str
    channel_name: str
    is_late: bool


def settle(
    channel: AlertChannel, wanted: Sequence[str], *, actor: User | None, now: datetime
) -> None:
    """Asks new addresses, forgets those that are not wanted any more. Raises BadChannel.

    An address of a member is not asked: members are chosen by name. Call inside the scope.
    """
    emails = _cleaned(wanted)
    rows = AlertAddress.objects.filter(channel=channel)
    gone = rows.exclude(email__in=emails)
    removed = sorted(gone.values_list("email", flat=True))
    gone.delete()
    known = set(rows.values_list("email", flat=True))
    added = [email for email in emails if email not in known]
    _check_count(len(added), now=now)
    for email in added:
        _ask(AlertAddress.objects.create(channel=channel, email=email, asked_at=now), now=now)
    if added or removed:
        audit.record(
            action="alert_channel.addresses_changed",
            object_type="AlertChannel",
            object_id=channel.pk,
            actor=actor,
            after={"added": len(added), "removed": len(removed)},
        )


def ask_again(*, address: AlertAddress, actor: User | None, now: datetime) -> None:
    """A new link for an address that has not confirmed or has left. Raises BadChannel."""
    _check_count(1, now=now)
    address.asked_at, address.left_at = now, None
    address.save(update_fields=["asked_at", "left_at"])
    _ask(address, now=now)
    audit.record(
        action="alert_address.asked",
        object_type="AlertAddress",
        object_id=address.pk,
        actor=actor,
    )


def link(address_id: str) -> str:
    """Where the owner of the address answers; made when the message is sent, and kept nowhere."""
    token = signing.dumps([scope.current().hex, UUID(address_id).hex], salt=_SALT)
    return f"{settings.CLARITY_PUBLIC_URL}{reverse('alert-address', args=[token])}"


def invitation(token: str, *, now: datetime) -> Invitation:
    """What a link is about. Raises LinkBroken. Call outside any scope."""
    tenant_id, address_id = _read(token)
    with scope.tenant(tenant_id):
        found = AlertAddress.objects.select_related("channel").filter(pk=address_id).first()
        tenant = Tenant.objects.filter(pk=tenant_id).first()
        if found is None or tenant is None:
            raise LinkBroken(LinkBroken.__doc__)
        is_late = now > found.asked_at + CONFIRM_WITHIN
        return Invitation(found, tenant.name, found.channel.name, is_late)


def confirm(token: str, *, now: datetime) -> Invitation:
    """The owner of the address agrees; may be called twice. Raises LinkBroken."""
    found = invitation(token, now=now)
    if found.is_late and found.address.confirmed_at is None:
        raise LinkBroken("This link is too old. Ask for a new one.")
    return _answer(token, "confirmed", {"confirmed_at": now, "left_at": None}, now=now)


def leave(token: str, *, now: datetime) -> Invitation:
    """The owner of the address wants no more messages; may be called twice. Raises LinkBroken."""
    return _answer(token, "left", {"left_at": now}, now=now)


def _answer(token: str, what: str, values: dict[str, Any], *, now: datetime) -> Invitation:
    found = invitation(token, now=now)
    with scope.tenant(found.address.tenant_id):
        AlertAddress.objects.filter(pk=found.address.pk).update(**values)
        audit.record(
            action=f"alert_address.{what}",
            object_type="AlertAddress",
            object_id=found.address.pk,
            reason="by the link sent to the address",
        )
    return invitation(token, now=now)


def _cleaned(wanted: Sequence[str]) -> list[str]:
    emails = sorted({text.strip().lower() for text in wanted if text.strip()})
    if len(emails) > MOST:
        raise BadChannel(f"A channel has at most {MOST} other addresses.", field="addresses")
    for email in emails:
        try:
            validate_email(email)
        except ValidationError:
            raise BadChannel(
                f"{email[:80]!r} is not an e-mail address.", field="addresses"
            ) from None
    members = set(
        Membership.objects.filter(user__email__in=emails).values_list("user__email", flat=True)
    )
    if members:
        raise BadChannel(
            f"{min(members)} is a member: choose the person from the list instead.",
            field="addresses",
        )
    return emails


def _check_count(more: int, *, now: datetime) -> None:
    since = now - QUESTIONS_WITHIN
    asked = AlertMessage.objects.filter(kind=MessageKind.CONFIRM, created_at__gt=since).count()
    if more and asked + more > MOST_QUESTIONS:
        raise BadChannel(
            f"{MOST_QUESTIONS} addresses were asked to confirm within a day. Try again tomorrow.",
            field="addresses",
        )


def _ask(address: AlertAddress, *, now: datetime) -> None:
    tenant = Tenant.objects.get(pk=address.tenant_id)
    content = Content(
        event="address.asked",
        title=f"Do you want messages about {tenant.name}?",
        said=(
            f"{tenant.name} would like Clarity Connect to tell you when something needs attention."
            " You hear nothing before you confirm. The link also ends the messages later on, so"
            " keep it; to confirm, it works for seven days."
        ),
        link_words="Confirm or end the messages",
        tenant=tenant.name,
        about={"address": str(address.pk)},
    )
    alert_outbox.write([address.channel], MessageKind.CONFIRM, content, now=now)


def _read(token: str) -> tuple[UUID, UUID]:
    try:
        tenant_id, address_id = signing.loads(token, salt=_SALT)
        return UUID(hex=tenant_id), UUID(hex=address_id)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        raise LinkBroken(LinkBroken.__doc__) from None
