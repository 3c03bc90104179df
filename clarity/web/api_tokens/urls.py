"""Addresses of the API tokens."""

from __future__ import annotations

from django.urls import path

from clarity.web.api_tokens import views

urlpatterns = [
    path("settings/tokens/", views.tokens, name="api-tokens"),
    path("settings/tokens/new/", views.create, name="api-token-new"),
    path("settings/tokens/<uuid:token_id>/revoke/", views.revoke, name="api-token-revoke"),
]
