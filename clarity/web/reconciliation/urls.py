"""Addresses of the daily comparison of payments."""

from __future__ import annotations

from django.urls import path

from clarity.web.reconciliation import views

urlpatterns = [
    path("pairs/<uuid:pair_id>/payments/", views.day, name="payments"),
    path("pairs/<uuid:pair_id>/payments/compare/", views.compare, name="payments-compare"),
    path("pairs/<uuid:pair_id>/payments/table.csv", views.table, name="payments-table"),
]
