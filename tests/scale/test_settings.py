"""What a further host is told about the database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHOW = (
    "import json; from django.conf import settings;"
    " print(json.dumps(settings.DATABASES['default']['OPTIONS']))"
)


def options(url: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clarity.settings", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_the_address_of_the_database_asks_for_is_done() -> None:
    found = options("postgres://u:p@db.example.com/clarity?sslmode=require&keepalives_idle=30")
    assert found["sslmode"] == "require"
    assert int(found["keepalives_idle"]) == 30
    assert found["pool"]["max_size"] == 12


def test_both_ends_notice_a_host_that_is_cut_off_within_a_lease() -> None:
    found = options("postgres://u:p@db.example.com/clarity")
    idle = found["keepalives_idle"] + found["keepalives_interval"] * found["keepalives_count"]
    assert idle < 8
    assert found["tcp_user_timeout"] < 8_000
    assert f"tcp_user_timeout={found['tcp_user_timeout']}" in found["options"]
    assert f"tcp_keepalives_idle={found['keepalives_idle']}" in found["options"]


def test_the_local_database_has_a_socket_and_needs_none_of_it() -> None:
    assert set(options("")) == {"pool"}
