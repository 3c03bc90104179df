"""Acting on behalf: one of our people uses a tenant's own pages for a while, as an admin.

They say why and for how long, the tenant's pages show it to every member, each entry of its audit log
made meanwhile bears the deputation, and an owner can end it or forbid all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tenants import scope
from tenants.models import Deputation, Membership, Role, StaffAssignment, Tenant, User
from tenants.services import audit, staff, staff_door
from tenants.services.permissions import OWNERS
from tenants.services.staff import May

MINUTES = (15, 30, 60)


class CannotStandIn(ValueError):
    """Nobody can act on this tenant's behalf now; the message says why and what to do."""


class OwnerNeeded(PermissionError):
    """Only an owner of the account says who of Clarity Connect may act on its behalf."""


@dataclass(frozen=True)
class Held:
    """A deputation that runs, with the tenant it is for."""

    deputation: Deputation
    tenant: Tenant

    def as_member(self) -> Membership:
        """What the tenant's pages take for a membership: an admin's. No row of it exists, so whatever
        asks the members of the tenant for it finds none."""
        return Membership(tenant=self.tenant, user=self.deputation.staff, role=Role.ADMIN)


def begin(person: User, slug: str, *, minutes: int, reason: str, now: datetime) -> Held:
    """Lets a staff member in, from now on; one that runs already is given back as it is.

    Call outside any scope. Raises NotAllowed, NotAssigned, ReasonNeeded, CannotStandIn.
    """
    why = staff.said_why(reason)
    if minutes not in MINUTES:
        raise CannotStandIn(
            f"Choose {', '.join(str(one) for one in MINUTES[:-1])} or {MINUTES[-1]}."
        )
    tenant = staff_door.admitted(person, slug, May.ACT)
    with scope.tenant(tenant.pk):
        # Held until the end of the transaction: of two clicks the second finds the first one's row.
        account = Tenant.objects.select_for_update().get(pk=tenant.pk)
        _refuse(account, person)
        open_ones = Deputation.objects.filter(staff=person, ended_at=None)
        running = open_ones.filter(ends_at__gt=now).select_related("staff").first()
        if running is not None:
            return Held(running, account)
        open_ones.update(ended_at=now)
        made = Deputation.objects.create(
            staff=person, reason=why, begun_at=now, ends_at=now + timedelta(minutes=minutes)
        )
        audit.record(
            action="deputation.begun",
            object_type="Deputation",
            object_id=made.pk,
            actor=person,
            after={"staff": person.email, "minutes": minutes},
            reason=why,
        )
    return Held(made, account)


def _refuse(account: Tenant, person: User) -> None:
    if account.erasing_since is not None:
        raise CannotStandIn(f"{account.name} is being erased.")
    if not account.lets_deputies_in:
        raise CannotStandIn(
            f"An owner of {account.name} has forbidden it. Ask them to allow it on their page"
            " Settings, Support access."
        )
    if Membership.objects.filter(user=person).exists():
        raise CannotStandIn(f"You are a member of {account.name} yourself. Use its pages as such.")


def held(person: User, deputation_id: UUID, *, now: datetime) -> Held | None:
    """The deputation, as long as it runs and its holder may act at that tenant; else None.

    PostgreSQL shows none that ended. Call outside any scope.
    """
    if not staff.may(person, May.ACT):
        return None
    with scope.user(person.pk):
        # `objects` would want a tenant; row-level security shows a staff member's own.
        rows = Deputation._base_manager.filter(
            pk=deputation_id, staff=person, ended_at=None, ends_at__gt=now
        )
        mine = StaffAssignment._base_manager.filter(staff=person, ended_at=None)
        found = rows.filter(tenant_id__in=mine.values("tenant_id")).select_related("tenant")
        row = found.first()
    if row is None or not row.tenant.lets_deputies_in or row.tenant.erasing_since is not None:
        return None
    row.staff = person
    return Held(row, row.tenant)


def give_up(person: User, deputation_id: UUID, *, now: datetime) -> bool:
    """Ends what `person` holds there, whether or not they may still use it; False when it had ended.

    Call outside any scope.
    """
    with scope.user(person.pk):
        rows = Deputation._base_manager.filter(pk=deputation_id, staff=person, ended_at=None)
        tenant_id = rows.values_list("tenant_id", flat=True).first()
    if tenant_id is None:
        return False
    with scope.tenant(tenant_id):
        return end(deputation_id, actor=person, now=now)


def end(deputation_id: UUID, *, actor: User, now: datetime) -> bool:
    """Ends one before its time; False when it had ended. Call inside the tenant's scope.

    The caller has asked whether `actor` may: its holder, or an owner.
    """
    rows = Deputation.objects.filter(pk=deputation_id, ended_at=None, ends_at__gt=now)
    if not rows.update(ended_at=now, ended_by=actor):
        return False
    row = Deputation.objects.select_related("staff").get(pk=deputation_id)
    audit.record(
        action="deputation.ended",
        object_type="Deputation",
        object_id=deputation_id,
        actor=actor,
        after={"staff": row.staff.email},
    )
    return True


def end_as_owner(deputation_id: UUID, *, by: Membership, now: datetime) -> bool:
    """An owner sends our staff out. Call inside the tenant's scope. Raises OwnerNeeded."""
    _owner(by)
    return end(deputation_id, actor=by.user, now=now)


def let_in(allowed: bool, *, by: Membership, now: datetime) -> bool:
    """An owner allows or forbids it; forbidding ends what runs. False when nothing changes.

    Call inside the tenant's scope. Raises OwnerNeeded.
    """
    _owner(by)
    tenant = Tenant.objects.select_for_update().get(pk=by.tenant_id)
    if tenant.lets_deputies_in == allowed:
        return False
    tenant.settings = {**tenant.settings, "lets_deputies_in": allowed}
    tenant.save(update_fields=["settings"])
    audit.record(
        action="deputation.allowed" if allowed else "deputation.forbidden",
        object_type="Tenant",
        object_id=tenant.pk,
        actor=by.user,
    )
    if not allowed:
        for row in running(now=now):
            end(row.pk, actor=by.user, now=now)
    return True


def _owner(by: Membership) -> None:
    """Asked anew of the rows: a deputy has none."""
    role = Membership.objects.filter(pk=by.pk).values_list("role", flat=True).first()
    if role not in OWNERS:
        raise OwnerNeeded(OwnerNeeded.__doc__)


def running(*, now: datetime) -> Sequence[Deputation]:
    """Those that run in the tenant in scope, the newest first."""
    rows = Deputation.objects.filter(ended_at=None, ends_at__gt=now).select_related("staff")
    return list(rows.order_by("-begun_at", "pk"))


def past(*, now: datetime, limit: int) -> Sequence[Deputation]:
    """The latest of those that are over in the tenant in scope."""
    rows = Deputation.objects.exclude(ended_at=None, ends_at__gt=now)
    found = rows.select_related("staff", "ended_by").order_by("-begun_at", "pk")
    return list(found[:limit])
