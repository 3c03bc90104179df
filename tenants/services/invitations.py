"""Asking people to become members, by a link in a mail.

The link carries the tenant's id and a secret. So it is looked up inside that tenant's own scope,
and no query has to cross tenants; only a hash of the secret is kept. Whoever holds the link can
read the mailbox, which is why accepting it proves the address. For the same reason the link is
never shown to the one who invites.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from tenants import scope
from tenants.models import AuditEntry, Invitation, Membership, Role, Tenant, User
from tenants.services import audit, people
from tenants.services.permissions import may_grant
from tenants.services.roster import NotAllowed

LIVES = timedelta(days=7)
PAUSE = timedelta(minutes=1)
MOST_OPEN = 100
"""Of one tenant, so that nobody sends mail to the whole world from here."""
MOST_SENT = 200
WITHIN = timedelta(days=1)
TOO_MANY = f"{MOST_SENT} invitations were sent within a day. Send more tomorrow."


class CannotInvite(Exception):
    """The invitation was not made; `field` is the part of the form that is wrong, or ""."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class CannotAccept(Exception):
    """The invitation cannot be accepted in this way; the message says what to do."""


@dataclass(frozen=True)
class Sent:
    """An invitation with the one copy of its token there is, for the mail."""

    invitation: Invitation
    token: str


@dataclass(frozen=True)
class Found:
    """What a link leads to."""

    invitation: Invitation
    tenant: Tenant


def invite(*, email: str, role: str, by: Membership, now: datetime) -> Sent:
    """Opens an invitation for seven days. Call inside the tenant's scope.

    Raises CannotInvite when the address or role is wrong, a member has it, or one is open.
    """
    address = _address(email)
    if role not in Role.values:
        raise CannotInvite("Choose one of the roles.", "role")
    if not may_grant(role, by=by.role):
        raise CannotInvite("Only an owner invites another owner. Choose another role.", "role")
    if Membership.objects.filter(user__email=address).exists():
        raise CannotInvite(f"{address} is a member already.", "email")
    if open_ones().count() >= MOST_OPEN:
        raise CannotInvite(f"{MOST_OPEN} invitations are open. Take some back first.")
    if _sent_lately(now) >= MOST_SENT:
        raise CannotInvite(TOO_MANY)
    token, secret_hash = _token(by.tenant_id)
    try:
        with transaction.atomic():
            made: Invitation = Invitation.objects.create(
                email=address,
                role=role,
                token_hash=secret_hash,
                invited_by=by.user,
                sent_at=now,
                expires_at=now + LIVES,
            )
    except IntegrityError:
        raise CannotInvite(
            f"{address} is invited already. Send that invitation again, or take it back.", "email"
        ) from None
    _record("member.invited", made, by.user)
    return Sent(made, token)


def resend(invitation: Invitation, *, by: Membership, now: datetime) -> Sent:
    """A new link, good for seven days; the one before it ends. Raises NotAllowed."""
    locked = _open_one(invitation)
    _refuse_unless_allowed(locked, by)
    if now - locked.sent_at < PAUSE:
        raise NotAllowed(f"It was sent to {locked.email} less than a minute ago. Give it time.")
    if _sent_lately(now) >= MOST_SENT:
        raise NotAllowed(TOO_MANY)
    token, locked.token_hash = _token(by.tenant_id)
    locked.sent_at, locked.expires_at = now, now + LIVES
    locked.save(update_fields=["token_hash", "sent_at", "expires_at"])
    _record("member.invited_again", locked, by.user)
    return Sent(locked, token)


def revoke(invitation: Invitation, *, by: Membership, now: datetime) -> None:
    """Takes it back: the link ends. Raises NotAllowed."""
    locked = _open_one(invitation)
    _refuse_unless_allowed(locked, by)
    locked.revoked_at = now
    locked.save(update_fields=["revoked_at"])
    _record("member.invitation_revoked", locked, by.user)


