"""Where expressions are evaluated: in processes of their own, with limits.

An expression holds the interpreter lock while it runs, one call of a built-in function cannot be
interrupted ($pad to 500 million characters), and memory that runs out ends the process. So no
expression runs in a worker or a web process, neither a draft nor a published one: what was tried
with one record may blow up with the next. A process has no secrets; it stays for further records,
ends when nothing is asked for a minute, and is ended and replaced when a limit is passed. Limits
inside (jsonatapy's time, depth and list length) name the rule; those outside (wall and CPU time,
address space) hold when the inner ones do not.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from mappings.engine.outcomes import Outcomes
from mappings.engine.paths import MISSING
from mappings.engine.plan import Plan

Evaluate = Callable[[Plan, Mapping[str, Any], Mapping[str, Mapping[str, str]]], Sequence[Outcomes]]
"""Gives the outcomes of a plan's jobs for a document and lookup tables."""

_ROOT = Path(__file__).resolve().parents[2]
_MOST_PROCESSES = 4
_IDLE_SECONDS = 60.0
_LONGEST_ANSWER = 32 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """`seconds` for all expressions of one record, `patience` of wall time on top of them (other
    work may have the processor), `megabytes` beyond what the empty process takes."""

    seconds: float
    megabytes: int
    patience: float = 5.0


PUBLISHED = Limits(seconds=1.0, megabytes=256)


class Ended(Exception):  # noqa: N818 - not an error of ours: a limit did what it is for
    """The process was ended, or ended itself, while it ran the job `number`."""

    def __init__(self, why: str, number: int, *, late: bool) -> None:
        super().__init__(why)
        self.number = number
        self.late = late


class Process:
    """One evaluating process. Used by one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._progress = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed in close()
        number = self._progress.fileno()
        self._running = subprocess.Popen(  # noqa: S603 - our own module, no word of a person
            [
                *(sys.executable, "-m", "mappings.engine.evaluator"),
                *("--megabytes", str(limits.megabytes)),
                *("--idle", str(_IDLE_SECONDS)),
                *("--progress", str(number)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=_ROOT,
            # Nothing of our environment: it holds keys.
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1", "RUST_BACKTRACE": "0"},
            pass_fds=(number,),
        )

    def ask(self, lines: bytes) -> bytes:
        """The answer to a request. Raises Ended; the process is closed then."""
        os.pwrite(self._progress.fileno(), bytes(4), 0)
        until = time.monotonic() + self._limits.seconds + self._limits.patience
        try:
            self._send(lines)
            return self._answer(until)
        except TimeoutError:
            raise self._ended(f"took longer than {self._limits.seconds:g} s", late=True) from None
        except OSError:
            raise self._ended(f"needs more than {self._limits.megabytes} MB", late=False) from None

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended; it does so by itself after a while without work."""
        return self._running.poll() is None

    def _send(self, lines: bytes) -> None:
        held = memoryview(lines)
        while held:
            held = held[os.write(self._running.stdin.fileno(), held) :]  # type: ignore[union-attr]

    def _answer(self, until: float) -> bytes:
        source = self._running.stdout.fileno()  # type: ignore[union-attr]
        poll = select.poll()
        poll.register(source, select.POLLIN)
        said = bytearray()
        while not said.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise TimeoutError
            piece = os.read(source, 1 << 16)
            if not piece or len(said) > _LONGEST_ANSWER:
                raise BrokenPipeError
            said += piece
        return bytes(said)

    def _ended(self, why: str, *, late: bool) -> Ended:
        self._running.kill()
        signalled = -self._running.wait()
        number = int.from_bytes(os.pread(self._progress.fileno(), 4, 0), "big")
        self.close()
        if signalled == _OUT_OF_CPU:
            why, late = f"took longer than {self._limits.seconds:g} s", True
        return Ended(why, number, late=late)

    def close(self) -> None:
        """Ends the process. May be called twice."""
        for pipe in (self._running.stdin, self._running.stdout, self._progress):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._running.kill()
        self._running.wait()


_OUT_OF_CPU = 24
"""SIGXCPU"""


