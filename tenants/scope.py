"""Whose rows this code may see.

`tenant(id)` opens a transaction in which PostgreSQL shows one tenant's rows and `Model.objects`
filters by that tenant. `door(reason)` is the only way across tenants. Outside both, scoped models
cannot be queried: `Model.objects` raises ScopeMissing and PostgreSQL refuses the rows.

A scope belongs to the code that opened it: a new thread has none, and `transaction.on_commit`
callbacks run after it has ended.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import apps
from django.db import transaction

from tenants.roles import STAFF

if TYPE_CHECKING:
    from tenants.models import User

logger = logging.getLogger(__name__)


class ScopeError(RuntimeError):
    """A scope was opened where it may not be."""


class ScopeMissing(ScopeError):
    """Tenant data was asked for outside a tenant's scope; open one with scope.tenant(id)."""


class WrongTenant(ScopeError):
    """A row of one tenant was to be written inside another tenant's scope."""


@dataclass(frozen=True)
class Scope:
    """Exactly one of: a tenant, a user looking at their own memberships, the staff door."""

    tenant: UUID | None = None
    user: UUID | None = None
    is_door: bool = False


_active: ContextVar[Scope | None] = ContextVar("clarity_scope", default=None)


def active() -> Scope | None:
    """The scope in force, of whichever kind."""
    return _active.get()


def current() -> UUID:
    """The tenant in whose scope we are. Raises ScopeMissing, also inside the door."""
    found = maybe_current()
    if found is None:
        raise ScopeMissing(ScopeMissing.__doc__)
    return found


def maybe_current() -> UUID | None:
    """The tenant in whose scope we are, or None."""
    scope = _active.get()
    return scope.tenant if scope else None


@contextlib.contextmanager
def tenant(tenant_id: UUID) -> Iterator[None]:
    """A transaction that sees one tenant's rows; commits at its end, rolls back on an exception.

    Inside the same tenant's scope it costs nothing and ends nothing. Raises ScopeError inside any
    other scope.
    """
    scope = _active.get()
    if scope is not None:
        if scope.tenant != tenant_id:
            raise ScopeError(f"a scope of tenant {tenant_id} was opened inside {scope}")
        yield
        return
    with _entered(Scope(tenant=tenant_id), "clarity.tenant", str(tenant_id)):
        yield


@contextlib.contextmanager
def user(user_id: UUID) -> Iterator[None]:
    """A transaction in which a user's own memberships, and those tenants' names, can be read.

    Raises ScopeError inside any scope.
    """
    if _active.get() is not None:
        raise ScopeError(f"a scope of user {user_id} was opened inside {_active.get()}")
    with _entered(Scope(user=user_id), "clarity.user", str(user_id)):
        yield


@contextlib.contextmanager
def door(reason: str, *, actor: User | None = None) -> Iterator[None]:
    """A transaction that sees every tenant. Logged; with an actor, an audit entry as well.

    The entry is committed before anything is shown, so that looking and then failing leaves a
    trace. Inside the door it may be opened again. Raises ScopeError inside a tenant's or user's
    scope, and ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("the door needs a reason")
    scope = _active.get()
    if scope is not None and not scope.is_door:
        raise ScopeError(f"the door was opened inside {scope}")
    # Workers pass every second; a person's passage is told.
    logger.log(
        logging.INFO if actor else logging.DEBUG,
        "door opened: %s (actor %s)",
        reason,
        actor.pk if actor else "system",
    )
    entered = Scope(is_door=True)
    if actor is not None:
        with contextlib.nullcontext() if scope else _entered(entered, "role", STAFF):
            apps.get_model("tenants", "AuditEntry").objects.create(
                actor=actor, action="door.opened", reason=reason
            )
    if scope is not None:
        yield
        return
    with _entered(entered, "role", STAFF):
        yield


@contextlib.contextmanager
def _entered(scope: Scope, setting: str, value: str) -> Iterator[None]:
    """One transaction with a setting local to it: one statement between BEGIN and COMMIT.

    Inside a transaction that is already open (a test's, say) the setting would outlive the
    block, so there it is put back; a failed block's savepoint does that by itself.
    """
    connection = transaction.get_connection()
    is_nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting(%s, true), set_config(%s, %s, true)", [setting, setting, value]
        )
        before = cursor.fetchone()[0]
        token = _active.set(scope)
        try:
            yield
        finally:
            _active.reset(token)
        if is_nested and not connection.needs_rollback:
            cursor.execute("SELECT set_config(%s, %s, true)", [setting, before or ""])
