"""Crash points are where the list says, and do nothing unless they are asked for."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from integrations.sync import crash_points

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "clarity.settings"
import django; django.setup()
from integrations.sync.crash_points import reach
for name in sys.argv[1:]:
    reach(name)
    print(name, flush=True)
"""


def reached() -> Counter[str]:
    """Names in calls of `crash_points.reach`, all over the engine."""
    found: Counter[str] = Counter()
    for file in (ROOT / "integrations").rglob("*.py"):
        if "crash_points.reach" not in (text := file.read_text("utf-8")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "crash_points.reach":
                found[ast.literal_eval(node.args[0])] += 1
    return found


def test_every_named_point_is_somewhere_in_the_engine_and_every_point_has_a_name() -> None:
    assert len(set(crash_points.NAMES)) == len(crash_points.NAMES)
    assert reached() == Counter(crash_points.NAMES)


def run(*names: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, *names],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("wanted", "came_to"),
    [("after-call", ["lane-held"]), ("after-call:2", ["lane-held", "after-call", "lane-held"])],
)
def test_a_process_ends_as_if_killed_at_the_point_it_was_told(
    wanted: str, came_to: list[str]
) -> None:
    way = ["lane-held", "after-call", "lane-held", "after-call", "lane-held"]
    done = run(*way, CLARITY_CRASH_AT=wanted)
    assert done.returncode == -9
    assert done.stdout.split() == came_to
    assert f"crash point {wanted} reached" in done.stderr


def test_nothing_happens_without_the_setting() -> None:
    done = run("after-call", "lane-held", CLARITY_CRASH_AT="")
    assert (done.returncode, done.stdout.split()) == (0, ["after-call", "lane-held"])


def test_production_ignores_the_setting() -> None:
    done = run(
        "after-call",
        CLARITY_CRASH_AT="after-call",
        CLARITY_PRODUCTION="true",
        CLARITY_SECRET_KEY="x" * 50,
        CLARITY_MASTER_KEYS="one:" + "A" * 43 + "=",
        DATABASE_URL="postgres://user@127.0.0.1:1/none",
        CLARITY_ALLOWED_HOSTS="example.com",
    )
    assert (done.returncode, done.stdout.split()) == (0, ["after-call"])
