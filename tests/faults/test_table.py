"""The fault table is written between its marks, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clarity.faults import table
from clarity.faults.ending import EndState
from clarity.faults.ground import QUICK
from clarity.faults.results import Result
from clarity.faults.run import NAMES

ROOT = Path(__file__).resolve().parents[2]
ROW = Result("hang", "answers hang", 9, EndState(lost=1, doubled=2, stock_differences=3), 4.26)


def test_the_table_goes_between_the_marks(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n", "utf-8")
    made = table.markdown(
        [ROW], scale=QUICK, now=datetime(2026, 3, 2, tzinfo=UTC), command="manage.py faults hang"
    )
    table.write(file, made)
    text = file.read_text("utf-8")
    assert text.startswith(f"before\n{table.BEGIN}\n`manage.py faults hang` on 2026-03-02:")
    assert "| hang | answers hang | 9 | 1 | 2 | 3 | 4.3 s |" in text
    assert text.endswith(f"|\n{table.END}\nafter\n")
    assert "old" not in text


def test_a_file_without_marks_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("no marks", "utf-8")
    with pytest.raises(table.NoPlace, match="faults:begin"):
        table.write(file, "table")
    assert file.read_text("utf-8") == "no marks"


def test_the_page_has_a_row_for_every_fault() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    rows = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines()]
    for name in NAMES:
        assert any(
            row == name or (name == "crash-points" and row.startswith("crash-")) for row in rows
        ), name
