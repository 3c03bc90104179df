"""The admin site: pages of ours, and tables of rows by django-unfold.

Our pages keep the policy of every other page. Those of unfold are drawn by Alpine, which makes
functions of texts; their answers alone get `table_policy`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from unfold.sites import UnfoldAdminSite

from clarity.web.access import signed_in
from clarity.web.security_headers import table_policy
from clarity.web.staff import gate, urls
from tenants.services.staff import role_of

View = Callable[..., HttpResponseBase]


class ClarityAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Signing in and out is the product's own; nobody passes without the gate."""

    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        person = signed_in(request)
        return person is not None and role_of(person) is not None

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner: View = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                response = gate.turned_away(request) or inner(request, *args, **kwargs)
            except PermissionDenied:
                return gate.refused(request, "This table is not part of your role.")
            response.headers.setdefault("Content-Security-Policy", table_policy())
            return response

        return guarded

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Asks any table for any id, those of tenants too, and leads to a page of the row: none has one.
        tables = [one for one in super().get_urls() if getattr(one, "name", "") != "view_on_site"]
        return [*urls.urlpatterns, *tables]

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Of all tables at once. Nothing leads to it: each table has its own."""
        raise Http404

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """Where the first crumb of a table leads: the page of ours that leads to the tables."""
        return redirect("admin:books" if app_label == "billing" else "admin:index")

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect(f"{reverse('login')}?next={reverse('admin:index')}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")

    def _get_colors(self, key: str, *args: Any) -> dict[str, dict[str, str]]:
        """They lie in static/clarity/unfold.css: a style within the page is forbidden."""
        return {}


site = ClarityAdminSite()
