"""Addresses of the settings of an account."""

from __future__ import annotations

from django.urls import path

from clarity.web.tenant_settings import (
    connection_actions,
    connections,
    data,
    erasure,
    general,
    merge,
    pair,
    reconnecting,
    safety,
)

_CONNECTION = "settings/connections/<uuid:connection_id>/"
_PAIR = "settings/pairs/<uuid:pair_id>/"

urlpatterns = [
    path("settings/", general.general, name="settings"),
    path("settings/connections/", connections.overview, name="connections"),
    path(_CONNECTION, connections.detail, name="connection"),
    path(f"{_CONNECTION}settings/", connections.settings, name="connection-settings"),
    path(f"{_CONNECTION}name/", connections.rename, name="connection-rename"),
    path(f"{_CONNECTION}reconnect/", connections.reconnect, name="connection-reconnect"),
    path(f"{_CONNECTION}authorise/", reconnecting.authorise, name="connection-authorise"),
    path(f"{_CONNECTION}pause/", connection_actions.pause, name="connection-pause"),
    path(f"{_CONNECTION}resume/", connection_actions.resume, name="connection-resume"),
    path(f"{_CONNECTION}disconnect/", connection_actions.disconnect, name="connection-disconnect"),
    path(f"{_CONNECTION}webhooks/", connection_actions.webhooks, name="connection-webhooks"),
    path(_PAIR, pair.overview, name="pair-settings"),
    path(f"{_PAIR}name/", pair.rename, name="pair-rename"),
    path(f"{_PAIR}pause/", pair.pause, name="pair-pause"),
    path(f"{_PAIR}resume/", pair.resume, name="pair-resume"),
    path(f"{_PAIR}delete/", pair.delete, name="pair-delete"),
    path(f"{_PAIR}safety-stock/", safety.overview, name="pair-safety-stock"),
    path(f"{_PAIR}safety-stock/file/", safety.download, name="pair-safety-stock-file"),
    path(f"{_PAIR}safety-stock/upload/", safety.upload, name="pair-safety-stock-upload"),
    path(f"{_PAIR}merge-rules/", merge.rules, name="pair-merge-rules"),
    path("settings/data/", data.overview, name="data"),
    path("settings/data/now/", data.now, name="data-now"),
    path("settings/data/export/", data.export, name="data-export"),
    path("settings/data/export/<uuid:export_id>/", data.download, name="data-download"),
    path("settings/data/erase/", erasure.ask, name="data-erase"),
]
