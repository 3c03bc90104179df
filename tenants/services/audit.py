"""Writing down what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tenants import on_behalf, scope
from tenants.models import AuditEntry

if TYPE_CHECKING:
    from tenants.models import User


def record(
    *,
    action: str,
    object_type: str = "",
    object_id: object = "",
    actor: User | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    tenant_id: UUID | None = None,
) -> AuditEntry:
    """Adds an entry to the current transaction, so it stands or falls with what it describes.

    `object_type` is a type's name and `object_id` its key as text; `before` and `after` hold the
    changed fields (JSON, times and decimals allowed) and never a secret. The tenant is the one in
    scope; inside the door it is `tenant_id`, or none. Raises ScopeMissing outside both.
    """
    active = scope.active()
    if active is None or not active.is_door:
        current = scope.current()
        if tenant_id not in {None, current}:
            raise scope.WrongTenant(f"an entry for tenant {tenant_id} in the scope of {current}")
        tenant_id = current
    entry: AuditEntry = AuditEntry.objects.create(
        tenant_id=tenant_id,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        reason=reason,
        deputation_id=on_behalf.current(),
    )
    return entry
