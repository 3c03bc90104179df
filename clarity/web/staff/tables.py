"""Tables of rows by django-unfold. Only of what belongs to no tenant: those need a scope each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from clarity.web.access import signed_in
from clarity.web.staff import price_tables
from clarity.web.staff.price_tables import column
from clarity.web.staff.site import site
from tenants.models import User
from tenants.services.staff import May, may

__all__ = ["StaffTable", "price_tables", "site"]


class StaffTable(ModelAdmin):  # type: ignore[misc]
    """Our own people. Read only: a row leads to the page where role and accounts are changed."""

    list_display = (
        "email",
        "name",
        "role",
        column("is_active", "May sign in", is_mark=True),
        column("last_login", "Last signed in"),
    )
    search_fields = ("email", "name")
    ordering = ("email",)
    list_per_page = 50
    actions = None
    # Neither counts the rows.
    paginator = InfinitePaginator
    show_full_result_count = False

    @admin.display(description="Role", ordering="staff_role")
    def role(self, row: User) -> str:
        return str(row.get_staff_role_display())

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.filter(is_staff=True)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **more: Any
    ) -> HttpResponse:
        try:
            return redirect("admin:person", user_id=UUID(object_id))
        except ValueError:
            raise Http404 from None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        person = signed_in(request)
        return person is not None and may(person, May.GOVERN)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


site.register(User, StaffTable)
