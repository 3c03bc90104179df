"""The one way of our people into a tenant's data. Nothing else in the admin opens a tenant's scope.

Who asks must have the role and be assigned; that they looked, or acted, is in the tenant's own audit
log; and what they then see is what PostgreSQL shows inside `scope.tenant`: this tenant's rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
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
def looking(
    person: User, slug: str, *, at: str, needs: May = May.LOOK, reason: str = ""
) -> Iterator[Tenant]:
    """The scope of an assigned tenant, to read in. `at` names what is looked at, for the audit log.
    `needs`: what the role has to include; BILL for what is billed, which finance sees alone.

    With a `reason` where what is shown is about persons. The entry is committed before anything is
    shown, so looking and then failing leaves a trace. Call outside any scope. Raises NotAllowed,
    NotAssigned.
    """
    tenant = admitted(person, slug, needs)
    with scope.tenant(tenant.pk):
        _looked(tenant, person, at=at, reason=reason)
    with scope.tenant(tenant.pk):
        yield tenant


@contextlib.contextmanager
def glancing(person: User, slug: str) -> Iterator[Tenant]:
    """The scope of an assigned tenant, for how far something has come: counts that a page opened by
    `looking` asks for anew every second, and nothing of what the tenant keeps. It is not noted again.

    Call outside any scope. Raises NotAllowed, NotAssigned.
    """
    tenant = admitted(person, slug, May.LOOK)
    with scope.tenant(tenant.pk):
        yield tenant


@contextlib.contextmanager
def acting(
    person: User, slug: str, *, act: str, reason: str, about: str = "", needs: May = May.ACT
) -> Iterator[Tenant]:
    """The scope of an assigned tenant, to change something in, for a reason that is kept.

    The entry and what is done commit together; the service that does it writes its own as well, with
    the same person. Call outside any scope. Raises NotAllowed, NotAssigned, ReasonNeeded.
    """
    tenant = _admitted_to_act(person, slug, needs)
    why = staff.said_why(reason)
    with scope.tenant(tenant.pk):
        _acted(tenant, person, act=act, reason=why, about=about)
        yield tenant


def found_at(
    person: User, tenants: Sequence[Tenant], *, is_here: Callable[[], bool], at: str
) -> list[Tenant]:
    """Those of these assigned tenants at which `is_here`, asked in the scope of each by itself.

    Where it is so, the tenant's audit log says it before anybody is told; of the others nothing was
    seen. Call outside any scope. Raises NotAllowed, NotAssigned.
    """
    staff.refuse_unless(person, May.LOOK)
    if staff.unassigned(person, [one.pk for one in tenants]):
        raise NotAssigned(NotAssigned.__doc__)
    found = []
    for tenant in tenants:
        with scope.tenant(tenant.pk):
            if is_here():
                _looked(tenant, person, at=at, reason="")
                found.append(tenant)
    return found


@contextlib.contextmanager
def beginning(
    person: User, slug: str, *, act: str, reason: str, about: str = ""
) -> Iterator[Tenant]:
    """The scope of an assigned tenant, to find what a change is about that asks the other system: no
    transaction waits for that, so it follows behind.

    That it was begun, and why, commits with leaving; the service that does it then writes down that it
    is done, with the same person. Call outside any scope. Raises NotAllowed, NotAssigned, ReasonNeeded.
    """
    tenant = _admitted_to_act(person, slug, May.ACT)
    why = staff.said_why(reason)
    with scope.tenant(tenant.pk):
        audit.record(
            action="staff.began",
            object_type="Tenant",
            object_id=tenant.pk,
            actor=person,
            after={"act": act, **({"about": about} if about else {})},
            reason=why,
        )
        yield tenant


def _admitted_to_act(person: User, slug: str, needs: May) -> Tenant:
    """Of a tenant that is being erased nothing is set going any more; its own members cannot either."""
    tenant = admitted(person, slug, needs)
    if tenant.erasing_since is not None:
        raise staff.NotAllowed(f"{tenant.name} is being erased. Nothing is changed there any more.")
    return tenant


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
    tenant = _admitted_to_act(person, slug, May.ACT)
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


def _looked(tenant: Tenant, person: User, *, at: str, reason: str) -> None:
    audit.record(
        action="staff.looked",
        object_type="Tenant",
        object_id=tenant.pk,
        actor=person,
        after={"at": at},
        reason=reason,
    )


def _acted(tenant: Tenant, person: User, *, act: str, reason: str, about: str) -> None:
    audit.record(
        action="staff.acted",
        object_type="Tenant",
        object_id=tenant.pk,
        actor=person,
        after={"act": act, **({"about": about} if about else {})},
        reason=reason,
    )
