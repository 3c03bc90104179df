"""Every background entry point: ids in, one call out. These dotted names are public.

Unknown keys are ignored, so that workers of two versions can run side by side.
"""

from __future__ import annotations

from uuid import UUID

from integrations.sync import slices


def work_lane(*, tenant_id: str, connection_id: str, **_: object) -> None:
    """Works one lane for a slice, and what that hands over; nothing when another process holds it."""
    slices.run_and_go_on(tenant_id=UUID(tenant_id), connection_id=UUID(connection_id))
