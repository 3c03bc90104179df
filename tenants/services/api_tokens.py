"""API tokens: made, listed, revoked, and recognised when a program shows one.

A token is `clr_<tenant>_<prefix>_<secret>`. It names its tenant, so it is looked up inside that
tenant's scope alone: no door is opened for someone who has not shown yet who they are.

A token can never do more than the person who made it can do now: it is refused when that person
has left or is locked out, and what their role does not allow is left out of its scopes.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from tenants import api_scopes, scope
from tenants.models import ApiToken, Membership, Tenant, User
from tenants.services import audit

USUAL_DAYS = 90
MOST_DAYS = 365
MOST_TOKENS = 50
LONGEST_NAME = 80
LAST_USED_EVERY = timedelta(minutes=1)

_FORM = re.compile(r"clr_([0-9a-f]{32})_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
# What a hash is compared with when there is no token, so that both take the same time.
_NOBODY = "0" * 64


class BadToken(ValueError):
    """A token cannot be made like this; `field` names what to change."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Refused(PermissionError):
    """The token opens nothing; the message says why and never repeats it."""


@dataclass(frozen=True)
class Holder:
    """Who shows a token. `scopes`: what it may do at this moment; `role`: that of its maker."""

    token: ApiToken
    tenant: Tenant
    user: User
    role: str
    scopes: frozenset[str]


def listed() -> Sequence[ApiToken]:
    """The tenant's tokens, the newest first. Call inside its scope."""
    return list(ApiToken.objects.select_related("created_by").order_by("-created_at", "id"))


def create(
    *,
    token_id: UUID,
    name: str,
    scopes: Sequence[str],
    days: int,
    by: Membership,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token and its text, which is known at this moment only.

    `token_id` is chosen by whoever asks, so that asking twice makes one. Call inside the tenant's
    scope. Raises BadToken.
    """
    wanted = _checked(name=name, scopes=scopes, days=days, by=by, now=now)
    secret = secrets.token_urlsafe(32)
    token = ApiToken(
        id=token_id,
        name=name.strip(),
        prefix=secrets.token_hex(6),
        secret_hash=_hash(secret),
        scopes=wanted,
        created_by=by.user,
        expires_at=now + timedelta(days=days),
    )
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError:
        raise BadToken(
            "This token was made a moment ago, and is shown only once. If you do not have it,"
            " revoke it and make another."
        ) from None
    audit.record(
        action="api_token.created",
        object_type="ApiToken",
        object_id=token.pk,
        actor=by.user,
        after={
            "name": token.name,
            "prefix": token.prefix,
            "scopes": wanted,
            "expires_at": token.expires_at,
        },
    )
    return token, f"clr_{by.tenant_id.hex}_{token.prefix}_{secret}"


def revoke(*, token: ApiToken, actor: User | None, now: datetime) -> bool:
    """Ends a token at once; answers whether it was usable. Call inside the tenant's scope."""
    ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
    if ended:
        audit.record(
            action="api_token.revoked",
            object_type="ApiToken",
            object_id=token.pk,
            actor=actor,
            before={"name": token.name, "prefix": token.prefix},
        )
    return bool(ended)


def recognise(text: str, *, now: datetime) -> Holder:
    """Who holds this token. Call outside any scope. Raises Refused."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise Refused("This is not an API token of Clarity Connect.")
    tenant_id, prefix, secret = UUID(hex=found[1]), found[2], found[3]
    with scope.tenant(tenant_id):
        token: ApiToken | None = (
            ApiToken.objects.select_related("created_by", "tenant").filter(prefix=prefix).first()
        )
        known = token.secret_hash if token else _NOBODY
        if not secrets.compare_digest(_hash(secret), known) or token is None:
            raise Refused("This API token is not known. Check that it was copied as a whole.")
        return _holder(token, now=now)


def _holder(token: ApiToken, *, now: datetime) -> Holder:
    if token.tenant.erasing_since is not None:
        raise Refused("The account of this API token is being erased.")
    if token.revoked_at is not None:
        raise Refused("This API token was revoked. Make another one in the settings.")
    if now >= token.expires_at:
        raise Refused("This API token has expired. Make another one in the settings.")
    user = token.created_by
    membership: Membership | None = (
        Membership.objects.filter(user=user).first() if user and user.is_active else None
    )
    if user is None or membership is None:
        raise Refused("Whoever made this API token has left. Have another member make one.")
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    allowed = api_scopes.of_role(membership.role)
    return Holder(token, token.tenant, user, membership.role, allowed & frozenset(token.scopes))


def _checked(
    *, name: str, scopes: Sequence[str], days: int, by: Membership, now: datetime
) -> list[str]:
    """The scopes in the order of the table. Raises BadToken."""
    if not name.strip() or "\x00" in name or len(name.strip()) > LONGEST_NAME:
        raise BadToken(
            f"Give the token a name of 1 to {LONGEST_NAME} characters, such as the program that"
            " will use it.",
            field="name",
        )
    wanted = [one.name for one in api_scopes.in_order(scopes)]
    unknown = sorted(set(scopes) - api_scopes.NAMES)
    if unknown or not wanted:
        said = f"There is no scope {unknown[0]!r}." if unknown else "Choose at least one scope."
        raise BadToken(said, field="scopes")
    beyond = [one for one in wanted if one not in api_scopes.of_role(by.role)]
    if beyond:
        raise BadToken(f"Your role does not allow {', '.join(beyond)}.", field="scopes")
    if not 1 <= days <= MOST_DAYS:
        raise BadToken(f"A token lasts 1 to {MOST_DAYS} days.", field="days")
    usable = ApiToken.objects.filter(revoked_at=None, expires_at__gt=now).count()
    if usable >= MOST_TOKENS:
        raise BadToken(f"There are {usable} tokens already. Revoke one that is not used any more.")
    return wanted


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
