"""The members of a tenant: who they are, their roles, and leaving. Call inside the tenant's scope.

Three rules, whatever page or call asks: a tenant always has an owner, only owners make, change or
remove owners, and nobody raises themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from tenants.models import Membership, Role
from tenants.services import audit
from tenants.services.permissions import may_grant


class NotAllowed(Exception):
    """This change of a member is refused; the message says why and who can do it."""


def members() -> Sequence[Membership]:
    """Owners first, then by role and e-mail address."""
    order = {role: place for place, role in enumerate(Role)}
    found = Membership.objects.select_related("user")
    return sorted(found, key=lambda row: (order[Role(row.role)], row.user.email))


def member(membership_id: int) -> Membership | None:
    found: Membership | None = (
        Membership.objects.filter(pk=membership_id).select_related("user").first()
    )
    return found


def change_role(*, target: Membership, role: str, by: Membership) -> bool:
    """Gives the member another role; False when they have it already. Raises NotAllowed."""
    if role not in Role.values:
        raise NotAllowed(f"There is no role “{role}”. Choose one from the list.")
    locked = _locked(target)
    if locked is None:
        raise NotAllowed(f"{target.user.email} is no longer a member.")
    if locked.role == role:
        return False
    _refuse_unless(by, locked.role, role)
    if locked.role == Role.OWNER:
        _refuse_last_owner(locked)
    before, locked.role = locked.role, role
    locked.save(update_fields=["role"])
    audit.record(
        action="member.role_changed",
        object_type="Membership",
        object_id=locked.pk,
        actor=by.user,
        before={"member": locked.user.email, "role": before},
        after={"member": locked.user.email, "role": role},
    )
    return True


def remove(*, target: Membership, by: Membership) -> bool:
    """Ends a membership, at once; False when it had ended. Raises NotAllowed."""
    locked = _locked(target)
    if locked is None:
        return False
    is_leaving = locked.user_id == by.user_id
    if not is_leaving:
        _refuse_unless(by, locked.role)
    if locked.role == Role.OWNER:
        _refuse_last_owner(locked)
    audit.record(
        action="member.left" if is_leaving else "member.removed",
        object_type="Membership",
        object_id=locked.pk,
        actor=by.user,
        before={"member": locked.user.email, "role": locked.role},
    )
    locked.delete()
    return True


def _locked(target: Membership) -> Membership | None:
    """The row as it is now. All owners are locked with it, so that two cannot step down at once."""
    list(Membership.objects.select_for_update().filter(role=Role.OWNER).order_by("pk"))
    found: Membership | None = (
        Membership.objects.select_for_update(of=("self",))
        .filter(pk=target.pk)
        .select_related("user")
        .first()
    )
    return found


def _refuse_unless(by: Membership, *roles: str) -> None:
    """What the asking member may do is read anew: their own role may have changed meanwhile."""
    now = Membership.objects.filter(pk=by.pk).values_list("role", flat=True).first()
    if now is None or not may_grant(Role.VIEWER, by=now):
        raise NotAllowed("Only owners and admins change members. Ask one of them.")
    if not all(may_grant(role, by=now) for role in roles):
        raise NotAllowed("Only an owner makes, changes or removes owners. Ask one of them.")


def _refuse_last_owner(owner: Membership) -> None:
    others = Membership.objects.filter(role=Role.OWNER).exclude(pk=owner.pk)
    if not others.exists():
        raise NotAllowed(
            f"{owner.user.email} is the only owner, and an account needs one. "
            "Make someone else an owner first."
        )