class _Pool:
    """Processes that wait for the next record; never more than a few at once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._idle: list[Process] = []
        self._started = 0

    def ask(self, lines: bytes) -> bytes:
        process = self._taken()
        kept = False
        try:
            said = process.ask(lines)
            kept = True
            return said
        finally:
            with self._changed:
                if kept:
                    self._idle.append(process)
                else:
                    self._started -= 1
                self._changed.notify()

    def _taken(self) -> Process:
        with self._changed:
            while True:
                while self._idle:
                    process = self._idle.pop()
                    if process.is_alive:
                        return process
                    process.close()
                    self._started -= 1
                if self._started < _MOST_PROCESSES:
                    break
                self._changed.wait()
            self._started += 1
        try:
            return Process(PUBLISHED)
        except OSError:
            with self._changed:
                self._started -= 1
                self._changed.notify()
            raise

    def close(self) -> None:
        with self._changed:
            while self._idle:
                self._idle.pop().close()
                self._started -= 1


_pool = _Pool()
_inherited: list[_Pool] = []


def _forget() -> None:
    """A forked process must not speak through the pipes of its parent."""
    global _pool
    _inherited.append(_pool)
    _pool = _Pool()


os.register_at_fork(after_in_child=_forget)
atexit.register(lambda: _pool.close())


def evaluated(
    plan: Plan, document: Mapping[str, Any], tables: Mapping[str, Mapping[str, str]]
) -> Sequence[Outcomes]:
    """The outcomes of published rules, by a process that is kept for the next record."""
    return _outcomes(plan, document, tables, PUBLISHED, lambda lines: _pool.ask(lines))


def evaluated_once(limits: Limits) -> Evaluate:
    """Evaluates in a fresh process with these limits, which ends with its answer."""

    def ask(lines: bytes) -> bytes:
        process = Process(limits)
        try:
            return process.ask(lines)
        finally:
            process.close()

    return lambda plan, document, tables: _outcomes(plan, document, tables, limits, ask)


def _outcomes(
    plan: Plan,
    document: Mapping[str, Any],
    tables: Mapping[str, Mapping[str, str]],
    limits: Limits,
    ask: Callable[[bytes], bytes],
) -> Sequence[Outcomes]:
    document = _reached(plan, document)
    try:
        data = json.dumps(document, default=_as_text, skipkeys=True, separators=(",", ":"))
        frame = {"tables": _plain(tables) if plan.reads_tables else {}, "seconds": limits.seconds}
        lines = f"{plan.head}\n{json.dumps(frame)}\n{data}\n".encode()
    except (ValueError, TypeError, RecursionError) as error:
        return [{"e": f"the record cannot be read by expressions: {error}"}] * len(plan.jobs)
    try:
        try:
            said = ask(lines)
        except Ended as ended:
            if ended.late:
                raise
            # It may have ended for a reason of its own, like a minute without work.
            said = ask(lines)
    except Ended as ended:
        return _ended(plan, ended)
    found: list[Outcomes] = json.loads(said)
    return found


def _reached(plan: Plan, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of the document that expressions can reach: most need little of it."""
    if plan.needs is None:
        return document
    found = {}
    for name, names in plan.needs.items():
        value = document.get(name, MISSING)
        if value is MISSING:
            continue
        if names is not None and isinstance(value, list | tuple):
            value = [
                {key: row[key] for key in names if key in row} if type(row) is dict else row
                for row in value
            ]
        found[name] = value
    return found


def _ended(plan: Plan, ended: Ended) -> list[Outcomes]:
    """The job that was run has the blame; the others have no result."""
    guilty = plan.jobs[min(ended.number, len(plan.jobs) - 1)].slot
    advice = f"Shorten or simplify the expression of the rule for {guilty}."
    blame = {"e": f"it {ended} and was stopped", "advice": advice, "stopped": True}
    other = f"it was not evaluated, because the expression for {guilty} was stopped: it {ended}"
    others = {"e": other, "advice": advice}
    return [blame if job.slot == guilty else others for job in plan.jobs]


def _as_text(value: Any) -> str:
    """Amounts and times go into expressions as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _plain(tables: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {name: dict(table) for name, table in tables.items()}
