"""Addresses of backfills."""

from __future__ import annotations

from django.urls import path

from clarity.web.backfill import views

urlpatterns = [
    path("pairs/<uuid:pair_id>/backfills/", views.overview, name="backfills"),
    path("pairs/<uuid:pair_id>/backfills/<int:flow_id>/plan/", views.plan, name="backfill-plan"),
    path("backfills/<int:backfill_id>/", views.detail, name="backfill"),
    path("backfills/<int:backfill_id>/now/", views.now, name="backfill-now"),
    path("backfills/<int:backfill_id>/articles/", views.articles, name="backfill-articles"),
    path("backfills/<int:backfill_id>/start/", views.start, name="backfill-start"),
    path("backfills/<int:backfill_id>/pause/", views.pause, name="backfill-pause"),
    path("backfills/<int:backfill_id>/cancel/", views.cancel, name="backfill-cancel"),
]
