"""Addresses of acting on behalf."""

from __future__ import annotations

from django.urls import path

from clarity.web.staff.deputy import views

urlpatterns = [
    path("accounts/<slug:slug>/on-behalf/", views.begin, name="account-on-behalf"),
    path("on-behalf/end/", views.end, name="on-behalf-end"),
]
