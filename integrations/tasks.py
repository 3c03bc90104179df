"""Every background entry point: ids in, one call out. These dotted names are public.

Unknown keys are ignored, so that workers of two versions can run side by side.
"""

from __future__ import annotations

from uuid import UUID

from integrations.sync import crash_points, slices


def work_lane(*, tenant_id: str, connection_id: str, **_: object) -> None:
    """Works one lane for a slice; does nothing when another process holds it."""
    crash_points.reach("queue-entry-taken")
    slices.run(tenant_id=UUID(tenant_id), connection_id=UUID(connection_id))
