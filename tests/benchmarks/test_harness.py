"""The harness says what was measured, the worst of what must not happen, and whether it is enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.benchmarks import report, runs
from tests.benchmarks.catalogue import Target
from tests.benchmarks.runs import Result

MACHINE = dict.fromkeys(
    ("date", "cores", "processor", "memory", "system", "python", "django", "postgresql"), "x"
) | {"load_before": "0.1"}
NAME = "throughput-many"


def test_several_runs_give_medians_and_the_worst_loss() -> None:
    found = runs.merged(
        [
            {"per_second": 10.0, "lost": 0, "cpu": {"all": 5}, "mode": "fast"},
            {"per_second": 30.0, "lost": 2, "cpu": {"all": 7}, "mode": "fast"},
            {"per_second": 20.0, "lost": 0, "cpu": {"all": 9}, "mode": "fast"},
        ]
    )
    assert found == {"per_second": 20.0, "lost": 2, "cpu": {"all": 7}, "mode": "fast"}


def test_a_target_is_met_missed_or_not_measured() -> None:
    result = Result(NAME, 1, {"p99_ms": 10.0, "cpu": {"all": 6}})
    assert result.verdict(Target("p99_ms", "p99", "ms", at_most=10)) == "yes"
    assert result.verdict(Target("cpu.all", "CPU", "ms", at_most=5)) == "no"
    assert result.verdict(Target("cpu.all", "CPU", "ms", at_least=6)) == "yes"
    assert result.verdict(Target("cpu.web", "CPU", "ms", at_most=5)) == ""
    assert result.verdict(Target("p99_ms", "p99", "ms")) == ""


def test_the_table_stands_between_the_marks_and_hides_nothing(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "utf-8")
    good = Result(NAME, 3, {"per_second": 400, "cpu_ms_per_order": {"all": 9.5}, "lost": 0})
    bad = Result("pages", 3, problem="did not end | within 5 s")
    report.write(document, report.table([good, bad], MACHINE))
    written = document.read_text("utf-8")
    assert written.startswith(f"before\n{report.BEGIN}\n")
    assert written.endswith(f"{report.END}\nafter\n")
    assert "old" not in written
    assert f"| `{NAME}` | delivered | 400 /s | ≥ 370 /s | yes |" in written
    assert "| CPU per order, all processes | 9.5 ms | ≤ 5 ms | **no** |" in written
    assert "| doubled | not measured | ≤ 0 |  |" in written
    assert "| `pages` | not measured: did not end / within 5 s | | | no |" in written


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "other.md"
    document.write_text("nothing here", "utf-8")
    with pytest.raises(ValueError, match=r"other\.md lacks the marks"):
        report.write(document, "table")
    assert document.read_text("utf-8") == "nothing here"


def test_a_run_has_a_database_of_its_own_that_is_gone_afterwards(tmp_path: Path) -> None:
    result = runs.measure("transform", runs=1, folder=tmp_path / "bench")
    assert result.problem == ""
    assert result.figures["rules"] == 60
    assert not (tmp_path / "bench" / "postgres").exists()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CommandError, match="no benchmark speed. There are: accept, "):
        call_command("bench", "speed")
    with pytest.raises(CommandError, match="--runs is 0"):
        call_command("bench", "accept", "--runs", "0")
