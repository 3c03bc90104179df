"""Signing up, in and out. allauth's own addresses lie below accounts/."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path

from clarity.web.accounts import views

urlpatterns = [
    path("sign-in/", account.login, name="login"),
    path("sign-out/", account.logout, name="logout"),
    path("signed-out/", views.signed_out, name="signed-out"),
    path("new-account/", views.tenant_new, name="tenant-new"),
    path("accounts/", include("allauth.urls")),
]
