"""Finds what an address names within the tenant's scope; what is another tenant's is not there."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from integrations.connector_kit.presets import NoPreset
from integrations.models import Connection, Flow, InboxItem, Incident, Pair
from integrations.services import mapping_versions
from integrations.sync import rulebooks


def pair(pair_id: UUID) -> Pair:
    """Raises Http404."""
    found: Pair | None = (
        Pair.objects.filter(pk=pair_id).select_related("pos", "store", "mapping_set").first()
    )
    if found is None:
        raise Http404("There is no pair by this id.")
    return found


def connection(connection_id: UUID) -> Connection:
    """Raises Http404."""
    found: Connection | None = Connection.objects.filter(pk=connection_id).first()
    if found is None:
        raise Http404("There is no connection by this id.")
    return found


def flow(flow_id: int) -> Flow:
    """With its pair, source and target. Raises Http404."""
    rows = Flow.objects.select_related("pair", "source", "target").filter(pk=flow_id)
    found: Flow | None = rows.first()
    if found is None:
        raise Http404("There is no flow by this id.")
    return found


def mapped_flow(flow_id: int) -> Flow:
    """As the services of mappings want it. Raises Http404, also when no rules are shipped for it."""
    owner = flow(flow_id).pair
    found = next(one for one in mapping_versions.flows_of(owner) if one.pk == flow_id)
    try:
        rulebooks.shipped(found)
    except NoPreset:
        raise Http404("This flow has no rules: its records are carried as they are.") from None
    return found


def record(record_id: int) -> InboxItem:
    """Raises Http404."""
    found: InboxItem | None = (
        InboxItem.objects.filter(pk=record_id).select_related("connection").first()
    )
    if found is None:
        raise Http404("There is no record by this id.")
    return found


def incident(incident_id: int) -> Incident:
    """Raises Http404."""
    found: Incident | None = (
        Incident.objects.filter(pk=incident_id).select_related("connection").first()
    )
    if found is None:
        raise Http404("There is no incident by this id.")
    return found
