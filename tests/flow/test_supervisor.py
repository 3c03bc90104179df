"""The parts of an installation come and go together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clarity.supervisor import Part, Supervisor, free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]

# A supervisor with one child, which tells the child's process id and waits.
PARENT = f"""
import django; django.setup()
from pathlib import Path
from clarity.supervisor import Part, Supervisor
parts = Supervisor(Path({str(ROOT / ".data" / "logs")!r}))
part = Part("sleeper", {SLEEPER!r})
parts.add(part)
print(part.process.pid, flush=True)
parts.run()
"""


def gone(pid: int, *, within: float = 10) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_part_that_ended_is_started_again(tmp_path: Path) -> None:
    parts = Supervisor(tmp_path)
    part = Part("sleeper", SLEEPER)
    parts.add(part)
    assert part.process is not None
    first = part.process.pid
    part.process.kill()
    part.process.wait()
    part.next_start = 0
    assert parts.watch() == ["sleeper"]
    assert part.process.pid != first
    second = part.process.pid
    parts.stop()
    assert gone(second)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux only")
def test_a_killed_supervisor_leaves_no_child_behind() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clarity.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(child)


def test_a_busy_port_is_passed_over() -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stdout is not None
        busy = int(server.stdout.readline().split(" port ")[1].split()[0])
        wait_for_port(busy)
        assert free_port(busy) != busy
    finally:
        server.kill()
        server.wait()
    with pytest.raises(TimeoutError, match=str(busy)):
        wait_for_port(busy, seconds=0.2)
