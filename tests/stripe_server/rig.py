"""The local Stripe for tests: started once a module, spoken to by its control API."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from clarity import supervisor

ROOT = Path(__file__).resolve().parents[2]
GOOD = "4242424242424242"
# Refuses when it is charged: https://docs.stripe.com/testing#declined-payments
POOR = "4000000000000341"
# Wants its owner to prove who they are.
CAREFUL = "4000002760003184"


class LocalStripe:
    """What tests have it do."""

    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, act: str, **said: Any) -> Any:
        answer = requests.post(f"{self.url}/_test/{act}", json=said, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def events(self, *kinds: str) -> list[dict[str, str]]:
        """What it would send, signed: oldest first."""
        return [one for one in self.tell("events") if not kinds or one["kind"] in kinds]

    def calls(self, ending: str) -> int:
        return sum(call.endswith(ending) for call in self.tell("calls"))


@contextmanager
def local_stripe() -> Iterator[LocalStripe]:
    """Both processes; they are ended at the end."""
    behind, before = supervisor.free_port(), supervisor.free_port()
    while before == behind:
        before = supervisor.free_port()
    commands = (
        ["tests.stripe_server.backend", str(behind)],
        ["tests.stripe_server.front", str(before), f"http://127.0.0.1:{behind}"],
    )
    started = [
        subprocess.Popen([sys.executable, "-m", *one], cwd=ROOT, stdout=subprocess.DEVNULL)
        for one in commands
    ]
    try:
        for port in (behind, before):
            supervisor.wait_for_port(port)
        yield LocalStripe(f"http://127.0.0.1:{before}")
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(10)
