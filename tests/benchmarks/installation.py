"""A whole installation for a benchmark: its processes, and shops that sell to a one-call till."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from clarity import supervisor
from tests import processes
from tests.benchmarks.end_to_end import SETTINGS, Run, open_shops, printing_its_port
from tests.benchmarks.till import add_connectors


@dataclass(frozen=True)
class Installation:
    """`run` sends orders of all shops and says what the till got of them."""

    run: Run
    web: subprocess.Popen[bytes]
    till_url: str

    def only(self, number: int) -> Run:
        """The same for one shop alone."""
        return Run([self.run.shops[number]], self.run.web, self.till_url)


@contextmanager
def one_call(*, tenants: int, call_seconds: float = 0.05) -> Iterator[Installation]:
    """Web, sandbox and till; the workers are the caller's."""
    add_connectors()
    with ExitStack() as stack, patch.dict(os.environ, {"DJANGO_SETTINGS_MODULE": SETTINGS}):
        enter = stack.enter_context
        _, sandbox = enter(
            printing_its_port("integrations.connector_kit.sandbox.server", "shopify")
        )
        _, till = enter(printing_its_port("tests.benchmarks.till", str(call_seconds)))
        shops = open_shops(tenants, sandbox_url=sandbox, till_url=till)
        port = supervisor.free_port()
        web = enter(processes.running(supervisor.web(port=port)))
        supervisor.wait_for_port(port)
        yield Installation(Run(shops, f"http://127.0.0.1:{port}", till), web, till)


def at(waits: list[float], share: float) -> float:
    """The value below which `share` of the sorted ones lie."""
    return waits[min(len(waits) - 1, int(len(waits) * share))]
