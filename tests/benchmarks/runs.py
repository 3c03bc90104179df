"""Several runs of a benchmark, each in an installation of its own, and the medians of their figures."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from clarity.postgres import embedded
from tests.benchmarks.catalogue import BENCHMARKS, Target

ROOT = Path(__file__).resolve().parents[2]
# Of these the worst run counts: three runs that lose one order each time must not look well.
WORST = {"lost", "doubled", "refused", "refused_429", "differences"}


@dataclass(frozen=True)
class Result:
    """What came of a benchmark. `problem` says why there are no figures."""

    name: str
    runs: int
    figures: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    def value(self, target: Target) -> float | None:
        found: Any = self.figures
        for step in target.figure.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        return float(found) if isinstance(found, int | float) else None

    def verdict(self, target: Target) -> str:
        """ "yes", "no", or "" where nothing was promised or measured."""
        value = self.value(target)
        if value is None or not target.limit:
            return ""
        return "yes" if target.is_met(value) else "no"

    def as_json(self) -> dict[str, Any]:
        targets = [
            {
                "figure": target.figure,
                "value": self.value(target),
                "target": target.limit,
                "is_met": {"yes": True, "no": False}.get(self.verdict(target)),
            }
            for target in BENCHMARKS[self.name].targets
        ]
        answer = {"name": self.name, "runs": self.runs, "targets": targets}
        return {**answer, **({"problem": self.problem} if self.problem else {}), **self.figures}


def measure(name: str, *, runs: int, folder: Path) -> Result:
    """The medians of `runs` runs. `folder` is emptied before and after each."""
    found = []
    for _ in range(runs):
        answer = _once(name, folder)
        if isinstance(answer, str):
            return Result(name, runs, problem=answer)
        found.append(answer)
    figures = merged(found)
    assert isinstance(figures, dict)
    return Result(name, runs, figures)


def _once(name: str, folder: Path) -> dict[str, Any] | str:
    """The figures of one run, or why there are none."""
    _end_all_of(folder)
    embedded.remove(folder / "postgres")
    environment = {
        **os.environ,
        "CLARITY_DATA_DIR": str(folder),
        "CLARITY_LOG_LEVEL": "ERROR",
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "clarity.settings",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.one", name],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=BENCHMARKS[name].seconds,
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {BENCHMARKS[name].seconds} s"
    finally:
        _end_all_of(folder)
        embedded.remove(folder / "postgres")
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines()
        return said[-1][:300] if said else f"ended with {done.returncode} and said nothing"
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def _end_all_of(folder: Path) -> None:
    """Ends what a run that was broken off has left behind: only its processes have this folder."""
    for process in psutil.process_iter():
        try:
            is_left = process.environ().get("CLARITY_DATA_DIR") == str(folder)
            if is_left and process.pid != os.getpid():
                process.kill()
        except psutil.Error:
            continue  # it has ended, or is not ours to look at


def merged(found: Sequence[Any], *, name: str = "") -> Any:
    """One answer of several of the same shape: numbers by their median, or by the worst."""
    first = found[0]
    if isinstance(first, Mapping):
        return {key: merged([one.get(key) for one in found], name=key) for key in first}
    numbers = [one for one in found if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != len(found):
        return first
    if name in WORST:
        return max(numbers)
    return round(statistics.median(numbers), 3)
