"""The audit log."""

from __future__ import annotations

from django.urls import path

from clarity.web.audit import views

urlpatterns = [
    path("settings/audit/", views.audit_log_page, name="audit-log"),
    path("settings/audit/export/", views.export, name="audit-export"),
]
