"""Addresses of a tenant's dashboard, and of the comparisons of its stock."""

from __future__ import annotations

from django.urls import path

from clarity.web.dashboard import convergence, views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("dashboard/now/", views.now, name="dashboard-now"),
    path("dashboard/charts/", views.charts, name="dashboard-charts"),
    path("convergence/<uuid:pair_id>/", convergence.overview, name="convergence"),
    path("convergence/<uuid:pair_id>/now/", convergence.now, name="convergence-now"),
    path("convergence/<uuid:pair_id>/start/", convergence.start, name="convergence-start"),
    path("convergence/<uuid:pair_id>/mend/", convergence.mend, name="convergence-mend"),
]
