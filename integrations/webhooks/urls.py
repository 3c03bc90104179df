"""Addresses the connected systems call."""

from __future__ import annotations

from django.urls import path

from integrations.webhooks.views import hook

urlpatterns = [
    path("hooks/<slug:connector>/<uuid:connection>/", hook, name="hook"),
]
