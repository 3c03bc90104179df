"""Addresses of a pair's preflight."""

from __future__ import annotations

from django.urls import path

from clarity.web.preflight import views

urlpatterns = [
    path("pairs/<uuid:pair_id>/preflight/", views.overview, name="preflight"),
    path("pairs/<uuid:pair_id>/preflight/now/", views.now, name="preflight-now"),
    path("pairs/<uuid:pair_id>/preflight/start/", views.start, name="preflight-start"),
]
