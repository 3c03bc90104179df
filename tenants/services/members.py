"""Tenants and the people in them."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now
from django.utils.text import slugify

from tenants import scope
from tenants.models import Deputation, Membership, Role, Tenant, User
from tenants.services import audit, people


def create_tenant(*, name: str, owner_email: str, password: str | None = None) -> Tenant:
    """A new tenant with its owner, who is made when no user has the e-mail address yet.

    An existing user's password is left alone. Both or nothing is written, with an audit entry.
    Raises ValueError without a name or e-mail address, ScopeError inside another scope.
    """
    if not name.strip():
        raise ValueError("a tenant needs a name")
    tenant = Tenant(id=uuid.uuid4(), name=name.strip())
    with scope.tenant(tenant.id):
        owner = _user(owner_email, password)
        _save_with_slug(tenant)
        Membership.objects.create(user=owner, role=Role.OWNER)
        audit.record(
            action="tenant.created",
            object_type="Tenant",
            object_id=tenant.id,
            actor=owner,
            after={"name": tenant.name, "slug": tenant.slug},
        )
    return tenant


def open_asked_business(user: User) -> Tenant | None:
    """The tenant a person named when they signed up, once; None when none is due.

    Call after the e-mail address is proven. May be called again, and by two at once.
    """
    with transaction.atomic():
        waiting = User.objects.select_for_update().filter(pk=user.pk).exclude(asked_business="")
        person = waiting.first()
        if person is None or not people.is_proven(person):
            return None
        tenant = create_tenant(name=person.asked_business, owner_email=person.email)
        waiting.update(asked_business="")
    return tenant


def _user(email: str, password: str | None) -> User:
    """The user of this address; two that make the same one at a time both get it."""
    if found := people.known(email):
        return found
    try:
        with transaction.atomic():
            return people.create_person(email=email, password=password)
    except IntegrityError:
        return User.objects.get(email=email.strip().lower())


def _save_with_slug(tenant: Tenant) -> None:
    """Other tenants' slugs cannot be seen from here, so a taken one is found by trying."""
    base = slugify(tenant.name)[:60].strip("-") or "tenant"
    for attempt in range(5):
        tenant.slug = base if attempt == 0 else f"{base}-{uuid.uuid4().hex[:6]}"
        try:
            with transaction.atomic():
                tenant.save(force_insert=True)
                return
        except IntegrityError:
            if attempt == 4:
                raise


def memberships_of(user: User) -> list[Membership]:
    """A user's memberships with their tenants, by the tenant's name. Needs no tenant scope.

    `deputy_until` and `deputy_email`: who of our people acts on that tenant's behalf, None for nobody.
    """
    with scope.user(user.id):
        running = Deputation._base_manager.filter(
            tenant_id=OuterRef("tenant_id"), ended_at=None, ends_at__gt=Now()
        ).order_by("-ends_at", "pk")
        return list(
            # Row-level security shows this user's own rows; `objects` would want a tenant.
            Membership._base_manager.filter(user=user)
            .select_related("tenant")
            .annotate(
                deputy_until=Subquery(running.values("ends_at")[:1]),
                deputy_email=Subquery(running.values("staff__email")[:1]),
            )
            .order_by("tenant__name", "id")
        )
