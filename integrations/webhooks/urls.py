"""Addresses the connected systems call."""

from __future__ import annotations

from django.urls import path

from integrations.webhooks.introductions import introduction
from integrations.webhooks.payments import payments
from integrations.webhooks.privacy import privacy
from integrations.webhooks.views import hook

urlpatterns = [
    path("hooks/<slug:connector>/privacy/", privacy, name="privacy-hook"),
    path("introductions/<slug:connector>/<str:token>/", introduction, name="introduction"),
    path("webhooks/stripe/", payments, name="payment-hook"),
    path("hooks/<slug:connector>/<uuid:connection>/", hook, name="hook"),
]
