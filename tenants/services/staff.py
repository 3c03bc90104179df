"""Our own people: what each role may do, who has which, and who looks after which tenant.

docs/admin.md shows the table. A role opens the admin; which tenants one sees there is said by
assignments alone, for superusers as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from tenants import scope
from tenants.models import StaffAssignment, StaffRole, Tenant, User
from tenants.services import audit

# A reason that says nothing is none.
SHORTEST_REASON = 5
LONGEST_REASON = 500


class May(StrEnum):
    """What a role may do, always of assigned tenants only, except GOVERN."""

    LOOK = "look into assigned tenants, and read notes and the audit log"
    ACT = "act on assigned tenants: replay, resume, write notes"
    BILL = "see plans, invoices and payments of assigned tenants"
    KEEP_BOOKS = (
        "enter payments, credit notes and what was agreed with assigned tenants; set prices"
    )
    GOVERN = "give roles to staff, and assign tenants to them"


TABLE: Mapping[StaffRole, frozenset[May]] = {
    StaffRole.ACCOUNT_MANAGER: frozenset({May.LOOK, May.ACT, May.BILL}),
    StaffRole.SUPPORT: frozenset({May.LOOK, May.BILL}),
    StaffRole.FINANCE: frozenset({May.BILL, May.KEEP_BOOKS}),
    StaffRole.SUPERUSER: frozenset(May),
}


class NotAllowed(PermissionError):
    """The role of this staff member does not include that; the message says what is needed."""


class ReasonNeeded(ValueError):
    """Say why, in a few words: it stays in the tenant's audit log."""


def role_of(user: User) -> StaffRole | None:
    """The role of one of our people; None for everybody else, and for who was switched off."""
    if not (user.is_active and user.is_staff and user.staff_role):
        return None
    return StaffRole(user.staff_role)


def may(user: User, what: May) -> bool:
    """Whether the role includes it. Of which tenants is another question: see `assigned`."""
    role = role_of(user)
    return role is not None and what in TABLE[role]


def refuse_unless(user: User, what: May) -> None:
    """Raises NotAllowed when the role does not include it."""
    if not may(user, what):
        role = role_of(user)
        named = StaffRole(role).label.lower() if role else "none of our staff"
        raise NotAllowed(f"You cannot {what.value}. Your role here is {named}.")


def said_why(reason: str) -> str:
    """The reason as it is kept. Raises ReasonNeeded when it is missing or too short."""
    text = " ".join(reason.replace("\x00", "").split())
    if len(text) < SHORTEST_REASON:
        raise ReasonNeeded(
            f"Say why, in at least {SHORTEST_REASON} characters. It stays in the audit log of the"
            " account."
        )
    if len(text) > LONGEST_REASON:
        raise ReasonNeeded(f"Say why in at most {LONGEST_REASON} characters.")
    return text


def appoint(*, user: User, role: StaffRole | None, actor: User | None, reason: str = "") -> None:
    """Gives a person a role, or takes it away with None. A second call changes nothing.

    `actor` is None for a command on the server. Raises NotAllowed, ReasonNeeded. Assignments stay, so
    that a role taken back by mistake can be given again; without a role they open nothing.
    """
    if actor is not None:
        refuse_unless(actor, May.GOVERN)
        reason = said_why(reason)
        if actor.pk == user.pk:
            raise NotAllowed("Another superuser has to change your own role.")
    with scope.door("change a staff role", actor=actor):
        row = User.objects.select_for_update().get(pk=user.pk)
        before = row.staff_role
        after = role.value if role else ""
        if (before, row.is_staff) != (after, role is not None):
            row.staff_role = after
            row.is_staff = role is not None
            row.is_superuser = role == StaffRole.SUPERUSER
            row.save(update_fields=["staff_role", "is_staff", "is_superuser"])
            audit.record(
                action="staff.role_changed",
                object_type="User",
                object_id=row.pk,
                actor=actor,
                before={"role": before},
                after={"role": after},
                reason=reason,
            )
    user.staff_role, user.is_staff, user.is_superuser = after, row.is_staff, row.is_superuser


def everyone() -> Sequence[User]:
    """Our people, by e-mail address."""
    return list(User.objects.filter(is_staff=True).order_by("email"))


def assign(*, tenant_id: UUID, staff: User, actor: User | None, reason: str = "") -> bool:
    """Lets a staff member look after a tenant; False when they do already. Call outside any scope.

    Raises NotAllowed, ReasonNeeded, Tenant.DoesNotExist. The tenant's own audit log tells of it.
    """
    if actor is not None:
        refuse_unless(actor, May.GOVERN)
        reason = said_why(reason)
    if role_of(staff) is None:
        raise NotAllowed(f"{staff.email} is none of our staff. Give them a role first.")
    with scope.tenant(tenant_id):
        Tenant.objects.get(pk=tenant_id)
        try:
            with transaction.atomic():
                StaffAssignment.objects.create(staff=staff, assigned_by=actor)
        except IntegrityError:
            return False
        _tell("staff.assigned", staff, actor, reason)
    return True


def release(
    *, tenant_id: UUID, staff: User, actor: User | None, now: datetime, reason: str = ""
) -> bool:
    """Ends an assignment; False when there is none. Call outside any scope.

    Raises NotAllowed, ReasonNeeded.
    """
    if actor is not None:
        refuse_unless(actor, May.GOVERN)
        reason = said_why(reason)
    with scope.tenant(tenant_id):
        open_one = StaffAssignment.objects.filter(staff=staff, ended_at=None)
        if not open_one.update(ended_at=now):
            return False
        _tell("staff.released", staff, actor, reason)
    return True


def _tell(action: str, staff: User, actor: User | None, reason: str) -> None:
    audit.record(
        action=action,
        object_type="User",
        object_id=staff.pk,
        actor=actor,
        after={"staff": staff.email},
        reason=reason,
    )


def assigned(
    staff: User, *, named: str = "", after: tuple[str, UUID] | None = None, limit: int = 50
) -> Sequence[Tenant]:
    """Tenants a staff member looks after, by name; `after`: name and id of the last one before.

    PostgreSQL itself shows no others. Nobody without a role has any. Call outside any scope.
    """
    if role_of(staff) is None:
        return []
    with scope.user(staff.pk):
        rows = Tenant.objects.filter(pk__in=_of(staff))
        if named:
            rows = rows.filter(Q(name__icontains=named) | Q(slug__icontains=named))
        if after is not None:
            name, pk = after
            rows = rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk))
        return list(rows.order_by("name", "pk")[:limit])


def assigned_tenant(staff: User, slug: str) -> Tenant | None:
    """The tenant of this short name, when the staff member looks after it. Call outside any scope."""
    if role_of(staff) is None:
        return None
    with scope.user(staff.pk):
        return Tenant.objects.filter(slug=slug, pk__in=_of(staff)).first()


def unassigned(staff: User, tenants: Sequence[UUID]) -> set[UUID]:
    """Those of the tenants that a staff member does not look after. Call outside any scope."""
    if role_of(staff) is None:
        return set(tenants)
    with scope.user(staff.pk):
        rows = Tenant.objects.filter(pk__in=_of(staff)).filter(pk__in=tenants)
        return set(tenants) - set(rows.values_list("pk", flat=True))


def _of(staff: User) -> QuerySet[StaffAssignment, Any]:
    """`objects` would want a tenant; row-level security shows a staff member's own rows."""
    rows = StaffAssignment._base_manager.filter(staff=staff, ended_at=None)
    return rows.values("tenant_id")
