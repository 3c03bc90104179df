"""No expression takes the process, the memory or the time of those who evaluate it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import psutil
import pytest

from mappings.engine import guard, trial
from mappings.engine.guard import Limits, evaluated_once
from mappings.engine.rules import rule_set
from mappings.engine.transform import Transformed, transform

ENDLESS = "($f := function(){ $f() }; $f())"
BLOW_UP = "$map([1..10000], function($a){ $map([1..10000], function($b){ $b }) })"
LAUGHS = "a" + '.{"a":$,"b":$}' * 40
FULL = '$map([1..20000], function($n){ $n & "' + "x" * 3000 + '" })'


def rules(*expressions: str) -> Any:
    rows = [
        {"target": f"field_{number}", "expression": text} for number, text in enumerate(expressions)
    ]
    return rule_set("test", rows)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (ENDLESS, "took longer than 0.3 s"),
        (BLOW_UP, "took longer than 0.3 s"),
        ("($f := function($n){ 1 + $f($n) }; $f(1))", "calls itself too often"),
        ("[1..10000000]", "makes a list of more than 20,000 elements"),
        ('$pad("x", 300000)', "gives more than 200,000 characters"),
    ],
)
def test_a_hostile_draft_is_stopped_with_a_clear_message(expression: str, why: str) -> None:
    stopped = trial.run(rules("a", expression), {"a": 1}, seconds=0.3, megabytes=128)
    assert isinstance(stopped, trial.TrialStopped)
    assert stopped.target == "field_1"
    assert why in stopped.message
    assert "the expression for field_1" in stopped.message


def test_memory_ends_before_the_machine_has_none() -> None:
    stopped = trial.run(rules(FULL), {}, seconds=5, megabytes=16)
    assert isinstance(stopped, trial.TrialStopped)
    assert "the expression for field_0: it needs more than 16 MB" in stopped.message


def test_one_call_that_cannot_be_interrupted_is_ended_from_outside() -> None:
    evaluate = evaluated_once(Limits(seconds=0.2, megabytes=4096, patience=0.3))
    done = transform(rules(LAUGHS, "a"), {"a": 1}, evaluate=evaluate)
    assert [problem.stopped for problem in done.problems] == [True, False]
    assert "field_0: it took longer than 0.2 s and was stopped" in done.problems[0].message
    assert "because the expression for field_0 was stopped" in done.problems[1].message


def test_a_pattern_that_other_engines_never_finish_is_harmless() -> None:
    done = trial.run(rules('$match($pad("a", 50000, "a") & "b", /^(a+)+$/)'), {})
    assert done == Transformed()


def test_the_next_record_is_evaluated_after_one_was_stopped() -> None:
    assert transform(rules("[1..10000000]", "a"), {"a": 7}).fields == {"field_1": 7}


def test_processes_that_ended_by_themselves_are_replaced() -> None:
    assert transform(rules("a"), {"a": 7}).fields == {"field_0": 7}
    ended = list(guard._pool._idle)
    for process in ended:
        process._running.kill()
    assert transform(rules("a"), {"a": 8}).fields == {"field_0": 8}
    assert len(guard._pool._idle) <= len(ended)


def test_a_process_ends_with_the_one_that_asks() -> None:
    script = (
        "import os, signal\n"
        "from mappings.engine import guard\n"
        "process = guard.Process(guard.PUBLISHED)\n"
        'process.ask(b\'[]\\n{"tables":{},"seconds":1}\\n{}\\n\')\n'
        "print(process._running.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    asked = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=False)
    assert asked.returncode == -signal.SIGKILL
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(asked.stdout)).wait(timeout=30)


def test_threads_have_a_few_processes_between_them() -> None:
    made: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda n=number: made.append(transform(rules("a"), {"a": n}).fields["field_0"])
        )
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == list(range(12))
    assert guard._pool._started <= 4


def test_a_forked_process_has_evaluators_of_its_own() -> None:
    script = (
        "import os, sys\n"
        "from mappings.engine import guard\n"
        "from mappings.engine.rules import rule_set\n"
        "from mappings.engine.transform import transform\n"
        "rules = rule_set('t', [{'target': 'a', 'expression': 'b'}])\n"
        "assert transform(rules, {'b': 1}).fields == {'a': 1}\n"
        "mine = guard._pool._idle[0]._running.pid\n"
        "if os.fork() == 0:\n"
        "    assert transform(rules, {'b': 2}).fields == {'a': 2}\n"
        "    os._exit(guard._pool._idle[0]._running.pid == mine)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_the_process_knows_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARITY_MASTER_KEYS", "secret")
    process = guard.Process(guard.PUBLISHED)
    try:
        with open(f"/proc/{process._running.pid}/environ", "rb") as file:
            assert b"secret" not in file.read()
        assert json.loads(process.ask(b'[]\n{"tables":{},"seconds":1}\n{}\n')) == []
    finally:
        process.close()
    assert process._running.returncode is not None
    assert not os.path.exists(f"/proc/{process._running.pid}/environ")
