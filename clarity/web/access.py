"""Who may look at a tenant's pages. Every page of a tenant goes through `member_required`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from clarity.web import closed
from clarity.web.deputies import session as deputy
from integrations.services import erasing
from tenants import log_context
from tenants.models import Membership, Role, Tenant, User
from tenants.services.members import memberships_of
from tenants.services.permissions import ADMINS, OPERATORS, OWNERS, named

__all__ = [
    "ADMINS",
    "KEPT",
    "OPERATORS",
    "RoleNeeded",
    "OWNERS",
    "may_administer",
    "may_operate",
    "may_own",
    "member_required",
    "membership_in",
    "sign_in_first",
    "signed_in",
    "zone_of",
]

KEPT = "clarity_memberships"

P = ParamSpec("P")
MemberView = Callable[Concatenate[HttpRequest, Membership, P], HttpResponseBase]
PlainView = Callable[..., HttpResponseBase]


class RoleNeeded(PermissionDenied):
    """The member's role does not include this; the message, made for them, says which does."""


def member_required(*roles: Role) -> Callable[[MemberView[P]], PlainView]:
    """A view of a tenant: `view(request, membership, ...)`, its address names the tenant's `slug`.

    Someone who is not signed in is sent to the sign-in page, someone who is no member gets the
    same 404 as for a tenant that does not exist, a member without one of `roles` gets 403. Times
    are shown in the tenant's zone. The view opens `scope.tenant(membership.tenant_id)` itself.
    """

    def wrap(view: MemberView[P]) -> PlainView:
        @wraps(view)
        def guarded(
            request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            user = signed_in(request)
            if user is None:
                return sign_in_first(request)
            try:
                membership = membership_in(user, slug, request)
            except deputy.Over as ended:
                return deputy.over(request, ended)
            if membership.tenant.erasing_since is not None:
                return erasing_page(membership)
            log_context.add(tenant_id=membership.tenant_id, user_id=user.pk)
            if roles and membership.role not in roles:
                raise RoleNeeded(refusal(membership, roles))
            with deputy.standing_in(request), timezone.override(zone_of(membership.tenant)):
                if (instead := closed.page(request, membership)) is not None:
                    return instead
                return view(request, membership, *args, **kwargs)

        return guarded

    return wrap


def refusal(membership: Membership, roles: tuple[Role, ...]) -> str:
    """Which role is needed and who can give it. It is logged, so it names nobody."""
    grantors = "An owner" if Role.ADMIN not in roles else "An owner or admin"
    return (
        f"Only {named(roles)} may do this, and your role is {membership.role}. "
        f"{grantors} of the account can give you another role."
    )


def erasing_page(membership: Membership) -> HttpResponse:
    """An account that is being erased shows nothing but how far that is. Raises Http404 at its end."""
    erasure = erasing.of_tenant(membership.tenant_id)
    if erasure is None:
        raise Http404
    answer: HttpResponse = redirect("erasure", receipt=erasure.pk)
    return answer


def signed_in(request: HttpRequest) -> User | None:
    """The person behind the request."""
    return request.user if isinstance(request.user, User) else None


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a page that only asks for a piece is loaded anew as a whole."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    return redirect_to_login(request.get_full_path())


def membership_in(user: User, slug: str, request: HttpRequest | None = None) -> Membership:
    """The membership that opens the tenant's pages, or that of who acts on its behalf. Raises Http404.

    The request keeps all of them: inside the tenant's scope the page's menu could not read them.
    """
    found = memberships_of(user)
    if request is not None:
        vars(request)[KEPT] = found
    for membership in found:
        if membership.tenant.slug == slug:
            return membership
    held = deputy.membership(request, user, slug) if request is not None else None
    if held is None:
        raise Http404
    return held


def zone_of(tenant: Tenant) -> ZoneInfo:
    """The zone the tenant's times are shown in; UTC when its name is not known here."""
    try:
        return ZoneInfo(tenant.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def may_operate(membership: Membership) -> bool:
    """Whether the member may change what flows, not only look."""
    return membership.role in OPERATORS


def may_administer(membership: Membership) -> bool:
    """Whether the member may connect accounts, change settings, go live and manage people."""
    return membership.role in ADMINS


def may_own(membership: Membership) -> bool:
    """Whether the member may manage owners and erase the tenant."""
    return membership.role in OWNERS
