"""Reading the audit log of a tenant, newest first. Call inside the tenant's scope."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tenants import scope
from tenants.models import AuditEntry, User
from tenants.moments import moment_of

HIDDEN = "(hidden)"
SYSTEM = "system"
"""In the place of a person: what Clarity Connect did by itself, or a command did."""

_SECRET = re.compile(
    r"secret|token|passw|credential|api_?key|private_?key|authori[sz]ation|cookie", re.I
)
_CHUNK = 500
LATELY = 10_000


@dataclass(frozen=True)
class Asked:
    """What the log is narrowed to; empty is everything. `until` is the first moment left out."""

    person: str = ""
    action: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Cursor:
    """The entry after which a page begins."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"

    @staticmethod
    def parse(text: str) -> Cursor | None:
        """None when it is no cursor."""
        at, _, id = text.partition("_")
        try:
            moment, number = moment_of(at), int(id)
        except ValueError:
            return None
        return Cursor(moment, number) if 0 <= number < 2**63 else None


def entries(asked: Asked, *, after: Cursor | None = None, limit: int = 50) -> Sequence[AuditEntry]:
    """One page; `after` is the last entry of the page before."""
    rows = AuditEntry.objects.filter(_match(asked)).select_related("actor")
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, id__lt=after.id), at__lte=after.at)
    return list(rows.order_by("-at", "-id")[:limit])


def all_entries(asked: Asked, *, tenant_id: UUID) -> Iterator[AuditEntry]:
    """Every entry, read in pieces; call outside any scope. What is added meanwhile is left out."""
    after: Cursor | None = None
    while True:
        with scope.tenant(tenant_id):
            piece = entries(asked, after=after, limit=_CHUNK)
        yield from piece
        if len(piece) < _CHUNK:
            return
        after = cursor_of(piece[-1])


def cursor_of(entry: AuditEntry) -> Cursor:
    return Cursor(entry.at, entry.pk)


def people() -> Sequence[User]:
    """Everyone who did something lately, by e-mail address."""
    ids = _lately().exclude(actor_id=None).order_by().values_list("actor_id", flat=True)
    return list(User.objects.filter(pk__in=list(ids.distinct())).order_by("email"))


def actions() -> Sequence[str]:
    """Every action that occurs lately."""
    return list(_lately().order_by("action").values_list("action", flat=True).distinct())


def _lately() -> QuerySet[AuditEntry]:
    """The newest LATELY entries: a choice is offered on every page, and a log may be very long."""
    newest = AuditEntry.objects.order_by("-at", "-id").values_list("at", flat=True)
    first = list(newest[LATELY - 1 : LATELY])
    return AuditEntry.objects.filter(at__gte=first[0]) if first else AuditEntry.objects.all()


def masked(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values with whatever its name calls a secret hidden, at any depth."""
    return {
        str(name): HIDDEN if _SECRET.search(str(name)) and value else _masked(value)
        for name, value in (values or {}).items()
    }


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list):
        return [_masked(one) for one in value]
    return value


def _match(asked: Asked) -> Q:
    match = Q()
    if asked.person == SYSTEM:
        match &= Q(actor_id=None)
    elif asked.person:
        match &= Q(actor_id=asked.person)
    for name, value in (("action", asked.action), ("object_id", asked.object_id)):
        if value:
            match &= Q(**{name: value})
    if asked.since is not None:
        match &= Q(at__gte=asked.since)
    if asked.until is not None:
        match &= Q(at__lt=asked.until)
    return match
