"""Addresses of billing, below a tenant."""

from __future__ import annotations

from django.urls import path

from clarity.web.billing import documents

urlpatterns = [
    path("billing/invoices/", documents.listing, name="billing-invoices"),
    path("billing/invoices/<uuid:invoice_id>/", documents.one, name="billing-invoice"),
]
