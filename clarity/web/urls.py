"""Every page a person opens."""

from __future__ import annotations

from django.urls import include, path

from clarity.web import entry
from clarity.web.alerts.urls import public as alert_addresses
from clarity.web.home.views import home, pairs
from clarity.web.onboarding import granting
from clarity.web.tenant_settings import erasure

urlpatterns = [
    path("", home, name="home"),
    path("", include("clarity.web.accounts.urls")),
    path("", include("clarity.web.members.urls")),
    path("t/<slug:slug>/", include("clarity.web.audit.urls")),
    path("enter/<str:token>/", entry.enter, name="enter"),
    path("t/<slug:slug>/pairs/", pairs, name="pairs"),
    path("t/<slug:slug>/", include("clarity.web.dashboard.urls")),
    path("t/<slug:slug>/", include("clarity.web.activity.urls")),
    path("t/<slug:slug>/", include("clarity.web.announcements.urls")),
    path("t/<slug:slug>/", include("clarity.web.incidents.urls")),
    path("t/<slug:slug>/", include("clarity.web.search.urls")),
    path("t/<slug:slug>/", include("clarity.web.backfill.urls")),
    path("t/<slug:slug>/", include("clarity.web.reconciliation.urls")),
    path("t/<slug:slug>/", include("clarity.web.flows.urls")),
    path("t/<slug:slug>/", include("clarity.web.mapping_editor.urls")),
    path("t/<slug:slug>/", include("clarity.web.preflight.urls")),
    path("t/<slug:slug>/", include("clarity.web.api_tokens.urls")),
    path("t/<slug:slug>/", include("clarity.web.onboarding.urls")),
    path("connect/<slug:connector>/callback/", granting.callback, name="connect-callback"),
    path("t/<slug:slug>/", include("clarity.web.tenant_settings.urls")),
    path("t/<slug:slug>/", include("clarity.web.support_access.urls")),
    path("t/<slug:slug>/", include("clarity.web.billing.urls")),
    path("t/<slug:slug>/", include("clarity.web.payments.urls")),
    path("erasure/<uuid:receipt>/", erasure.receipt, name="erasure"),
    path("t/<slug:slug>/", include("clarity.web.alerts.urls")),
    *alert_addresses,
    path("", include("clarity.web.health.urls")),
]
