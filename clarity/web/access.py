"""Who may look at a tenant's pages. Every page of a tenant goes through `member_required`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from tenants import log_context
from tenants.models import Membership, Role, Tenant, User
from tenants.services.members import memberships_of

P = ParamSpec("P")
MemberView = Callable[Concatenate[HttpRequest, Membership, P], HttpResponseBase]
PlainView = Callable[..., HttpResponseBase]

OWNERS = (Role.OWNER,)
ADMINS = (Role.OWNER, Role.ADMIN)
OPERATORS = (Role.OWNER, Role.ADMIN, Role.OPERATOR)


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
            membership = membership_in(user, slug)
            log_context.add(tenant_id=membership.tenant_id, user_id=user.pk)
            if roles and membership.role not in roles:
                raise PermissionDenied
            with timezone.override(zone_of(membership.tenant)):
                return view(request, membership, *args, **kwargs)

        return guarded

    return wrap


def signed_in(request: HttpRequest) -> User | None:
    """The person behind the request."""
    return request.user if isinstance(request.user, User) else None


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a page that only asks for a piece is loaded anew as a whole."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    return redirect_to_login(request.get_full_path())


def membership_in(user: User, slug: str) -> Membership:
    """The membership that opens the tenant's pages. Raises Http404."""
    for membership in memberships_of(user):
        if membership.tenant.slug == slug:
            return membership
    raise Http404


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
