"""Groups of tenants. Their names are for all our people; who is in one, only for who looks after it.

Every function is called outside any scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import Count, Q, QuerySet

from tenants import scope
from tenants.models import GroupMember, StaffAssignment, Tenant, TenantGroup, User
from tenants.services import audit, staff
from tenants.services.staff import May
from tenants.services.staff_door import admitted

LONGEST_NAME = 80
# A group belongs to no tenant, so what becomes of it stands in the log of the installation.
_NOTED = "note what became of a group of accounts"


class BadGroup(ValueError):
    """The group cannot be so; the message says why."""


def create(*, name: str, by: User) -> TenantGroup:
    """A group without tenants. Raises NotAllowed, BadGroup."""
    staff.refuse_unless(by, May.ACT)
    return _named(TenantGroup(created_by=by), name, by)


def rename(*, group: TenantGroup, name: str, by: User) -> TenantGroup:
    """Raises NotAllowed, BadGroup."""
    staff.refuse_unless(by, May.ACT)
    return _named(group, name, by)


def delete(*, group: TenantGroup, by: User) -> None:
    """Deletes a group that nobody is in. Raises NotAllowed, BadGroup."""
    staff.refuse_unless(by, May.ACT)
    try:
        with scope.door(_NOTED), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            gone, _ = TenantGroup.objects.filter(pk=group.pk).delete()
            if gone:
                _tell("group.deleted", group, by)
    except IntegrityError:
        raise BadGroup(
            f"There are still accounts in {group.name}. Take them out first; those you do not see"
            " are looked after by colleagues."
        ) from None


def every(*, after: str = "", limit: int = 50) -> Sequence[TenantGroup]:
    """Groups by name; `after` is the name of the last one before."""
    return list(TenantGroup.objects.filter(name__gt=after).order_by("name")[:limit])


def sizes(person: User, groups: Sequence[TenantGroup]) -> Mapping[int, int]:
    """How many of the person's own tenants are in each of these groups."""
    with scope.user(person.pk):
        rows = _members_seen(person).filter(group__in=groups).values("group_id")
        counted = rows.annotate(count=Count("pk")).values_list("group_id", "count")
        return dict(counted)


def members(
    person: User,
    group: TenantGroup,
    *,
    named: str = "",
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> Sequence[Tenant]:
    """The person's own tenants in the group, by name; `after`: name and id of the last one before."""
    with scope.user(person.pk):
        inside = _members_seen(person).filter(group=group).values("tenant_id")
        rows = Tenant.objects.filter(pk__in=inside, erasing_since=None)
        if named:
            rows = rows.filter(Q(name__icontains=named) | Q(slug__icontains=named))
        if after is not None:
            name, pk = after
            rows = rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk))
        return list(rows.order_by("name", "pk")[:limit])


def add(*, person: User, slug: str, group: TenantGroup) -> bool:
    """Puts a tenant into the group; False when it is in already. Raises NotAllowed, NotAssigned."""
    tenant = admitted(person, slug, May.ACT)
    with scope.tenant(tenant.pk):
        return put_in(group, actor=person)


def put_in(group: TenantGroup, *, actor: User) -> bool:
    """Puts the tenant in scope into the group; False when it is in already."""
    _, is_new = GroupMember.objects.get_or_create(group=group)
    if is_new:
        _tell("staff.grouped", group, actor)
    return bool(is_new)


def remove(*, person: User, slug: str, group: TenantGroup) -> bool:
    """Takes a tenant out; False when it is not in. Raises NotAllowed, NotAssigned."""
    tenant = admitted(person, slug, May.ACT)
    with scope.tenant(tenant.pk):
        gone, _ = GroupMember.objects.filter(group=group).delete()
        if gone:
            _tell("staff.ungrouped", group, person)
    return bool(gone)


def _named(group: TenantGroup, name: str, by: User) -> TenantGroup:
    said = " ".join(name.replace("\x00", "").split())
    if not said:
        raise BadGroup("Enter a name.")
    if len(said) > LONGEST_NAME:
        raise BadGroup(f"The name has {len(said)} characters; at most {LONGEST_NAME} are kept.")
    before, action = group.name, "group.renamed" if group.pk else "group.created"
    group.name = said
    try:
        with scope.door(_NOTED):
            group.save()
            if before != said:
                _tell(action, group, by, before=before)
    except IntegrityError:
        raise BadGroup(f"There is a group called {said} already.") from None
    return group


def _members_seen(person: User) -> QuerySet[GroupMember, Any]:
    """`objects` would want a tenant; row-level security shows those of assigned tenants."""
    mine = StaffAssignment._base_manager.filter(staff=person, ended_at=None)
    rows: QuerySet[GroupMember, Any] = GroupMember._base_manager.filter(
        tenant_id__in=mine.values("tenant_id")
    )
    return rows


def _tell(action: str, group: TenantGroup, actor: User, *, before: str = "") -> None:
    audit.record(
        action=action,
        object_type="TenantGroup",
        object_id=group.pk,
        actor=actor,
        before={"group": before} if before else None,
        after={"group": group.name},
    )
