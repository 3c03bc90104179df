"""Addresses of what a pair carries."""

from __future__ import annotations

from django.urls import path

from clarity.web.flows import views

urlpatterns = [
    path("pairs/<uuid:pair_id>/flows/", views.overview, name="flows"),
    path("pairs/<uuid:pair_id>/flows/<int:flow_id>/", views.switch, name="flow-switch"),
]
