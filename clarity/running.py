"""Whether an installation may start for strangers, and what must be done before it does.

Each thing that stands in the way is a Refusal with an exit code of its own, so that a service
manager can tell a wrong setting, which no restart mends, from a database that is on its way up.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core import checks
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

UNSAFE_SETTINGS, NO_DATABASE, NOT_MIGRATED, NO_STATIC_FILES, PORT_TAKEN, NEVER_READY = range(3, 9)

READY_WITHIN = 60.0
_NEEDED_FILES = ("clarity/app.css", "vendor/tabler/tabler.min.css", "vendor/htmx/htmx.min.js")
# Any number will do, as long as nobody else locks it in this database.
_MIGRATING = 7_300_412


@dataclass(frozen=True)
class Refusal(Exception):  # noqa: N818 - it is no fault, it is an answer
    """Why the installation does not start, in words, and the exit code that says so."""

    said: str
    code: int

    def __str__(self) -> str:
        return self.said


def warnings_of_settings() -> list[str]:
    """What is allowed and yet worth saying. Raises Refusal naming each setting that is unsafe."""
    everything = checks.run_checks(include_deployment_checks=True)
    found = [one for one in everything if not one.is_silenced()]
    unsafe = [one for one in found if one.is_serious()]
    if unsafe:
        lines = "\n".join(_line(one) for one in unsafe)
        raise Refusal(f"These settings are not safe to run with:\n{lines}", UNSAFE_SETTINGS)
    return [_line(one) for one in found]


def _line(message: checks.CheckMessage) -> str:
    return f"- {message.msg}{' ' + message.hint if message.hint else ''}"


def bring_up_to_date(*, may_migrate: bool) -> None:
    """Applies what the database lacks, one host at a time, or only looks. Raises Refusal."""
    try:
        if may_migrate:
            with _alone():
                call_command("migrate", verbosity=0)
        else:
            _refuse_if_behind()
    except (OperationalError, DatabaseError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        raise Refusal(
            f"The database cannot be used: {reason}. See that it runs and that DATABASE_URL is right.",
            NO_DATABASE,
        ) from error


@contextmanager
def _alone() -> Iterator[None]:
    """While several hosts start at once, one of them migrates and the others wait for it."""
    # A connection of its own: migrations open and close theirs.
    held: Any = connection.copy()
    held.runs_as_owner = True
    try:
        with held.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
        yield
    finally:
        held.close()


def _refuse_if_behind() -> None:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        first = f"{plan[0][0].app_label}.{plan[0][0].name}"
        raise Refusal(
            f"The database lacks {len(plan)} migrations, from {first} on: run manage.py migrate on"
            " one host first, or start without --no-migrate.",
            NOT_MIGRATED,
        )


def look_for_static_files() -> None:
    """Raises Refusal when styles or scripts are missing: every page would be bare."""
    missing = [name for name in _NEEDED_FILES if finders.find(name) is None]
    if missing:
        raise Refusal(
            f"Static files are missing: {', '.join(missing)}. Install the whole checkout, with its"
            " folder static.",
            NO_STATIC_FILES,
        )
    # Files are served from where they lie; what is collected comes on top, and need not be.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def look_at_port(host: str, port: int) -> None:
    """Raises Refusal when somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refusal(
                f"{host}:{port} cannot be listened on: {error.strerror}. Stop what uses it, or"
                " choose another --port or --host.",
                PORT_TAKEN,
            ) from None


def wait_until_ready(host: str, port: int, *, meanwhile: Callable[[], object]) -> None:
    """Returns when the web says it is ready. Raises Refusal with its last answer after a minute."""
    end = time.monotonic() + READY_WITHIN
    said = "nothing"
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            status, said = _asked(host, port)
            if status == 200:
                return
        meanwhile()
        time.sleep(0.1)
    raise Refusal(
        f"The web did not become ready within {READY_WITHIN:.0f} s; it says {said}.", NEVER_READY
    )


def _asked(host: str, port: int) -> tuple[int, str]:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked, not bound
    asked = http.client.HTTPConnection(near, port, timeout=5)
    try:
        asked.request("GET", "/readyz")
        answer = asked.getresponse()
        body = answer.read(2_000)
    finally:
        asked.close()
    with suppress(ValueError):
        parts = json.loads(body)
        return answer.status, ", ".join(f"{name}: {value}" for name, value in parts.items())
    return answer.status, f"{answer.status}"


def tell_service_manager(state: str) -> None:
    """systemd's word for it, where it asked to be told: READY=1, STOPPING=1.

    https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            told.sendall(state.encode())
