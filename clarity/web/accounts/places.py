"""Where a member begins at a tenant."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from tenants.models import Membership


def first_page(membership: Membership) -> str:
    """The tenant's dashboard; its pairs in an installation without one."""
    return address_of("dashboard", membership) or reverse(
        "pairs", kwargs={"slug": membership.tenant.slug}
    )


def address_of(name: str, membership: Membership) -> str | None:
    """The tenant's page of this name; None when this installation has none."""
    try:
        return reverse(name, kwargs={"slug": membership.tenant.slug})
    except NoReverseMatch:
        return None
