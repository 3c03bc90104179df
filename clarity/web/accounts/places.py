"""Where a member begins at a tenant."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from tenants.models import Membership


def first_page(membership: Membership) -> str:
    """The tenant's dashboard; the list of pairs in an installation without one."""
    try:
        return reverse("dashboard", kwargs={"slug": membership.tenant.slug})
    except NoReverseMatch:
        return f"{reverse('home')}?list"
