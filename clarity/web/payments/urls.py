"""Addresses of payment, below a tenant."""

from __future__ import annotations

from django.urls import path

from clarity.web.payments import card, paying

urlpatterns = [
    path("billing/invoices/<uuid:invoice_id>/pay/", paying.pay, name="billing-pay"),
    path("billing/payments/<uuid:try_id>/", paying.go_on, name="billing-pay-go-on"),
    path("billing/payments/<uuid:try_id>/back/", paying.back, name="billing-pay-back"),
    path("billing/card/", card.show, name="billing-card"),
    path("billing/card/portal/", card.portal, name="billing-card-portal"),
    path("billing/card/back/", card.back, name="billing-card-back"),
    path("billing/card/stop/", card.stop, name="billing-card-stop"),
]
