"""A whole installation for a benchmark, with the sandboxes of a till and a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from clarity import supervisor
from clarity.demo.pairing import POS, STORE
from tests import processes
from tests.benchmarks.end_to_end import printing_its_port
from tests.flow.conftest import Rig
from tests.scale import rigs

Open = Callable[..., Rig]


@contextmanager
def installation(store: str = STORE) -> Iterator[Open]:
    """Gives the function that makes a tenant with a running pair: its name, and as `rigs.make`."""
    with ExitStack() as stack:
        enter = stack.enter_context
        _, shop = enter(printing_its_port("integrations.connector_kit.sandbox.server", store))
        _, till = enter(printing_its_port("integrations.connector_kit.sandbox.server", POS))
        web = enter(processes.web())
        enter(processes.running(supervisor.workers()))

        def make(name: str, **options: Any) -> Rig:
            return rigs.make(
                name, store=store, shop_url=shop, till_url=till, public_url=web, **options
            )

        yield make
