"""The machine figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import django
import psutil

from clarity.postgres.site import Site, binaries


def describe() -> dict[str, str]:
    """Words about cores, memory and versions; nothing that names the machine."""
    postgres = subprocess.run(
        [binaries(Site(Path.cwd(), None)) / "postgres", "--version"], capture_output=True, text=True
    )
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": postgres.stdout.strip().rpartition(" ")[2],
        "load_before": f"{os.getloadavg()[0]:.1f}",
        "date": datetime.now(UTC).date().isoformat(),
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
