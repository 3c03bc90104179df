"""Starts the sandboxes of an installation that runs on one machine.

They listen on the loopback address only: their control API knows no passwords.
"""

from __future__ import annotations

import os

from django.conf import settings

from clarity.supervisor import Supervisor
from integrations.connector_kit.registry import connectors

FIRST_PORT = 9101
SEED = "7"


def host(parts: Supervisor) -> dict[str, str]:
    """Starts a sandbox for each connector that has one; answers what the environment of the web and
    worker processes must say of them.

    None is started where the setting names some that run elsewhere, or says `none=none`. The ports
    stay the same from start to start while they are free.
    """
    if settings.CLARITY_SANDBOXES:
        return {}
    words = []
    for number, name in enumerate(sorted(connectors())):
        if connectors()[name].sandbox:
            port = parts.add_sandbox(name, seed=SEED, port=FIRST_PORT + number)
            words.append(f"{name}=http://127.0.0.1:{port}")
    return {"CLARITY_SANDBOXES": " ".join(words)}


def own_address(*, host: str, port: int) -> dict[str, str]:
    """The address of the pages where the setting does not say it: the sandboxes send webhooks there."""
    if os.environ.get("CLARITY_PUBLIC_URL"):
        return {}
    reached = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return {"CLARITY_PUBLIC_URL": f"http://{reached}:{port}"}
