"""Every page a person opens."""

from __future__ import annotations

from django.contrib.auth import views as auth_views
from django.urls import include, path

from clarity.web import entry
from clarity.web.home.views import home, pairs

urlpatterns = [
    path("", home, name="home"),
    path(
        "sign-in/",
        auth_views.LoginView.as_view(redirect_authenticated_user=True),
        name="login",
    ),
    path("sign-out/", auth_views.LogoutView.as_view(), name="logout"),
    path("enter/<str:token>/", entry.enter, name="enter"),
    path("t/<slug:slug>/pairs/", pairs, name="pairs"),
    path("t/<slug:slug>/", include("clarity.web.activity.urls")),
    path("t/<slug:slug>/", include("clarity.web.incidents.urls")),
    path("t/<slug:slug>/", include("clarity.web.backfill.urls")),
    path("t/<slug:slug>/", include("clarity.web.reconciliation.urls")),
    path("t/<slug:slug>/", include("clarity.web.flows.urls")),
    path("t/<slug:slug>/", include("clarity.web.mapping_editor.urls")),
    path("t/<slug:slug>/", include("clarity.web.preflight.urls")),
    path("t/<slug:slug>/", include("clarity.web.api_tokens.urls")),
    path("", include("clarity.web.health.urls")),
]
