"""Announcements: made by our people, shown to members of the tenants they reach, dismissed by each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from tenants import scope
from tenants.models import (
    Announcement,
    AnnouncementDismissal,
    AnnouncementPost,
    Severity,
    StaffAssignment,
    User,
)
from tenants.services import audit, staff
from tenants.services.staff import May, NotAllowed

LONGEST = 500
LONGEST_TIME = timedelta(days=90)
# A page shows so many at once; the most urgent come first.
AT_ONCE = 3

_URGENT_FIRST = Case(
    When(severity=Severity.URGENT, then=Value(0)),
    When(severity=Severity.WARNING, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


class BadAnnouncement(ValueError):
    """It cannot be announced so; `field` names what was entered wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Wanted:
    """What a person wants to announce. Times are aware."""

    text: str
    severity: str
    begins_at: datetime
    ends_at: datetime


def checked(wanted: Wanted, *, now: datetime) -> Wanted:
    """The same as it would be kept. Raises BadAnnouncement."""
    text = " ".join(wanted.text.replace("\x00", "").split())
    if not text:
        raise BadAnnouncement("Write what is to be said.", field="text")
    if len(text) > LONGEST:
        raise BadAnnouncement(
            f"The text has {len(text)} characters; at most {LONGEST} are shown.", field="text"
        )
    if wanted.severity not in Severity.values:
        raise BadAnnouncement("Choose how urgent it is.", field="severity")
    if wanted.ends_at <= wanted.begins_at:
        raise BadAnnouncement("It has to end after it begins.", field="ends")
    if wanted.ends_at <= now:
        raise BadAnnouncement("It would be over already. Choose a later end.", field="ends")
    if wanted.ends_at - wanted.begins_at > LONGEST_TIME:
        raise BadAnnouncement(
            f"It would be shown for more than {LONGEST_TIME.days} days. Choose an earlier end.",
            field="ends",
        )
    return Wanted(text, wanted.severity, wanted.begins_at, wanted.ends_at)


def make(
    wanted: Wanted, *, form_id: UUID, meant_for: str, by: User, now: datetime
) -> tuple[Announcement, bool]:
    """The announcement of this form, and whether it is new; it reaches nobody before `post`.

    Call outside any scope. Raises NotAllowed, BadAnnouncement.
    """
    staff.refuse_unless(by, May.ACT)
    return _made(wanted, form_id=form_id, meant_for=meant_for, by=by, now=now, is_for_all=False)


def make_for_all(
    wanted: Wanted, *, form_id: UUID, by: User, reason: str, now: datetime
) -> tuple[Announcement, bool]:
    """The same for every account, those that are made later as well. For superusers.

    Call outside any scope. Raises NotAllowed, ReasonNeeded, BadAnnouncement.
    """
    if not staff.may(by, May.GOVERN):
        raise NotAllowed("Only a superuser announces something to accounts they do not look after.")
    why = staff.said_why(reason)
    with scope.door("announce something to all accounts", actor=by):
        made, is_new = _made(
            wanted, form_id=form_id, meant_for="all accounts", by=by, now=now, is_for_all=True
        )
        if is_new:
            _tell("announcement.posted", made, actor=by, reason=why)
    return made, is_new


def post(announcement: Announcement, *, actor: User) -> bool:
    """Lets it reach the tenant in scope; False when it does already."""
    _, is_new = AnnouncementPost.objects.get_or_create(announcement=announcement)
    if is_new:
        _tell("announcement.posted", announcement, actor=actor)
    return bool(is_new)


def end(*, announcement: Announcement, by: User, now: datetime) -> bool:
    """Ends it now, everywhere; False when it is over. Only its author and superusers may.

    Told in the log of the platform, since it may reach accounts its ender does not look after. Call
    outside any scope. Raises NotAllowed.
    """
    staff.refuse_unless(by, May.ACT)
    if announcement.author_id != by.pk and not staff.may(by, May.GOVERN):
        raise NotAllowed("Only who announced it and superusers can end it.")
    with scope.door("end an announcement", actor=by):
        ended = Announcement.objects.filter(
            pk=announcement.pk, ended_at=None, ends_at__gt=now
        ).update(ended_at=now, ended_by=by)
        if ended:
            _tell("announcement.ended", announcement, actor=by)
    return bool(ended)


