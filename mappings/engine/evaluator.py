"""The process that evaluates expressions: `python -m mappings.engine.evaluator`, started by guard.py.

It holds no secret, no connection and no Django. A request is three lines of JSON on stdin (the
jobs, `{"tables", "seconds"}`, the document), the answer one line: for each job an outcome, or a
list of them, one a row (see outcomes.py). It ends when stdin ends or nothing is asked for a while.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import jsonatapy

from mappings.engine.functions import FUNCTIONS, TABLES, Function, NoEntry

DEPTH = 200
"""How deep functions of an expression may call each other."""
SEQUENCE = 20_000
"""Elements of the longest list an expression may make."""
OUTPUT = 200_000
"""Characters of the longest result of one expression."""
_PROGRAMS_KEPT = 50
_FAILURES = (ValueError, TypeError, ArithmeticError, RecursionError, MemoryError)
_MENDS = "Shorten or simplify the expression, or use a lookup table or several rules."


class Evaluation:
    """Compiled expressions, kept from one request to the next."""

    def __init__(self, progress: Callable[[int], None]) -> None:
        self._progress = progress
        self._kept: dict[bytes, list[list[Any]]] = {}
        self._raised: Exception | None = None
        self._deadline = 0.0
        self._seconds = 0.0

    def answer(self, jobs: bytes, frame: bytes, document: bytes) -> str:
        """The outcomes of all jobs as JSON."""
        said = json.loads(frame)
        TABLES.set(said["tables"])
        self._seconds = said["seconds"]
        # Of our own time: what a busy machine gives to others is no fault of an expression.
        self._deadline = time.process_time() + self._seconds
        programs = self._programs(jobs)
        try:
            data = jsonatapy.JsonataData.from_json(document.decode())
        except _FAILURES as error:
            outcome = json.dumps({"e": f"the record cannot be read by expressions: {error}"})
            return f"[{','.join([outcome] * len(programs))}]"
        done = []
        for number, (program, one, rows) in enumerate(programs):
            self._progress(number)
            found, failed = self._run(program, data)
            if failed and rows is not None:
                found = self._row_by_row(one, rows, data)
            done.append(found)
        return f"[{','.join(done)}]"

    def _programs(self, jobs: bytes) -> list[list[Any]]:
        """Each job compiled: the program, and for rows the program of one row and their number."""
        if jobs not in self._kept:
            if len(self._kept) >= _PROGRAMS_KEPT:
                self._kept.clear()
            self._kept[jobs] = [
                [self._compiled(text) if text else None for text in texts]
                for texts in json.loads(jobs)
            ]
        return self._kept[jobs]

    def _compiled(self, text: str) -> jsonatapy.JsonataExpression:
        program = jsonatapy.compile(text, max_stack_depth=DEPTH, max_sequence_length=SEQUENCE)
        for name, function in FUNCTIONS.items():
            if f"${name}" in text:
                program.register(name, self._callable(function))
        return program

    def _callable(self, function: Function) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            try:
                return function.call(*given)
            except TypeError:
                self._raised = ValueError(f"write it as {function.signature}")
                raise
            except _FAILURES as error:
                self._raised = error
                raise

        return call

    def _run(
        self, program: Any, data: Any, bindings: dict[str, Any] | None = None
    ) -> tuple[str, bool]:
        """The outcome as JSON, and whether it is a failure."""
        left = int((self._deadline - time.process_time()) * 1000)
        self._raised = None
        if left <= 0:
            late = "was not evaluated: the expressions before it took all the time"
            return json.dumps(_stopped(late)), True
        try:
            found: str = program.evaluate_data_to_json(data, bindings, timeout=left)
        except _FAILURES as error:
            return json.dumps(self._failure(error)), True
        if len(found) > OUTPUT:
            return json.dumps(_stopped(f"gives more than {OUTPUT:,} characters")), True
        return found, False

    def _row_by_row(self, one: Any, rows: Any, data: Any) -> str:
        """Some row failed: each on its own, so that only that row has a problem."""
        counted, failed = self._run(rows, data)
        if failed:
            return counted
        done: list[str] = []
        for at in range(int(json.loads(counted))):
            found, _ = self._run(one, data, {"at": at})
            done.append(found)
            if '"stopped"' in found and json.loads(found).get("stopped"):
                return found
        return f"[{','.join(done)}]"

    def _failure(self, error: Exception) -> dict[str, Any]:
        message = str(error)
        raised = self._raised
        if isinstance(raised, NoEntry):
            advice = f"Add an entry for {raised.value[:80]!r} to the table {raised.table[:80]!r}."
            return {
                "e": str(raised),
                "advice": advice,
                "table": raised.table,
                "value": raised.value,
            }
        if "D1012" in message:
            return _stopped(f"took longer than {self._seconds:g} s and was stopped")
        if "D1011" in message or "U1002" in message:
            return _stopped("calls itself too often and was stopped")
        if "D2015" in message:
            return _stopped(f"makes a list of more than {SEQUENCE:,} elements and was stopped")
        if isinstance(error, MemoryError) or isinstance(raised, MemoryError):
            return _stopped("needs too much memory and was stopped")
        if raised is not None:
            return {"e": str(raised)}
        code, colon, rest = message.partition(": ")
        return {"e": rest if colon and len(code) == 5 else message}


def _stopped(message: str) -> dict[str, Any]:
    return {"e": f"it {message}", "advice": _MENDS, "stopped": True}


def _limit(megabytes: int) -> None:
    """No core files, and no more memory than that on top of what the process has now."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    most = held + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _allow_time(seconds: float) -> None:
    """So many seconds of CPU from now on; the system ends a process that needs more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _serve(evaluation: Evaluation, idle: float) -> None:
    source = sys.stdin.buffer
    while select.select([source], [], [], idle)[0]:
        jobs, frame, document = source.readline(), source.readline(), source.readline()
        if not document.endswith(b"\n"):
            return
        _allow_time(json.loads(frame)["seconds"])
        sys.stdout.buffer.write(evaluation.answer(jobs, frame, document).encode() + b"\n")
        sys.stdout.buffer.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, required=True)
    parser.add_argument("--idle", type=float, required=True)
    parser.add_argument("--progress", type=int, required=True)
    options = parser.parse_args()
    # It ends with its stdin: a signal to the whole group must not end it amid a record.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # The first evaluation reserves address space once and for all.
    jsonatapy.compile("1").evaluate({}, timeout=1000)
    if sys.platform == "linux":
        _limit(options.megabytes)
    _serve(
        Evaluation(lambda number: _tell(options.progress, number)),
        options.idle,
    )


def _tell(progress: int, number: int) -> None:
    """Which job is run: all that is left to read when this process is ended."""
    os.pwrite(progress, number.to_bytes(4, "big"), 0)


if __name__ == "__main__":
    main()
