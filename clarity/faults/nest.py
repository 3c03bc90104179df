"""Worker processes by the dozen: python -m clarity.faults.nest

Starting Django takes a second, so one process starts it and forks a child for each job. A job is a
line of JSON: {"crash_at", "lanes": [[tenant, connection], ...], "seconds", "lease"}. The child does what a
worker does, work_lane for each lane in turn, until the time is up or it is killed. The answer is a
line {"signal"}: what ended the child, 0 when nothing did.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from clarity import supervisor

PAUSE_SECONDS = 0.1

Lanes = Sequence[tuple[str, str]]


class Nest:
    """The other end of the line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def work(self, lanes: Lanes, *, crash_at: str, seconds: float, lease: int) -> int:
        """Works the lanes in a process that ends itself at `crash_at`; answers its signal.

        `lease`: seconds for which the lane it died with stays held.
        """
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - pipes were asked for
        job = {"crash_at": crash_at, "lanes": list(lanes), "seconds": seconds, "lease": lease}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(json.loads(self._process.stdout.readline())["signal"])


@contextmanager
def nest(*, name: str, folder: Path, environment: Mapping[str, str]) -> Iterator[Nest]:
    with (folder / f"nest-{name}.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "clarity.faults.nest"],
            cwd=settings.BASE_DIR,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=supervisor.end_with_parent,
        )
    try:
        yield Nest(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(30)


def _child(job: Mapping[str, Any]) -> None:
    from integrations.tasks import work_lane

    settings.CLARITY_CRASH_AT = job["crash_at"]
    settings.CLARITY_LEASE_SECONDS = job["lease"]
    end = time.monotonic() + job["seconds"]
    while time.monotonic() < end:
        for tenant_id, connection_id in job["lanes"]:
            work_lane(tenant_id=tenant_id, connection_id=connection_id)
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clarity.settings")
    django.setup()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _child(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(json.dumps({"signal": os.waitstatus_to_exitcode(status) * -1}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
