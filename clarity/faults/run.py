"""Tries faults, one after the other or side by side, and tells how each ended."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connection as database

from clarity.faults import account_trials, crash_trials, process_trials
from clarity.faults.account_trials import AccountTrial
from clarity.faults.ground import Ground, Scale, ground
from clarity.faults.results import Result, result_of
from clarity.faults.shops import Shops

CRASH_POINTS = "crash-points"
AT_ONCE = 5

NAMES = (
    *(trial.name for trial in account_trials.TRIALS),
    *(trial.name for trial in process_trials.TRIALS),
    CRASH_POINTS,
)


def run(
    names: Collection[str],
    *,
    scale: Scale,
    folder: Path,
    stores: Sequence[str],
    by_turns: bool = False,
) -> Iterator[Result]:
    """The results of the named faults, of all when none is named, with each of the stores; with
    `by_turns` a fault of accounts is tried with one of them, the next one with the next.

    Faults of accounts happen side by side, each in a tenant of its own, so they disturb one another
    no more than merchants do. What happens to our processes hits a pair of each store at once.
    """
    wanted = set(names) or set(NAMES)
    with ground(folder, scale, stores) as ready:
        chosen = [trial for trial in account_trials.TRIALS if trial.name in wanted]
        at_once = AT_ONCE * len(stores) if by_turns else AT_ONCE
        for start in range(0, len(chosen), at_once):
            yield from _side_by_side(chosen[start : start + at_once], ready, by_turns)
        for one in process_trials.TRIALS:
            if one.name in wanted:
                yield from one.run(ready)
        if CRASH_POINTS in wanted:
            yield from crash_trials.run(ready)


def _side_by_side(
    trials: Sequence[AccountTrial], ready: Ground, by_turns: bool
) -> Iterator[Result]:
    # Pairs are set up first: what is slow only then must not look like a fault.
    wanted = [(one.name, one.wishes(ready.scale)) for one in trials]
    rows = ready.pairs(wanted, by_turns=by_turns)
    pairs = [(one, shops) for one, row in zip(trials, rows, strict=True) for shops in row]
    with ThreadPoolExecutor(len(pairs)) as pool:
        yield from pool.map(lambda pair: _of_account(pair[0], pair[1], ready.scale), pairs)


def _of_account(trial: AccountTrial, shops: Shops, scale: Scale) -> Result:
    try:
        shops.wait_until_watched()
        over = trial.run(shops, scale)
        end = shops.until_good(scale.patience)
        return result_of(trial.name, trial.injected, shops, end, time.monotonic() - over)
    finally:
        database.close()
