"""Where other pages lead to when a mapping rule is to blame."""

from __future__ import annotations

from integrations.models import Flow, Incident, Side
from integrations.services.mapping_reading import has_rules


def flow_of_incident(found: Incident) -> Flow | None:
    """The flow whose rules an incident's records went by. Call inside the tenant's scope."""
    if not found.entity or found.connection_id is None:
        return None
    side = "source_id" if found.side == Side.SOURCE else "target_id"
    flow: Flow | None = (
        Flow.objects.filter(entity=found.entity, **{side: found.connection_id})
        .select_related("target")
        .order_by("pk")
        .first()
    )
    return flow if flow and has_rules(flow) else None
