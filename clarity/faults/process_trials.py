"""Faults of our own processes: killed, drained, and the database taken from under them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection as database

from clarity.faults.ending import unknown_outcomes
from clarity.faults.ground import Ground
from clarity.faults.processes import DRAIN_SECONDS
from clarity.faults.results import Result, result_of
from clarity.faults.shops import Shops
from clarity.postgres import embedded
from integrations.sync.interruptions import drop_broken

Hit = Callable[[Ground, Sequence[Shops]], str]


@dataclass(frozen=True)
class ProcessTrial:
    """One fault, that hits a pair of each store at once. `hit` does it in the middle of the traffic
    and answers what went wrong with it, "" when nothing did. `needs_own_database`: it would disturb
    others."""

    name: str
    injected: str
    hit: Hit
    needs_own_database: bool = False

    def run(self, ground: Ground) -> Iterator[Result]:
        (merchants,) = ground.pairs([(self.name, None)])
        for shops in merchants:
            shops.wait_until_watched()
        with _traffic(merchants, ground.scale.orders) as traffic:
            time.sleep(0.5)
            problem = self.hit(ground, merchants)
            for one in traffic:
                one.result()
        over = time.monotonic()

        def ended(shops: Shops) -> Result:
            try:
                end = shops.until_good(ground.scale.patience)
                seconds = time.monotonic() - over
                return result_of(self.name, self.injected, shops, end, seconds, problem)
            finally:
                database.close()

        with ThreadPoolExecutor(len(merchants)) as pool:
            yield from pool.map(ended, merchants)


@contextmanager
def _traffic(merchants: Sequence[Shops], orders: int) -> Iterator[list[Future[None]]]:
    """Buyers and cashiers, who do not care about our processes."""

    def go(shops: Shops) -> None:
        for _ in range(3):
            shops.a_bit_of_everything(orders)
            time.sleep(0.3)

    with ThreadPoolExecutor(len(merchants)) as pool:
        yield [pool.submit(go, shops) for shops in merchants]


def _kill_web(ground: Ground, merchants: Sequence[Shops]) -> str:
    killed = ground.web.kill()
    time.sleep(1)
    ground.start_web()
    return "" if killed > 1 else "the web process had ended before it was killed"


def _kill_workers(ground: Ground, merchants: Sequence[Shops]) -> str:
    killed = 0
    for _ in range(3):
        killed += ground.workers.kill()
        ground.workers.start()
        time.sleep(1.5)
    return "" if killed > 6 else "too few worker processes were there to be killed"


def _kill_each_worker(ground: Ground, merchants: Sequence[Shops]) -> str:
    killed = ground.workers.kill_members(pause=0.3)
    return "" if killed > 4 else f"only {killed} processes of the workers were there to be killed"


def _drain(ground: Ground, merchants: Sequence[Shops]) -> str:
    """SIGTERM to the workers, then the web. What was begun must have been finished."""
    late = [] if ground.workers.drain() else ["workers"]
    cut = sum(unknown_outcomes(shops.tenant.pk) for shops in merchants)
    late += [] if ground.web.drain() else ["web"]
    ground.start_web()
    ground.workers.start()
    if late:
        return f"did not end by itself {DRAIN_SECONDS} s after SIGTERM: {' and '.join(late)}"
    return f"{cut} calls were cut in the middle" if cut else ""


def _restart_database(ground: Ground, merchants: Sequence[Shops]) -> str:
    folder = Path(str(settings.DATABASES["default"]["CLARITY_EMBEDDED_DIR"]))
    for _ in range(2):
        database.close()
        if not embedded.stop(folder):
            return "PostgreSQL did not run, so it could not be restarted"
        embedded.ensure_running(folder)
        # Whatever this process still has at hand was connected to the one that ended.
        drop_broken()
        time.sleep(1)
    return ""


def _crash_web_after_storing(ground: Ground, merchants: Sequence[Shops]) -> str:
    ground.web.kill()
    ground.start_web(CLARITY_CRASH_AT="notice-stored")
    for shops in merchants:
        shops.order()
    reached = ground.web.said("crash point notice-stored reached", within=20)
    ground.web.kill()
    ground.start_web()
    return "" if reached else "the crash point was not reached"


TRIALS = (
    ProcessTrial("web-killed", "kill -9 to the web process, started again after 1 s", _kill_web),
    ProcessTrial(
        "web-killed-after-storing",
        "web process kills itself when a notice is stored, before the hint",
        _crash_web_after_storing,
    ),
    ProcessTrial("workers-killed", "kill -9 to all worker processes, three times", _kill_workers),
    ProcessTrial(
        "one-worker-killed",
        "kill -9 to each worker process, one after the other",
        _kill_each_worker,
    ),
    ProcessTrial("drained", "SIGTERM to workers and web in the middle of the work", _drain),
    ProcessTrial(
        "postgres-restarted",
        "PostgreSQL stopped and started twice under everything",
        _restart_database,
        needs_own_database=True,
    ),
)
