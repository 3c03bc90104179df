"""Production: the checks are clean, what is unsafe is refused in words, and it starts and stops."""

from __future__ import annotations

import http.server
import json
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured
from django.core.management import (
    CommandError,
    call_command,
    get_commands,
    load_command_class,
)
from django.db import OperationalError, connection

from clarity import checks, error_reports, running
from clarity.running import Refusal
from clarity.supervisor import Part, Supervisor, free_port
from tests.operations.production import NEEDED, environment

ROOT = Path(__file__).resolve().parents[2]


def manage(*words: str, **other: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(**other),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_checks_of_a_deployment_find_nothing() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_production_without_a_mail_server_writes_no_mail_to_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment(CLARITY_EMAIL_HOST="").items():
        monkeypatch.setenv(name, value)
    found = runpy.run_path(str(ROOT / "clarity" / "settings.py"))
    assert found["CLARITY_PRODUCTION"]
    assert found["EMAIL_BACKEND"] == "clarity.unsent_mail.EmailBackend"


def refusal_of_run(*words: str) -> CommandError:
    with pytest.raises(CommandError) as refused:
        call_command("run", *words)
    return refused.value


def test_run_refuses_what_is_unsafe_with_a_code_of_its_own(settings: Any) -> None:
    ids(settings, CLARITY_PUBLIC_URL="http://sync.example.com", ALLOWED_HOSTS=["*"])
    settings.DEBUG = settings.CLARITY_BEHIND_PROXY = False
    said = refusal_of_run()
    assert said.returncode == running.UNSAFE_SETTINGS == 3
    assert "CLARITY_PUBLIC_URL is http://sync.example.com: sessions and webhooks" in str(said)
    assert "CLARITY_ALLOWED_HOSTS is *" in str(said)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "warnings_of_settings", list)
        assert "CLARITY_BEHIND_PROXY is off" in str(refusal_of_run())
    assert "nothing to run" in str(refusal_of_run("--web", "0", "--workers", "0"))
    assert "0 or more" in str(refusal_of_run("--web", "-1"))


def ids(settings: Any, **values: Any) -> list[str]:
    safe = {
        "CLARITY_MASTER_KEYS": [NEEDED["CLARITY_MASTER_KEYS"]],
        "CLARITY_PRODUCTION": True,
        "CLARITY_PUBLIC_URL": "https://sync.example.com",
        "ALLOWED_HOSTS": ["sync.example.com"],
        "SECRET_KEY": "".join(chr(33 + place) for place in range(60)),
        "EMAIL_HOST": "mail.example.com",
        **values,
    }
    for name, value in safe.items():
        setattr(settings, name, value)
    return [str(one.id) for one in checks.fit_for_strangers()]


def test_each_unsafe_setting_is_named(settings: Any) -> None:
    assert ids(settings) == []
    assert ids(settings, CLARITY_PRODUCTION=False) == ["clarity.E001"]
    assert ids(settings, CLARITY_PUBLIC_URL="http://sync.example.com") == ["clarity.E002"]
    assert ids(settings, ALLOWED_HOSTS=["other.example.com"]) == ["clarity.E003"]
    assert ids(settings, ALLOWED_HOSTS=["*"]) == ["clarity.E004"]
    assert ids(settings, SECRET_KEY="a" * 60) == ["clarity.E005"]
    assert ids(settings, CLARITY_MASTER_KEYS=["one:x"]) == ["clarity.E006"]
    assert ids(settings, EMAIL_HOST="") == ["clarity.W001"]


def test_errors_are_reported_only_to_a_real_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="CLARITY_SENTRY_DSN is no address"):
        error_reports.start("somewhere", environment="test")
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match=r"install clarity-connect\[sentry\]"):
        error_reports.start("https://key@sentry.example.com/1", environment="test")


# --- before it starts ----------------------------------------------------------------------------


def test_a_port_in_use_is_refused_not_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refusal, match=f"127.0.0.1:{port} cannot be listened on") as refused:
            running.look_at_port("127.0.0.1", port)
    assert refused.value.code == running.PORT_TAKEN
    running.look_at_port("127.0.0.1", port)


def test_missing_files_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    running.look_for_static_files()
    monkeypatch.setattr(running.finders, "find", lambda name: None if "tabler" in name else name)
    with pytest.raises(Refusal, match="vendor/tabler/tabler.min.css") as refused:
        running.look_for_static_files()
    assert refused.value.code == running.NO_STATIC_FILES


