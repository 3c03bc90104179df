"""The audit log: who did what, when, and what it was before. Owners and admins export it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from clarity.web.access import ADMINS, OPERATORS, may_administer, member_required, signed_in
from clarity.web.audit import words
from clarity.web.csv_cells import csv_stream, safe_row
from clarity.web.fragments import whole_page
from tenants import scope
from tenants.models import AuditEntry, Membership
from tenants.services import audit, audit_log
from tenants.services.audit_log import SYSTEM, Asked, Cursor

ROWS = 50
COLUMNS = (
    "at",
    "person",
    "action",
    "what",
    "object",
    "id",
    "before",
    "after",
    "reason",
    "on_behalf",
)
_LONGEST = 300
# What only our own rows need to know; the exported table has it.
_UNSAID = frozenset({"cause"})


@dataclass(frozen=True)
class Change:
    """One field of an entry, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One entry of the page."""

    entry: AuditEntry
    what: str
    thing: str
    page: str
    changes: Sequence[Change]


@require_safe
@member_required(*OPERATORS)
def audit_log_page(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Newest first, narrowed by person, action, day and object; a cursor leads to older ones."""
    asked, typed = _asked(request)
    after = Cursor.parse(request.GET.get("after", ""))
    with scope.tenant(membership.tenant_id):
        found = audit_log.entries(asked, after=after, limit=ROWS + 1)
        people, actions = audit_log.people(), audit_log.actions()
    shown = found[:ROWS]
    kept = urlencode({name: value for name, value in typed.items() if value})
    context = {
        "tenant": membership.tenant,
        "membership": membership,
        "section": "settings",
        "settings_section": "audit",
        "lines": [line(entry, slug=membership.tenant.slug) for entry in shown],
        "people": people,
        "actions": sorted((words.action_words(one), one) for one in actions),
        "asked": typed,
        "kept": kept,
        "is_narrowed": bool(kept),
        "is_newest": after is None,
        "older": str(audit_log.cursor_of(shown[-1])) if len(found) > ROWS else "",
        "may_export": may_administer(membership),
    }
    return whole_page(request, "audit/log.html", context)


@require_GET
@member_required(*ADMINS)
def export(request: HttpRequest, membership: Membership) -> HttpResponseBase:
    """The same entries as a table file; that it was taken is itself an entry."""
    asked, typed = _asked(request)
    with scope.tenant(membership.tenant_id):
        audit.record(
            action="audit.exported",
            object_type="Tenant",
            object_id=membership.tenant_id,
            actor=signed_in(request),
            after={name: value for name, value in typed.items() if value} or None,
        )
    name = f"audit-{membership.tenant.slug}-{timezone.localdate()}.csv"
    return csv_stream(_table(asked, membership.tenant_id), name=name)


def line(entry: AuditEntry, *, slug: str) -> Line:
    """An entry in words, its secrets hidden."""
    before, after = audit_log.masked(entry.before), audit_log.masked(entry.after)
    names = [
        name
        for name in (*before, *(name for name in after if name not in before))
        if name not in _UNSAID
    ]
    changes = [
        Change(
            name.replace("_", " "),
            _short(before.get(name)) if name in before else "",
            _short(after.get(name)) if name in after else "",
        )
        for name in names
    ]
    return Line(
        entry,
        words.action_words(entry.action),
        words.object_words(entry.object_type),
        words.object_page(entry.object_type, entry.object_id, slug=slug),
        changes,
    )


def _short(value: Any) -> str:
    text = words.said(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _table(asked: Asked, tenant_id: UUID) -> Iterator[str]:
    yield _written(COLUMNS)
    for entry in audit_log.all_entries(asked, tenant_id=tenant_id):
        yield _written(
            (
                entry.at.isoformat(),
                entry.actor.email if entry.actor else "",
                entry.action,
                words.action_words(entry.action),
                words.object_words(entry.object_type),
                entry.object_id,
                _as_json(entry.before),
                _as_json(entry.after),
                entry.reason,
                "yes" if entry.deputation_id else "",
            )
        )


def _as_json(values: Any) -> str:
    return json.dumps(audit_log.masked(values), ensure_ascii=False) if values else ""


def _written(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(safe_row(cells))
    return out.getvalue()


def _asked(request: HttpRequest) -> tuple[Asked, dict[str, str]]:
    """What the log is narrowed to, and the same as it was typed; nonsense narrows nothing."""
    typed = {
        name: request.GET.get(name, "").replace("\x00", "").strip()[:200]
        for name in ("person", "action", "object", "since", "until")
    }
    if typed["person"] != SYSTEM:
        typed["person"] = _id(typed["person"])
    since, until = _day(typed["since"]), _day(typed["until"])
    typed["since"] = since.isoformat() if since else ""
    typed["until"] = until.isoformat() if until else ""
    asked = Asked(
        person=typed["person"],
        action=typed["action"],
        object_id=typed["object"],
        since=_begins(since) if since else None,
        until=_begins(until + timedelta(days=1)) if until else None,
    )
    return asked, typed


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def _begins(day: date) -> datetime:
    """The first moment of the day in the tenant's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))
