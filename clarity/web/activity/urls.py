"""Addresses of what flows through a tenant's pairs."""

from __future__ import annotations

from django.urls import path

from clarity.web.activity import live, records

urlpatterns = [
    path("pairs/<uuid:pair_id>/live/", live.live, name="live"),
    path("pairs/<uuid:pair_id>/live/now/", live.now, name="live-now"),
    path("pairs/<uuid:pair_id>/live/records/", live.records, name="live-records"),
    path("pairs/<uuid:pair_id>/live/stock/", live.stock, name="live-stock"),
    path("records/<int:item_id>/", records.record, name="record"),
    path("records/<int:item_id>/replay/", records.replay_record, name="replay"),
]
