"""A run on a PostgreSQL of its own, so that nothing it does to the database meets real data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from clarity import supervisor
from clarity.postgres import embedded

INSIDE = "--inside"


def run_inside(command: Sequence[str], *, name: str, environment: Mapping[str, str]) -> int:
    """Runs a command of manage.py in a folder of its own; its exit code.

    The folder is <data>/<name>-<process id>. It is removed when the command went well; else its
    logs stay.
    """
    supervisor.interrupt_on_terminate()
    folder = Path(settings.CLARITY_DATA_DIR) / f"{name}-{os.getpid()}"
    own = {
        "CLARITY_DATA_DIR": str(folder),
        "CLARITY_DB_NAME": "clarity",
        "DATABASE_URL": "",
        "CLARITY_PRODUCTION": "false",
        "CLARITY_LOG_LEVEL": "ERROR",
        **environment,
    }
    process = subprocess.Popen(  # noqa: S603 - our own command, no shell
        [sys.executable, "manage.py", *command, INSIDE],
        cwd=settings.BASE_DIR,
        env={**os.environ, **own},
        preexec_fn=supervisor.end_with_parent,
    )
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        code = process.wait()
    finally:
        if (folder / "postgres").is_dir():
            embedded.remove(folder / "postgres")
    if code == 0:
        shutil.rmtree(folder)
    return code
