"""Who asks: a program with a token, or a person who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, NotFound, ParseError, PermissionDenied
from rest_framework.request import Request

from tenants import api_scopes
from tenants.billing.services import reading
from tenants.models import Tenant, User
from tenants.services import api_tokens
from tenants.services.members import memberships_of

TENANT_HEADER = "Clarity-Tenant"
# Names under which people put tokens into addresses, where logs and browsers keep them.
_IN_ADDRESS = frozenset({"token", "access_token", "api_token", "api_key", "apikey", "key"})


@dataclass(frozen=True)
class Caller:
    """Who asks and what they may do now. `id`: of the token, or of the user in a session."""

    tenant: Tenant
    user: User
    role: str
    scopes: frozenset[str]
    id: UUID
    token: str = ""
    """The public part of the token; "" in a session."""

    @property
    def name(self) -> str:
        """For logs: holds nothing secret or personal."""
        return f"token {self.token}" if self.token else f"user {self.id}"


def caller_of(request: Request) -> Caller:
    """Who asks, once that is known."""
    return cast(Caller, request.auth)


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer clr_...`. The token says which tenant it is for."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        refuse_token_in_address(request)
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Send the token as: Authorization: Bearer clr_…")
        try:
            held = api_tokens.recognise(text.strip(), now=timezone.now())
        except api_tokens.Refused as error:
            raise AuthenticationFailed(str(error)) from None
        named = request.headers.get(TENANT_HEADER)
        if named not in {None, held.tenant.slug}:
            raise ParseError(f"{TENANT_HEADER} names another tenant than the token is for.")
        refuse_if_closed(held.tenant)
        return held.user, Caller(
            held.tenant, held.user, held.role, held.scopes, held.token.pk, held.token.prefix
        )

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Clarity Connect"'


class SessionAuthentication(authentication.SessionAuthentication):
    """A person who is signed in, with CSRF protection. The header Clarity-Tenant says where."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        found = super().authenticate(request)
        if found is None or not isinstance(found[0], User):
            return None
        user = found[0]
        slug = request.headers.get(TENANT_HEADER, "")
        if not slug:
            raise ParseError(f"Say which tenant by the header {TENANT_HEADER}: its short name.")
        for membership in memberships_of(user):
            if membership.tenant.slug == slug and membership.tenant.erasing_since is None:
                refuse_if_closed(membership.tenant)
                scopes = api_scopes.of_role(membership.role)
                return user, Caller(membership.tenant, user, membership.role, scopes, user.pk)
        raise NotFound("You are no member of a tenant with this short name.")


def refuse_if_closed(tenant: Tenant) -> None:
    """Raises PermissionDenied when the days of reading after a subscription are over."""
    if not settings.CLARITY_BILLING:
        return
    since = reading.closed_since(tenant.pk, now=timezone.now())
    if since is not None:
        raise PermissionDenied(
            f"The subscription of this account ended, and its records could be read until {since}."
            " Go live again to read on."
        )


def refuse_token_in_address(request: Request) -> None:
    """Raises ParseError: an address stays in logs and histories, so no token may be in it."""
    for name, value in request.query_params.items():
        if name.lower() in _IN_ADDRESS or str(value).startswith("clr_"):
            raise ParseError(
                "A token must not stand in an address, where logs keep it. Send it as"
                " Authorization: Bearer, and revoke this one."
            )
