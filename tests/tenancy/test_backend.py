"""Which role a connection runs as, whoever opened it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from clarity.postgres import base
from clarity.postgres.base import as_owner
from clarity.postgres.roles import ensure_roles
from tenants.models import User

ROOT = Path(__file__).resolve().parents[2]


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def test_the_owner_is_for_the_block_and_the_thread(transactional_db: None) -> None:
    assert role() == "clarity_app"
    seen: list[str] = []

    def look() -> None:
        seen.append(role())
        connection.close()

    with as_owner():
        owner = role()
        assert owner not in {"clarity_app", "clarity_staff"}
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        with as_owner():
            assert role() == owner
        connection.close()
        assert role() == owner
    assert role() == "clarity_app"
    assert seen == ["clarity_app"]


def test_the_owner_inside_a_transaction_is_for_the_block(db: None) -> None:
    with as_owner():
        assert role() != "clarity_app"
    assert role() == "clarity_app"
    with pytest.raises(RuntimeError, match="stop"), as_owner():
        raise RuntimeError("stop")
    assert role() == "clarity_app"
    with transaction.atomic(), as_owner():
        assert role() != "clarity_app"


def test_flush_and_migrate_run_as_the_owner(transactional_db: None) -> None:
    User.objects.create_user("someone@example.com")
    call_command("flush", interactive=False, verbosity=0)
    assert User.objects.count() == 0
    call_command("migrate", verbosity=0)
    assert role() == "clarity_app"


def test_roles_can_be_made_again_and_by_several_at_once(transactional_db: None) -> None:
    def make() -> str:
        try:
            with as_owner():
                for _ in range(3):
                    ensure_roles(connection)
            return role()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = [threads.submit(make) for _ in range(4)]
        assert [one.result() for one in made] == ["clarity_app"] * 4


def test_a_missing_role_says_what_to_do(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "APP", "clarity_not_made_yet")
    connection.close()
    connection.close_pool()
    with pytest.raises(OperationalError, match=r"manage\.py migrate"):
        connection.ensure_connection()


def test_a_forked_child_has_connections_of_its_own(transactional_db: None) -> None:
    User.objects.create_user("someone@example.com")
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if User.objects.count() == 1 and role() == "clarity_app" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert User.objects.count() == 1


REVIVE = """
import time
import django
django.setup()
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from clarity.postgres import embedded, processes, site
from tenants.models import User

directory = Path(settings.DATABASES["default"]["CLARITY_EMBEDDED_DIR"])
call_command("migrate", verbosity=0)
User.objects.create_user("kept@example.com")
for process in processes.members(site.cluster_of(directory)):
    process.kill()
for attempt in range(100):
    try:
        assert User.objects.count() == 1
        break
    except OperationalError:
        connection.close()
        time.sleep(0.1)
else:
    raise SystemExit("it did not come back")
assert attempt > 0
connection.close_pool()
assert embedded.stop_if_unused(directory)
embedded.remove(directory)
"""


def test_a_killed_local_server_comes_back_under_a_running_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REVIVE],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "CLARITY_DATA_DIR": str(tmp_path),
            "DATABASE_URL": "",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
