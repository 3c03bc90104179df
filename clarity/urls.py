"""Every address of the product."""

from __future__ import annotations

from django.urls import include, path

from clarity.web.staff import tables
from clarity.web.staff.engine import queue_tables as queue_tables

urlpatterns = [
    path("", include("integrations.webhooks.urls")),
    path("", include("clarity.api.urls")),
    path("admin/", tables.site.urls),
    path("", include("clarity.web.urls")),
]

handler400 = "clarity.web.errors.bad_request"
handler403 = "clarity.web.errors.forbidden"
handler404 = "clarity.web.errors.not_found"
handler500 = "clarity.web.errors.server_error"
