"""Addresses that machines ask."""

from __future__ import annotations

from django.urls import path

from clarity.web.health import metrics, views

urlpatterns = [
    path("healthz", views.alive, name="healthz"),
    path("readyz", views.ready, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