def shown(*, tenant_id: UUID, person: User, now: datetime) -> Sequence[Announcement]:
    """What this person has not dismissed of what reaches the tenant now, the most urgent first.

    One query while nothing is announced. Call outside any scope, or inside this tenant's.
    """
    dismissed = AnnouncementDismissal.objects.filter(announcement=OuterRef("pk"), person=person)
    rows = _running(now).filter(~Exists(dismissed)).order_by(_URGENT_FIRST, "-begins_at", "-pk")
    # Every one that runs: those of other tenants must not push this tenant's out.
    found = list(rows.values_list("pk", "is_for_all"))
    for_some = [pk for pk, is_for_all in found if not is_for_all]
    reached: set[int] = set()
    if for_some:
        with scope.tenant(tenant_id):
            posts = AnnouncementPost.objects.filter(announcement_id__in=for_some)
            reached = set(posts.values_list("announcement_id", flat=True))
    wanted = [pk for pk, is_for_all in found if is_for_all or pk in reached][:AT_ONCE]
    by_id = Announcement.objects.in_bulk(wanted) if wanted else {}
    return [by_id[pk] for pk in wanted if pk in by_id]


def dismiss(*, announcement_id: int, tenant_id: UUID, person: User) -> bool:
    """The person wants it no more; False when nothing of this number reaches the tenant.

    May be repeated. Call outside any scope, or inside this tenant's.
    """
    found = Announcement.objects.filter(pk=announcement_id).first()
    if found is None:
        return False
    if not found.is_for_all:
        with scope.tenant(tenant_id):
            if not AnnouncementPost.objects.filter(announcement=found).exists():
                return False
    AnnouncementDismissal.objects.get_or_create(announcement=found, person=person)
    return True


def history(*, before: int | None = None, limit: int = 50) -> Sequence[Announcement]:
    """All of them, the newest first; `before` is the number of the last one on the page before."""
    rows = Announcement.objects.select_related("author", "ended_by")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = rows.annotate(dismissed=Count("dismissals")).order_by("-pk")
    return list(found[:limit])


def find(announcement_id: int) -> Announcement | None:
    """The announcement with how many people dismissed it, as `dismissed`."""
    rows = Announcement.objects.select_related("author", "ended_by")
    return rows.filter(pk=announcement_id).annotate(dismissed=Count("dismissals")).first()


def reached(person: User, announcement: Announcement) -> int:
    """How many of the accounts the person looks after it was posted to. Call outside any scope."""
    with scope.user(person.pk):
        mine = StaffAssignment._base_manager.filter(staff=person, ended_at=None)
        rows = AnnouncementPost._base_manager.filter(
            announcement=announcement, tenant_id__in=mine.values("tenant_id")
        )
        return int(rows.count())


def _made(
    wanted: Wanted,
    *,
    form_id: UUID,
    meant_for: str,
    by: User,
    now: datetime,
    is_for_all: bool,
) -> tuple[Announcement, bool]:
    kept = checked(wanted, now=now)
    return Announcement.objects.get_or_create(
        form_id=form_id,
        defaults={
            "text": kept.text,
            "severity": kept.severity,
            "begins_at": kept.begins_at,
            "ends_at": kept.ends_at,
            "is_for_all": is_for_all,
            "meant_for": meant_for[:120],
            "author": by,
        },
    )


def _running(now: datetime) -> QuerySet[Announcement, Any]:
    begun = Announcement.objects.filter(begins_at__lte=now, ends_at__gt=now)
    return begun.filter(Q(ended_at=None) | Q(ended_at__gt=now))


def _tell(action: str, announcement: Announcement, *, actor: User, reason: str = "") -> None:
    audit.record(
        action=action,
        object_type="Announcement",
        object_id=announcement.pk,
        actor=actor,
        after={"text": announcement.text, "until": announcement.ends_at.isoformat()},
        reason=reason,
    )