def open_ones() -> QuerySet[Invitation]:
    """Neither accepted nor taken back; one that has run out is still listed, to be sent again."""
    rows: QuerySet[Invitation] = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    return rows.select_related("invited_by").order_by("email", "pk")


def find(token: str, *, now: datetime) -> Found | None:
    """The open invitation of a link; None when it is used, ended, too old or made up."""
    tenant_id, secret_hash = _parsed(token)
    if tenant_id is None:
        return None
    with scope.tenant(tenant_id):
        row: Invitation | None = (
            Invitation.objects.filter(
                token_hash=secret_hash, accepted_at=None, revoked_at=None, expires_at__gt=now
            )
            .select_related("tenant", "invited_by")
            .first()
        )
    return Found(row, row.tenant) if row else None


def accept(token: str, *, user: User, now: datetime) -> Tenant:
    """Makes the person a member. A link works once, also when it is opened twice at a time.

    Someone who is a member already keeps the role they have. Raises CannotAccept.
    """
    found = find(token, now=now)
    if found is None:
        raise CannotAccept("This invitation is used, taken back or older than seven days.")
    if user.email != found.invitation.email:
        raise CannotAccept(
            f"This invitation is for {found.invitation.email}, and you are {user.email}."
        )
    with scope.tenant(found.tenant.pk):
        taken = Invitation.objects.filter(
            pk=found.invitation.pk, accepted_at=None, revoked_at=None
        ).update(accepted_at=now)
        if not taken:
            raise CannotAccept("This invitation is used or taken back.")
        _, is_new = Membership.objects.get_or_create(
            user=user, defaults={"role": found.invitation.role}
        )
        if is_new:
            _record("member.joined", found.invitation, user)
    return found.tenant


def join_as_new_person(token: str, *, password: str, name: str, now: datetime) -> User:
    """Makes the person and the membership together. Raises CannotAccept."""
    found = find(token, now=now)
    if found is None:
        raise CannotAccept("This invitation is used, taken back or older than seven days.")
    email = found.invitation.email
    with transaction.atomic():
        people.forget_unfinished(email)
        try:
            with transaction.atomic():
                user = people.create_person(email=email, password=password, name=name)
        except IntegrityError:
            raise CannotAccept(f"{email} has an account here already. Sign in first.") from None
        accept(token, user=user, now=now)
    return user


def _sent_lately(now: datetime) -> int:
    """How many went out within a day, also those that were taken back to make room for others."""
    sent = AuditEntry.objects.filter(
        action__in=("member.invited", "member.invited_again"), at__gt=now - WITHIN
    )
    return int(sent[:MOST_SENT].count())


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise CannotInvite(f"“{email.strip()[:100]}” is no e-mail address.", "email") from None
    if len(address) > 254:
        raise CannotInvite("An e-mail address has at most 254 characters.", "email")
    return address


def _token(tenant_id: UUID) -> tuple[str, str]:
    secret = secrets.token_urlsafe(32)
    return f"{tenant_id.hex}.{secret}", _hash(secret)


def _parsed(token: str) -> tuple[UUID | None, str]:
    tenant_part, _, secret = token.partition(".")
    try:
        return UUID(hex=tenant_part), _hash(secret)
    except ValueError:
        return None, ""


def _hash(secret: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def _open_one(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update().filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None
    )
    found: Invitation | None = rows.first()
    if found is None:
        raise NotAllowed("This invitation is accepted or taken back already.")
    return found


def _refuse_unless_allowed(invitation: Invitation, by: Membership) -> None:
    if not may_grant(invitation.role, by=by.role):
        raise NotAllowed("Only an owner changes the invitation of an owner. Ask one of them.")


def _record(action: str, invitation: Invitation, actor: User) -> None:
    audit.record(
        action=action,
        object_type="Invitation",
        object_id=invitation.pk,
        actor=actor,
        after={"member": invitation.email, "role": invitation.role},
    )
