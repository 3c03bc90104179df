"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import logging
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration, else 503 naming what is missing."""
    parts = {"database": "ok", "migrations": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        missing = _unapplied()
        if missing:
            parts["migrations"] = f"{len(missing)} not applied"
    except DatabaseError as error:
        log.warning("not ready: the database does not answer (%s)", type(error).__name__)
        parts = {"database": "does not answer", "migrations": "unknown"}
    is_ready = set(parts.values()) == {"ok"}
    return JsonResponse(parts, status=200 if is_ready else 503)


def _unapplied() -> list[str]:
    """Names of migrations the database lacks. Asked until there are none, then remembered."""
    try:
        return _all_applied()
    except _Missing as missing:
        return missing.names


class _Missing(Exception):  # noqa: N818 - keeps a wrong answer out of the cache below
    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@cache
def _all_applied() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise _Missing([f"{migration.app_label}.{migration.name}" for migration, _ in plan])
    return []
