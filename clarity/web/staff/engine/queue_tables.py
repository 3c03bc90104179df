"""The queue's rows as tables of unfold, to look at. Superusers only; they belong to no tenant."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from clarity.web.access import signed_in
from clarity.web.staff.site import site
from integrations.queue.tables import Failure, Queued, Schedule, about, task_words, what_broke
from tenants.services.staff import May, may


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """A table that shows its rows and counts none. The tasks' own pickles are never drawn."""

    list_per_page = 50
    actions = None
    paginator = InfinitePaginator
    show_full_result_count = False

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


class QueuedTable(ReadOnly):
    """What waits, oldest first. Empty when the queue lies in Redis."""

    list_display = ("what", "of", "key", "lock")
    fields = ("what", "of", "key", "lock")
    readonly_fields = fields
    ordering = ("id",)

    @display(description="Task")
    def what(self, row: Any) -> str:
        return task_words(row.task.get("func"))

    @display(description="About")
    def of(self, row: Any) -> str:
        return about(row.task.get("kwargs"))


class FailureTable(ReadOnly):
    """Tasks that ended with an error, the newest first."""

    list_display = ("what", "of", "broke", "started", "attempt_count")
    fields = ("what", "of", "broke", "started", "stopped", "attempt_count", "cluster")
    readonly_fields = fields
    ordering = ("-started",)

    @display(description="Task")
    def what(self, row: Any) -> str:
        return task_words(row.func)

    @display(description="About")
    def of(self, row: Any) -> str:
        return about(row.kwargs)

    @display(description="What broke")
    def broke(self, row: Any) -> str:
        return what_broke(row.result)


class ScheduleTable(ReadOnly):
    """django-q2's own schedules. The product has none: its chores are done otherwise."""

    list_display = ("what", "schedule_type", "next_run", "repeats")
    fields = ("what", "schedule_type", "minutes", "next_run", "repeats")
    readonly_fields = fields
    ordering = ("next_run", "id")

    @display(description="Task")
    def what(self, row: Any) -> str:
        return task_words(row.func)


site.register(Queued, QueuedTable)
site.register(Failure, FailureTable)
site.register(Schedule, ScheduleTable)
