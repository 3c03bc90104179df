"""Every address of the product."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("integrations.webhooks.urls")),
    path("", include("clarity.api.urls")),
    path("", include("clarity.web.urls")),
]
