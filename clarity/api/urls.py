"""Addresses of the API, and of what tells about it."""

from __future__ import annotations

from typing import Any, Protocol

from django.urls import path, re_path, register_converter

from clarity.api import reference
from clarity.api.v1 import (
    channels,
    connections,
    convergence,
    flows,
    incidents,
    mappings,
    pairs,
    people,
    records,
    searching,
    tables,
    traces,
    trials,
    webhooks,
)
from clarity.api.views import Unknown


class _Number:
    """An id: what a column of the database can hold."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class _Word:
    """The name of a table."""

    regex = "[a-z][a-z0-9_]{0,59}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class _Version(_Word):
    """A version of rules."""

    regex = "draft|preset|[0-9]{1,9}"


class _Viewable(Protocol):
    """A class-based view."""

    @classmethod
    def as_view(cls) -> Any: ...


register_converter(_Number, "number")
register_converter(_Word, "word")
register_converter(_Version, "version")


def _at(address: str, view: type[_Viewable]) -> Any:
    return path(f"api/v1/{address}", view.as_view())


_FLOW = "flows/<number:flow_id>"
_MAPPING = f"{_FLOW}/mapping"
_TABLE = "pairs/<uuid:pair_id>/tables/<word:name>"
_RECORD = "records/<number:record_id>"
_INCIDENT = "incidents/<number:incident_id>"
_CONNECTION = "connections/<uuid:connection_id>"

urlpatterns = [
    path("api/docs/", reference.page, name="api-docs"),
    path("api/v1/openapi.json", reference.openapi, name="api-schema"),
    _at("tenant", people.ThisTenant),
    _at("members", people.Members),
    _at("audit", people.AuditLog),
    _at("pairs", pairs.Pairs),
    _at("pairs/<uuid:pair_id>", pairs.OnePair),
    _at("pairs/<uuid:pair_id>/pause", pairs.PausePair),
    _at("pairs/<uuid:pair_id>/resume", pairs.ResumePair),
    _at("pairs/<uuid:pair_id>/tables", tables.Tables),
    _at(_TABLE, tables.OneTable),
    _at(f"{_TABLE}/remove", tables.RemoveEntries),
    _at("connections", connections.Connections),
    _at(_CONNECTION, connections.OneConnection),
    _at(f"{_CONNECTION}/reconnect", connections.Reconnect),
    _at(f"{_CONNECTION}/webhooks", webhooks.Webhooks),
    _at(f"{_CONNECTION}/webhooks/register", webhooks.RegisterWebhooks),
    _at("flows", flows.Flows),
    _at(_FLOW, flows.OneFlow),
    _at(f"{_MAPPING}/versions", mappings.Versions),
    _at(f"{_MAPPING}/versions/<version:version>", mappings.OneVersion),
    _at(f"{_MAPPING}/difference", mappings.Differences),
    _at(f"{_MAPPING}/rollback", mappings.Rollback),
    _at(f"{_MAPPING}/draft", mappings.Draft),
    _at(f"{_MAPPING}/draft/problems", mappings.ValidateDraft),
    _at(f"{_MAPPING}/draft/publish", mappings.PublishDraft),
    _at(f"{_MAPPING}/trials", trials.Trials),
    _at("trials/<number:trial_id>", trials.OneTrial),
    _at("trials/<number:trial_id>/cancel", trials.CancelTrial),
    _at("records", records.Records),
    _at(_RECORD, records.OneRecord),
    _at(f"{_RECORD}/timeline", traces.RecordTimeline),
    _at(f"{_RECORD}/origins", traces.RecordOrigins),
    _at(f"{_RECORD}/replay", records.ReplayRecord),
    _at(f"{_RECORD}/discard", records.DiscardRecord),
    _at("search", searching.Search),
    _at("convergence", convergence.Runs),
    _at("convergence/<number:run_id>", convergence.OneRun),
    _at("convergence/<number:run_id>/mend", convergence.MendRun),
    _at("pairs/<uuid:pair_id>/convergence", convergence.StartRun),
    _at("channels", channels.Channels),
    _at("channels/<uuid:channel_id>", channels.OneChannel),
    _at("channels/<uuid:channel_id>/test", channels.TryChannel),
    _at("incidents", incidents.Incidents),
    _at(_INCIDENT, incidents.OneIncident),
    _at(f"{_INCIDENT}/replay", incidents.ReplayIncident),
    _at(f"{_INCIDENT}/stop", incidents.StopReplay),
    _at(f"{_INCIDENT}/discard", incidents.DiscardIncident),
    re_path("^api/", Unknown.as_view()),
]
