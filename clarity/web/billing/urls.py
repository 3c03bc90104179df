"""Addresses of billing, below a tenant."""

from __future__ import annotations

from django.urls import path

from clarity.web.billing import details, documents, ending, mails, overview, pair, pdf, plans

_PAIR = "settings/pairs/<uuid:pair_id>/"

urlpatterns = [
    path("billing/", overview.overview, name="billing"),
    path("billing/details/", details.details, name="billing-details"),
    path("billing/plan/", plans.change, name="billing-plan"),
    path("billing/cancel/", ending.cancel, name="billing-cancel"),
    path("billing/go-on/", ending.go_on, name="billing-go-on"),
    path("billing/invoices/", documents.listing, name="billing-invoices"),
    path("billing/invoices/<uuid:invoice_id>/", documents.one, name="billing-invoice"),
    path("billing/invoices/<uuid:invoice_id>/pdf/", pdf.download, name="billing-invoice-pdf"),
    path("billing/mails/<uuid:letter_id>/again/", mails.again, name="billing-letter-again"),
    path(f"{_PAIR}go-live/", pair.go_live, name="pair-go-live"),
    path(f"{_PAIR}remove/", pair.remove, name="pair-remove"),
]
