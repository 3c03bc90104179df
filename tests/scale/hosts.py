"""Two worker hosts, a web host and a host of sandboxes, on one machine: python -m tests.scale.hosts

One worker host is killed; another loses its network while its processes live on; a third time only
the way to the database is gone. Each time the lanes must move within 15 s, and at the end every
order is in Heartland once. Prints one JSON line; exit code 1 when a promise was broken. Needs root
on Linux, and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.scale import network, shared_database

ROOT = Path(__file__).resolve().parents[2]
INSIDE = "CLARITY_SCALE_FOLDER"


def main() -> int:
    reason = network.why_not()
    if reason:
        sys.stdout.write(json.dumps({"scale": "skipped", "reason": reason}) + "\n")
        return 0
    # Below a folder that PostgreSQL's own account can reach.
    folder = Path(tempfile.mkdtemp(prefix="clarity-scale-"))
    folder.chmod(0o755)
    environment = {
        **os.environ,
        **shared_database.secrets_of_all_hosts(),
        "DJANGO_SETTINGS_MODULE": "clarity.settings",
        "DATABASE_URL": shared_database.url(network.HUB),
        "CLARITY_ALLOWED_HOSTS": "*",
        "CLARITY_DATA_DIR": str(folder / "hub"),
        "PYTHONUNBUFFERED": "1",
        INSIDE: str(folder),
    }
    try:
        return subprocess.run(
            [*network.unshared(), sys.executable, "-m", "tests.scale.outage"],
            cwd=ROOT,
            env=environment,
        ).returncode
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
