"""Looks an installation over: what is in order, what is not, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from integrations.connector_kit.registry import connectors
from integrations.services.chores import concerns
from integrations.services.connections import master_key_problem
from tenants.rls import verify_policies

FREE_SPACE_NEEDED = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is empty when it is in order."""

    what: str
    found: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which problems are best mended. Changes nothing."""
    looks: tuple[Callable[[], Finding], ...] = (
        _python,
        _packages,
        _data_folder,
        _space,
        _master_keys,
        _database,
        _migrations,
        _policies,
        _chores,
        _connectors,
        _system_checks,
    )
    for look in looks:
        yield look()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    advice = "" if sys.version_info >= (3, 11) else "Install Python 3.11 or newer, then make setup."
    return Finding("Python", version, advice)


def _packages() -> Finding:
    lock = settings.BASE_DIR / "requirements.lock"
    wanted = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text("utf-8"), re.M))
    wrong = []
    for name, version in wanted.items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform, or only needed for tests
        if installed != version:
            wrong.append(f"{name} {installed} instead of {version}")
    if wrong:
        return Finding("Packages", "; ".join(wrong[:3]), "Run make setup.")
    return Finding("Packages", f"as in requirements.lock ({len(wanted)} listed)")


def _data_folder() -> Finding:
    folder = Path(settings.CLARITY_DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        return Finding("Data folder", f"{folder} cannot be written", f"Run chown on {folder}.")
    return Finding("Data folder", str(folder))


def _space() -> Finding:
    free = shutil.disk_usage(settings.CLARITY_DATA_DIR).free
    advice = "" if free > FREE_SPACE_NEEDED else "Free some disk space: at least 1 GB is needed."
    return Finding("Disk space", f"{free / 1e9:.1f} GB free", advice)


def _master_keys() -> Finding:
    problem = master_key_problem()
    if problem:
        return Finding("Master key", problem, "Correct CLARITY_MASTER_KEYS; see docs/settings.md.")
    return Finding("Master key", f"{len(settings.CLARITY_MASTER_KEYS)} configured")


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), current_user")
            version, role = cursor.fetchone()
    except (OperationalError, DatabaseError) as error:
        return Finding("Database", str(error).strip().splitlines()[0], "Run manage.py migrate.")
    embedded = "local" if settings.DATABASES["default"].get("CLARITY_EMBEDDED_DIR") else "external"
    return Finding("Database", f"PostgreSQL {version}, {embedded}, working as {role}")


def _migrations() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Finding("Tables", str(error).splitlines()[0], "Run manage.py migrate.")
    if plan:
        return Finding("Tables", f"{len(plan)} changes not applied", "Run manage.py migrate.")
    return Finding("Tables", "up to date")


def _policies() -> Finding:
    try:
        problems = verify_policies(connection)
    except DatabaseError as error:
        return Finding("Tenant separation", str(error).splitlines()[0], "Run manage.py migrate.")
    if problems:
        return Finding(
            "Tenant separation",
            "; ".join(problems[:3]),
            "A table lacks its row-level-security policy: add ProtectTenantTable to its migration.",
        )
    return Finding("Tenant separation", "enforced on every table with tenants")


def _chores() -> Finding:
    try:
        found = concerns(now=timezone.now())
    except DatabaseError as error:
        return Finding("Chores", str(error).splitlines()[0], "Run manage.py migrate.")
    if found:
        return Finding(
            "Chores",
            "; ".join(concern.said for concern in found),
            "See that workers run (manage.py serve or qcluster), and look into their log.",
        )
    return Finding("Chores", "each was done when it was due")


def _connectors() -> Finding:
    return Finding("Connectors", ", ".join(sorted(connectors())))


def _system_checks() -> Finding:
    errors = [message for message in checks.run_checks() if message.is_serious()]
    if errors:
        return Finding("System checks", errors[0].msg, errors[0].hint or "Run manage.py check.")
    return Finding("System checks", "passed")
