"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.services.chores import last_done_at
from integrations.services.connections import master_key_problem

log = logging.getLogger(__name__)

# The most frequent chore comes every 15 seconds.
WORKERS_SEEN_WITHIN = timedelta(seconds=60)
_CACHE_TABLE = "django.core.cache.backends.db.DatabaseCache"


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when this process can serve, else 503 naming what is missing.

    `workers` is told and decides nothing: pages and webhooks are served without them, and a load
    balancer that took the web away as well would make it worse.
    """
    parts = {"database": "ok", "migrations": "ok", "master_key": "ok"}
    told = {"workers": "unknown"}
    # What is wrong with a key may quote it, and this address is open to all.
    if master_key_problem():
        parts["master_key"] = "cannot be used"
    try:
        _look(parts, told, now=timezone.now())
    except DatabaseError as error:
        log.warning("not ready: the database does not answer (%s)", type(error).__name__)
        parts |= {"database": "does not answer", "migrations": "unknown"}
    is_ready = set(parts.values()) == {"ok"}
    return JsonResponse({**parts, **told}, status=200 if is_ready else 503)


def _look(parts: dict[str, str], told: dict[str, str], *, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    missing = _unapplied()
    if missing:
        parts["migrations"] = f"{len(missing)} not applied"
        return
    absent = _absent_cache_tables()
    if absent:
        parts["cache"] = f"{absent} is missing: run manage.py createcachetable"
    seen = last_done_at()
    if seen is None:
        told["workers"] = "never seen"
    elif now - seen <= WORKERS_SEEN_WITHIN:
        told["workers"] = "ok"
    else:
        told["workers"] = f"not seen for {round((now - seen).total_seconds()):,} s"


def _absent_cache_tables() -> str:
    """Names of tables that the configured caches need and the database lacks."""
    wanted = [
        str(one.get("LOCATION", ""))
        for one in settings.CACHES.values()
        if one["BACKEND"] == _CACHE_TABLE
    ]
    if not wanted:
        return ""
    there = set(connection.introspection.table_names())
    return ", ".join(name for name in wanted if name not in there)


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
