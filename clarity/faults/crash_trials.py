"""Worker processes that kill themselves at every named crash point, and are started again."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection as database
from django.utils import timezone

from clarity.faults.ground import Ground, Scale
from clarity.faults.nest import Nest, nest
from clarity.faults.results import Result, result_of
from clarity.faults.shops import Shops
from integrations.models import InboxItem
from integrations.sync import crash_points
from mappings.canonical.record import Entity
from tenants import scope

TRY_SECONDS = 6.0
SHORT_LEASE = 1
# There is one of each in a life of a worker that is worth dying at.
_ONCE = ("queue-entry-taken", "lane-held", "notice-stored", "before-release")


@dataclass
class _Crashed:
    """One pair, whose worker died at each of the points in turn."""

    points: Sequence[str]
    shops: Shops
    deaths: int = 0
    problems: list[str] = field(default_factory=list)


def run(ground: Ground) -> Iterator[Result]:
    """Crashes workers at each point, one pair after the other, and starts real workers at the end.

    A worker that takes over from a dead one dies at the next point: what it was mending then is
    mended by the one after it. The stores have their turns at the same time, each with workers of
    its own.
    """
    ground.workers.kill()
    with ThreadPoolExecutor(len(ground.stores)) as pool:
        crashed = [
            one
            for found in pool.map(lambda s: _crash_all(ground, s), ground.stores)
            for one in found
        ]
    over = time.monotonic()
    ground.workers.start()
    for one in crashed:
        left = max(5.0, over + ground.scale.patience - time.monotonic())
        end = one.shops.until_good(left)
        yield result_of(
            f"crash-{'+'.join(one.points)}" if len(one.points) == 1 else "crash-points",
            f"a worker kills itself at {', '.join(one.points)}; {one.deaths} deaths",
            one.shops,
            end,
            time.monotonic() - over,
            "; ".join(one.problems),
        )


def _crash_all(ground: Ground, store: str) -> list[_Crashed]:
    try:
        with nest(name=store, folder=ground.folder, environment=ground.environment) as workers:
            return [_crash(ground, store, workers, points) for points in groups(ground.scale)]
    finally:
        database.close()


def groups(scale: Scale) -> Iterator[Sequence[str]]:
    """The points that are tried on one pair, for each pair."""
    names, size = crash_points.NAMES, scale.points_of_a_pair
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _crash(ground: Ground, store: str, workers: Nest, points: Sequence[str]) -> _Crashed:
    one = _Crashed(points, ground.shops("crash", store))
    while not one.shops.is_watched():
        workers.work(one.shops.lanes(), crash_at="", seconds=0.1, lease=SHORT_LEASE)
    for point in points:
        for number in _passages(point, ground.scale):
            if not _dies(one, workers, f"{point}:{number}"):
                if number == 1:
                    one.problems.append(f"no process came to {point}")
                break
    return one


def _passages(point: str, scale: Scale) -> Sequence[int]:
    if point in _ONCE:
        return (1,)
    if point.endswith("-checkpoint"):
        return scale.checkpoints
    return range(1, scale.passages + 1)


def _dies(one: _Crashed, workers: Nest, crash_at: str) -> bool:
    """One order and one sale, and a worker that dies of them; whether it did."""
    began = timezone.now()
    one.shops.order(paid=True)
    one.shops.sell()
    _wait_for_order(one.shops, since=began)
    ended_by = workers.work(
        one.shops.lanes(), crash_at=crash_at, seconds=TRY_SECONDS, lease=SHORT_LEASE
    )
    one.deaths += ended_by == signal.SIGKILL
    return ended_by == signal.SIGKILL


def _wait_for_order(shops: Shops, *, since: datetime) -> None:
    """Until the webhook of the order is in the inbox."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with scope.tenant(shops.tenant.pk):
            if InboxItem.objects.filter(entity=Entity.ORDER, received_at__gte=since).exists():
                return
        time.sleep(0.02)
