"""The work list of our people: tenants by how urgent they are. What is urgent, integrations says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from tenants import scope
from tenants.models import GroupMember, StaffAssignment, Standing, Tenant, User
from tenants.moments import moment_of
from tenants.services import snoozing, staff
from tenants.services.staff import May


@dataclass(frozen=True)
class Trouble:
    """Something that keeps a tenant from being well. `about` is the id of what it concerns; `mark`
    is another one when it is not the same trouble any more, though about the same thing. `act` is the
    id of what its one button acts on, where that is not `about`."""

    kind: str
    urgency: int
    about: str
    said: str
    since: datetime
    mark: str = ""
    act: str = ""


class Place(NamedTuple):
    """The line after which a page begins."""

    urgency: int
    since: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.urgency}_{self.since.isoformat()}_{self.pk}"

    @staticmethod
    def parse(text: str) -> Place | None:
        """None when it is no place."""
        parts = text.split("_")
        try:
            place = Place(int(parts[0]), moment_of(parts[1]), int(parts[2]))
        except (IndexError, ValueError):
            return None
        fits = 0 <= place.urgency < 2**15 and 0 <= place.pk < 2**63
        return place if fits else None


def steps() -> Mapping[str, Any]:
    """What was kept of open onboardings at the last look. Call inside the tenant's scope."""
    found = Standing.objects.values_list("steps", flat=True).first()
    return found or {}


def keep(troubles: Sequence[Trouble], *, steps: Mapping[str, Any], now: datetime) -> Standing:
    """Writes down how the tenant in scope stands. May be called again, and by two at once.

    What is left alone until a day comes last, and does not make the tenant urgent.
    """
    alone = {(one.kind, one.about): one for one in snoozing.running(now=now)}
    kept = []
    for one in troubles:
        left = alone.get((one.kind, one.about))
        kept.append((one, left if left is not None and left.mark == one.mark else None))
    kept.sort(key=lambda pair: (pair[1] is not None, -pair[0].urgency, pair[0].since))
    worst = kept[0][0] if kept and kept[0][1] is None else None
    row: Standing
    row, _ = Standing.objects.update_or_create(
        defaults={
            "urgency": worst.urgency if worst else 0,
            "since": worst.since if worst else now,
            "troubles": [
                {
                    "kind": one.kind,
                    "about": one.about,
                    "said": one.said,
                    "since": one.since.isoformat(),
                    "mark": one.mark,
                    "act": one.act,
                    "is_alone": left is not None,
                    "until": left.until.isoformat() if left else "",
                }
                for one, left in kept
            ],
            "steps": dict(steps),
            "looked_at": now,
        }
    )
    return row


@dataclass(frozen=True)
class Narrowed:
    """What the list is narrowed to: accounts with a trouble of these kinds, with a part of this name in
    theirs, of this group, or those with troubles that are left alone."""

    kinds: tuple[str, ...] = ()
    named: str = ""
    is_alone: bool = False
    group_id: int | None = None


def work_list(
    person: User,
    *,
    after: Place | None = None,
    limit: int = 50,
    narrowed: Narrowed = Narrowed(),
) -> Sequence[Standing]:
    """Standings of the tenants a staff member looks after, the most urgent and then the oldest first.

    PostgreSQL shows no other tenant's. One query however many tenants there are. Call outside any
    scope. Raises NotAllowed.
    """
    if not staff.may(person, May.BILL):
        staff.refuse_unless(person, May.LOOK)
    with scope.user(person.pk):
        # `objects` would want a tenant; row-level security shows those that are assigned.
        mine = StaffAssignment._base_manager.filter(staff=person, ended_at=None)
        rows = Standing._base_manager.filter(tenant_id__in=mine.values("tenant_id"))
        rows = _narrow(rows, narrowed)
        if after is not None:
            rows = rows.filter(
                Q(urgency__lt=after.urgency)
                | Q(urgency=after.urgency, since__gt=after.since)
                | Q(urgency=after.urgency, since=after.since, pk__gt=after.pk)
            )
        found = rows.select_related("tenant").filter(tenant__erasing_since=None)
        return list(found.order_by("-urgency", "since", "pk")[:limit])


def _narrow(rows: QuerySet[Any], narrowed: Narrowed) -> QuerySet[Any]:
    if narrowed.named:
        rows = rows.filter(
            Q(tenant__name__icontains=narrowed.named) | Q(tenant__slug__icontains=narrowed.named)
        )
    if narrowed.group_id is not None:
        inside = GroupMember._base_manager.filter(group_id=narrowed.group_id)
        rows = rows.filter(tenant_id__in=inside.values("tenant_id"))
    if narrowed.kinds:
        fits = Q()
        for kind in narrowed.kinds:
            fits |= Q(troubles__contains=[{"kind": kind, "is_alone": narrowed.is_alone}])
        return rows.filter(fits)
    if narrowed.is_alone:
        return rows.filter(troubles__contains=[{"is_alone": True}])
    return rows.filter(urgency__gt=0)


def place_of(row: Standing) -> Place:
    return Place(row.urgency, row.since, row.pk)


def to_look_at(*, limit: int) -> Sequence[Any]:
    """Ids of tenants, the one that was not looked at for longest first. Call outside any scope."""
    with scope.door("tenants whose standing is looked at"):
        looked = dict(Standing.objects.values_list("tenant_id", "looked_at"))
        ids = Tenant.objects.filter(erasing_since=None).order_by("created_at", "pk")
        every = list(ids.values_list("pk", flat=True))
    never = [pk for pk in every if pk not in looked]
    seen = sorted((pk for pk in every if pk in looked), key=lambda pk: looked[pk])
    return [*never, *seen][:limit]
