"""The one way of our people into a tenant's data. Nothing else in the admin opens a tenant's scope.

Who asks must have the role and be assigned; that they looked, or acted, is in the tenant's own audit
log; and what they then see is what PostgreSQL shows inside `scope.tenant`: this tenant's rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from tenants import log_context, scope
from tenants.models import StaffNote, Tenant, User
from tenants.services import audit, staff
from tenants.services.staff import May


class NotAssigned(LookupError):
    """There is no such tenant, or the staff member does not look after it: nobody is told which."""


@contextlib.contextmanager
def looking(person: User, slug: str, *, at: str) -> Iterator[Tenant]:
    """The scope of an assigned tenant, to read in. `at` names what is looked at, for the audit log.

    The entry is committed before anything is shown, so looking and then failing leaves a trace. Call
    outside any scope. Raises NotAllowed, NotAssigned.
    """
    tenant = admitted(person, slug, May.LOOK)
    with scope.tenant(tenant.pk):
        audit.record(
            action="staff.looked",
            object_type="Tenant",
            object_id=tenant.pk,
            actor=person,
            after={"at": at},
        )
    with scope.tenant(tenant.pk):
        yield tenant


@contextlib.contextmanager
def acting(person: User, slug: str, *, act: str, reason: str, about: str = "") -> Iterator[Tenant]:
    """The scope of an assigned tenant, to change something in, for a reason that is kept.

    The entry and what is done commit together; the service that does it writes its own as well, with
    the same person. Call outside any scope. Raises NotAllowed, NotAssigned, ReasonNeeded.
    """
    tenant = admitted(person, slug, May.ACT)
    why = staff.said_why(reason)
    with scope.tenant(tenant.pk):
        _acted(tenant, person, act=act, reason=why, about=about)
        yield tenant


def admitted(person: User, slug: str, what: May) -> Tenant:
    """The tenant, without looking into it. Raises NotAllowed, NotAssigned."""
    staff.refuse_unless(person, what)
    tenant = staff.assigned_tenant(person, slug)
    if tenant is None:
        raise NotAssigned(NotAssigned.__doc__)
    log_context.add(tenant_id=tenant.pk)
    return tenant


def write_note(person: User, slug: str, *, text: str, form_id: UUID, now: datetime) -> bool:
    """Adds a note on a tenant; False when this form was sent before. Call outside any scope.

    Raises NotAllowed, NotAssigned, ValueError without a text.
    """
    kept = note_text(text)
    tenant = admitted(person, slug, May.ACT)
    with scope.tenant(tenant.pk):
        is_new = keep_note(person, text=kept, form_id=form_id, now=now)
        if is_new:
            _acted(tenant, person, act="note", reason="", about="")
    return is_new


def note_text(text: str) -> str:
    """The text as it is kept. Raises ValueError when there is none, or too much."""
    kept = text.replace("\x00", "").strip()
    if not kept or len(kept) > 4000:
        raise ValueError("Write a note of 1 to 4,000 characters.")
    return kept


def keep_note(person: User, *, text: str, form_id: UUID, now: datetime) -> bool:
    """Adds a note on the tenant in scope; False when this form was sent before."""
    _, is_new = StaffNote.objects.get_or_create(
        form_id=form_id, defaults={"text": text, "author": person, "created_at": now}
    )
    return bool(is_new)


def notes(*, limit: int = 20) -> list[Any]:
    """The newest notes. Call inside the tenant's scope."""
    rows = StaffNote.objects.select_related("author")
    return list(rows.order_by("-created_at", "-id")[:limit])


def _acted(tenant: Tenant, person: User, *, act: str, reason: str, about: str) -> None:
    audit.record(
        action="staff.acted",
        object_type="Tenant",
        object_id=tenant.pk,
        actor=person,
        after={"act": act, **({"about": about} if about else {})},
        reason=reason,
    )
