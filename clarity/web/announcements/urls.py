"""The address at which an announcement is dismissed."""

from __future__ import annotations

from django.urls import path

from clarity.web.announcements import views

urlpatterns = [
    path(
        "announcements/<int:announcement_id>/dismiss/",
        views.dismiss,
        name="announcement-dismiss",
    ),
]
