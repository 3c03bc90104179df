"""What faults are tried on: sandboxes of a till and of stores, a web process and workers, all on one database."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from clarity import supervisor
from clarity.demo import pairing
from clarity.faults.processes import Killable
from clarity.faults.shops import Shops, Wishes, open_shops
from clarity.supervisor import Supervisor, free_port, wait_for_port


@dataclass(frozen=True)
class Scale:
    """How long and how much. Every pause of the engine is scaled by settings, never waited out.

    `storm`: seconds a storm or an outage lasts; `wrong_clock`: seconds a clock is off; `patience`:
    seconds both sides may take to agree after a fault. `points_of_a_pair`: so many crash points are
    tried on one pair, each at so many `passages`; `checkpoints`: those of a saga.
    """

    orders: int = 3
    storm: float = 4
    longest_pause: int = 2
    lease: int = 4
    patience: float = 150
    wrong_clock: int = 120
    points_of_a_pair: int = 6
    passages: int = 1
    checkpoints: tuple[int, ...] = (1, 3, 5)

    def environment(self) -> dict[str, str]:
        return {
            "CLARITY_LEASE_SECONDS": str(self.lease),
            "CLARITY_RETRY_LONGEST_SECONDS": str(self.longest_pause),
        }


QUICK = Scale()
# Leases and pauses as in production; an outage of 10 minutes is scaled 1:20 with the longest pause.
FULL = Scale(
    orders=12,
    storm=30,
    longest_pause=15,
    lease=10,
    patience=240,
    points_of_a_pair=1,
    passages=2,
    checkpoints=tuple(range(1, 9)),
)


@dataclass
class Ground:
    """Running processes. `stores`: connectors, each of which is tried; `urls`: where the sandboxes
    answer, by connector."""

    scale: Scale
    folder: Path
    environment: Mapping[str, str]
    stores: Sequence[str]
    urls: Mapping[str, str]
    port: int
    web: Killable
    workers: Killable
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def shops(self, name: str, store: str, wishes: Wishes | None = None) -> Shops:
        """Fresh accounts in a tenant of their own."""
        unique = f"{name}-{next(self._numbers)}-{uuid.uuid4().hex[:6]}"
        return open_shops(
            unique, store=store, urls=self.urls, public_url=self.public_url, wishes=wishes
        )

    def pairs(
        self, wanted: Sequence[tuple[str, Wishes | None]], *, by_turns: bool = False
    ) -> list[list[Shops]]:
        """For each name one of each store, or with `by_turns` one alone, of each store in its turn.
        The stores set theirs up side by side."""
        turns = len(self.stores) if by_turns else 1

        def of(number: int) -> list[Shops]:
            mine = wanted[number::turns] if by_turns else wanted
            try:
                return [self.shops(name, self.stores[number], wishes) for name, wishes in mine]
            finally:
                connection.close()

        with ThreadPoolExecutor(len(self.stores)) as pool:
            made = list(pool.map(of, range(len(self.stores))))
        if by_turns:
            return [[made[at % turns][at // turns]] for at in range(len(wanted))]
        return [list(row) for row in zip(*made, strict=True)]

    def start_web(self, **more: str) -> None:
        self.web.start(**more)
        wait_for_port(self.port)


@contextmanager
def ground(folder: Path, scale: Scale, stores: Sequence[str]) -> Iterator[Ground]:
    """Starts everything, and ends it with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **scale.environment(),
        "CLARITY_DB_NAME": str(connection.settings_dict["NAME"]),
        "CLARITY_CRASH_AT": "",
    }
    sandboxes = Supervisor(folder)
    port = free_port()
    web = Killable(supervisor.web(port=port), folder=folder, environment=environment)
    workers = Killable(supervisor.workers(), folder=folder, environment=environment)
    try:
        ports = {name: sandboxes.add_sandbox(name, seed="7") for name in (*stores, pairing.POS)}
        for number in ports.values():
            wait_for_port(number)
        urls = {name: f"http://127.0.0.1:{number}" for name, number in ports.items()}
        made = Ground(scale, folder, environment, stores, urls, port, web, workers)
        made.start_web()
        workers.start()
        yield made
    finally:
        web.kill()
        workers.kill()
        sandboxes.stop()
