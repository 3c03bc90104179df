"""Addresses below a tenant's settings."""

from __future__ import annotations

from django.urls import path

from clarity.web.support_access import views

_OF = "settings/support-access/"

urlpatterns = [
    path(_OF, views.overview, name="support-access"),
    path(f"{_OF}allow/", views.allow, name="support-access-allow"),
    path(f"{_OF}<uuid:deputation_id>/end/", views.end, name="support-access-end"),
]