def test_a_database_that_is_away_or_behind_is_told_apart(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.bring_up_to_date(may_migrate=False)
    plan = [(type("Migration", (), {"app_label": "tenants", "name": "0099_more"}), False)]
    with monkeypatch.context() as patch:
        patch.setattr(running.MigrationExecutor, "migration_plan", lambda *_: plan)
        with pytest.raises(Refusal, match="1 migrations, from tenants.0099_more on") as behind:
            running.bring_up_to_date(may_migrate=False)
    assert behind.value.code == running.NOT_MIGRATED

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(running, "call_command", away)
    with pytest.raises(Refusal, match="cannot be used: connection refused. See") as gone:
        running.bring_up_to_date(may_migrate=True)
    assert gone.value.code == running.NO_DATABASE


@pytest.fixture
def unready() -> Iterator[int]:
    """A web that says 503 until it was asked twice."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if len(asked) > 2 else 503)
            self.end_headers()
            self.wfile.write(b'{"database": "does not answer"}')

        def log_message(self, *_: object) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_waits_until_the_web_is_ready(unready: int, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile: list[int] = []
    running.wait_until_ready("127.0.0.1", unready, meanwhile=lambda: meanwhile.append(1))
    assert len(meanwhile) == 2
    monkeypatch.setattr(running, "READY_WITHIN", 0.05)
    with pytest.raises(Refusal, match="did not become ready") as never:
        running.wait_until_ready("127.0.0.1", free_port(), meanwhile=lambda: None)
    assert never.value.code == running.NEVER_READY


def test_what_ran_long_is_started_again_without_a_pause(tmp_path: Path) -> None:
    parts = Supervisor(tmp_path)
    part = Part("ends", [sys.executable, "-c", "pass"])
    parts.add(part)
    assert part.process is not None
    part.process.wait()
    part.starts, part.next_start, part.started = 5, 0, part.started - 61
    assert parts.watch() == ["ends"]
    assert part.starts == 1
    parts.stop()


# --- the whole -----------------------------------------------------------------------------------


def test_it_starts_serves_and_stops(transactional_db: None, tmp_path: Path) -> None:
    folder = str(connection.settings_dict["HOST"])
    port = free_port()
    where = f"{connection.settings_dict['NAME']}?host={quote(folder, safe='')}"
    running_one = subprocess.Popen(
        [sys.executable, "manage.py", "run", "--no-migrate", "--port", str(port)]
        + ["--web", "1", "--workers", "0"],
        cwd=ROOT,
        env=environment(
            DATABASE_URL=f"postgres://clarity@/{where}",
            CLARITY_DATA_DIR=str(tmp_path),
            CLARITY_METRICS_TOKEN="tok",
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running_one.stdout is not None
    said = [running_one.stdout.readline() for _ in range(2)]
    assert said[0] == f"Ready on http://127.0.0.1:{port}\n"
    children = psutil.Process(running_one.pid).children(recursive=True)
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics")
    request.add_header("Authorization", "Bearer tok")
    with urllib.request.urlopen(request) as answer:
        shown = answer.read().decode()
    assert "clarity_database_up 1.0" in shown
    assert 'route="readyz"' in shown
    assert list((tmp_path / "metrics" / str(port)).glob("*.db"))
    running_one.send_signal(signal.SIGTERM)
    out, err = running_one.communicate(timeout=30)
    assert (running_one.returncode, "Traceback" in err) == (0, False), err
    assert "Stopping: what has begun is finished first" in out
    assert psutil.wait_procs(children, timeout=5)[1] == []


# --- what lies in deploy/ ------------------------------------------------------------------------

DEPLOY = ROOT / "deploy"


def test_the_guide_names_every_exit_code() -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    named = {int(code) for code in re.findall(r"^\| (\d) \|", guide, re.M)}
    assert named >= set(range(running.UNSAFE_SETTINGS, running.NEVER_READY + 1))


def test_examples_name_only_settings_that_exist() -> None:
    known = set(
        re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text("utf-8"), re.M)
    )
    files = [file for file in DEPLOY.rglob("*") if file.is_file()]
    assert len(files) >= 9
    for file in files:
        named = set(re.findall(r"\b(CLARITY_[A-Z_]+?|DATABASE_URL)(?:_FILE)?\b", file.read_text()))
        assert named <= known, file.name


def test_commands_of_the_examples_are_understood() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    commands = [one["command"] for one in compose["services"].values() if "build" in one]
    for unit in (DEPLOY / "systemd").glob("*.service"):
        (line,) = re.findall(r"^ExecStart=\S+ manage.py (.+)$", unit.read_text("utf-8"), re.M)
        commands.append(line.split())
    (last,) = re.findall(r"^CMD (\[.+\])$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.M)
    commands.append(json.loads(last))
    assert len(commands) == 7
    for name, *options in commands:
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(
            options
        )
    wanted = {one.split("/")[0] for one in compose["services"]["app"]["secrets"]}
    assert wanted <= set(compose["secrets"])


def test_the_service_manager_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        running.tell_service_manager("READY=1")
        assert manager.recv(20) == b"READY=1"
    running.tell_service_manager("STOPPING=1")
