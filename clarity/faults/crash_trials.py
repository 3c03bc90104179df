"""Worker processes that kill themselves at every named crash point, and are started again."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

from clarity.faults.ending import EndState
from clarity.faults.ground import Ground
from clarity.faults.nest import Nest, nest
from clarity.faults.results import Result
from clarity.faults.shops import Shops
from integrations.models import InboxItem
from integrations.sync import crash_points
from mappings.canonical.record import Entity
from tenants import scope

# So many times a point is passed with one order and one sale, at the most; a process that does not
# come so often to it ends by itself, and the rest is left out.
MOST_TIMES = 12
TRY_SECONDS = 4.0
# The same code for every item: the first passages are all there is to tell.
_ONCE = ("queue-entry-taken", "lane-held", "before-release", "before-cursor", "after-cursor")


@dataclass
class _Crashed:
    point: str
    shops: Shops
    problem: str = ""


def run(ground: Ground, *, most_times: int = MOST_TIMES) -> Iterator[Result]:
    """Crashes one pair's worker at each point and each passage of it, then starts real workers for
    all of them; one result for each point."""
    ground.workers.kill()
    with nest(folder=ground.folder, environment=ground.environment) as workers:
        crashed = [
            one
            for point in crash_points.NAMES
            for one in _crash_at(ground, workers, point, most_times)
        ]
    over = time.monotonic()
    ground.workers.start()
    ends = {id(one): _recovered(ground, one, over) for one in crashed}
    for point in crash_points.NAMES:
        yield _result(point, [(one, *ends[id(one)]) for one in crashed if one.point == point])


def _crash_at(ground: Ground, workers: Nest, point: str, most_times: int) -> Iterator[_Crashed]:
    times = 1 if point in _ONCE else most_times
    for number in range(1, times + 1):
        shops = ground.shops(f"at-{point}")
        while not shops.is_watched():
            workers.work(shops.lanes(), crash_at="", seconds=0.1)
        shops.order(paid=True)
        shops.sell()
        _heard(shops)
        ended_by = workers.work(shops.lanes(), crash_at=f"{point}:{number}", seconds=TRY_SECONDS)
        if ended_by == signal.SIGKILL:
            yield _Crashed(point, shops)
            continue
        if number == 1:
            yield _Crashed(point, shops, "no process came to this point")
        else:
            # It is not passed so often; the pair is brought to its end as one without a crash.
            yield _Crashed(point, shops)
        return


def _heard(shops: Shops) -> None:
    """Waits until the order's webhook is in the inbox."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with scope.tenant(shops.tenant.pk):
            if InboxItem.objects.filter(entity=Entity.ORDER).exists():
                return
        time.sleep(0.02)


def _recovered(ground: Ground, one: _Crashed, over: float) -> tuple[EndState, float]:
    left = max(5.0, over + ground.scale.patience - time.monotonic())
    return one.shops.until_good(left), time.monotonic() - over


def _result(point: str, ends: list[tuple[_Crashed, EndState, float]]) -> Result:
    problems = [one.problem for one, _, _ in ends if one.problem]
    problems += [
        f"passage {number}: {end.plainly()}"
        for number, (_, end, _) in enumerate(ends, start=1)
        if not end.is_good
    ]
    return Result(
        fault=f"crash-{point}",
        injected=f"worker kills itself at {point}, passages 1 to {max(1, len(ends) - 1)}",
        events=sum(one.shops.events for one, _, _ in ends),
        end=sum((end for _, end, _ in ends), EndState()),
        recovery_seconds=round(max(seconds for _, _, seconds in ends), 1),
        problem="; ".join(problems),
    )
