"""What a cluster's processes share works on when one of them is killed at its worst moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from integrations.queue.wires import LONGEST_RESULT, Countdown, Flag, Wire

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")

_context = multiprocessing.get_context("fork")


@contextmanager
def running(work: Callable[[], object]) -> Iterator[BaseProcess]:
    process = _context.Process(target=work)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def asleep(process: BaseProcess) -> None:
    """Waits until the process waits for something itself."""
    state = Path(f"/proc/{process.pid}/stat")
    if not state.exists():
        time.sleep(0.3)
        return
    for _ in range(200):
        if state.read_text().rpartition(") ")[2].startswith("S"):
            time.sleep(0.02)
            return
        time.sleep(0.01)
    pytest.fail("the process does not come to rest")


@pytest.mark.parametrize("on_request", [False, True])
def test_a_reader_that_is_killed_while_it_waits_takes_nothing_with_it(on_request: bool) -> None:
    work, answers = Wire(on_request=on_request), Wire()
    with running(work.get) as killed, running(lambda: answers.put(work.get())) as other:
        asleep(killed)
        asleep(other)
        assert killed.pid is not None
        os.kill(killed.pid, signal.SIGKILL)
        killed.join()
        work.put({"id": 1})
        assert answers.get() == {"id": 1}


def test_nothing_is_put_ahead_of_a_reader() -> None:
    work, done = Wire(on_request=True), Wire()

    def put() -> None:
        work.put("a task")
        done.put("handed over")

    with running(put) as writer:
        asleep(writer)
        assert work.empty()
        assert done.empty()
        assert work.get() == "a task"
        assert done.get() == "handed over"


def test_the_last_word_does_not_wait_for_a_reader() -> None:
    work = Wire(on_request=True)
    work.put("STOP")
    assert work.qsize() == 1
    assert work.get() == "STOP"
    assert work.qsize() == 0


def test_a_result_that_is_too_long_is_cut() -> None:
    results = Wire()
    results.put({"id": 7, "result": "x" * 5_000_000, "success": False})
    kept = results.get()
    assert kept["id"] == 7
    assert len(kept["result"]) == LONGEST_RESULT


def test_a_flag_is_seen_by_the_others() -> None:
    flag = Flag()
    assert not flag.wait(0.01)
    with running(flag.set) as raised:
        raised.join()
        assert flag.is_set()
        assert flag.wait(5)


def test_a_countdown_runs_down_by_itself_and_only_its_worker_sets_it() -> None:
    left = Countdown()
    assert left.value == -1

    def begin() -> None:
        left.value = 100
        left.value += 3

    with running(begin) as worker:
        worker.join()
    left.value -= 90
    assert 90 < left.value <= 103

    def end() -> None:
        left.value = -2

    with running(end) as worker:
        worker.join()
    assert left.value == -2
