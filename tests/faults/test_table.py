"""The fault table is written between its marks, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from clarity.demo import pairing
from clarity.faults import table
from clarity.faults.ending import EndState
from clarity.faults.ground import QUICK
from clarity.faults.results import Result
from clarity.faults.run import NAMES

ROOT = Path(__file__).resolve().parents[2]
ROW = Result(
    "hang", "A Shop", "answers hang", 9, EndState(lost=1, doubled=2, stock_differences=3), 4.26
)


def test_the_table_goes_between_the_marks(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n", "utf-8")
    made = table.markdown(
        [ROW], scale=QUICK, now=datetime(2026, 3, 2, tzinfo=UTC), command="manage.py faults hang"
    )
    table.write(file, made)
    text = file.read_text("utf-8")
    assert text.startswith(f"before\n{table.BEGIN}\n`manage.py faults hang` on 2026-03-02:")
    assert "| hang | A Shop | answers hang | 9 | 1 | 2 | 3 | 4.3 s |" in text
    assert text.endswith(f"|\n{table.END}\nafter\n")
    assert "old" not in text


def test_rows_of_what_was_not_tried_this_time_stay(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    kept = "| hang | Another Shop | answers hang | 9 | 0 | 0 | 0 | 1.0 s |"
    gone = "| hang | A Shop | answers hang | 7 | 0 | 0 | 0 | 1.0 s |"
    file.write_text(f"{table.BEGIN}\n{kept}\n{gone}\n{table.END}\n", "utf-8")
    made = table.markdown([ROW], scale=QUICK, now=datetime(2026, 3, 2, tzinfo=UTC), command="x")
    table.write(file, made)
    text = file.read_text("utf-8")
    assert kept in text
    assert gone not in text


def test_a_file_without_marks_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("no marks", "utf-8")
    with pytest.raises(table.NoPlace, match="faults:begin"):
        table.write(file, "table")
    assert file.read_text("utf-8") == "no marks"


def test_the_page_has_a_row_for_every_fault() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    rows = [tuple(line.removeprefix("| ").split(" | ")[:2]) for line in text.splitlines()]
    for name, store in product(NAMES, map(pairing.label, pairing.stores())):
        assert any(
            row == (name, store)
            or (name == "crash-points" and row[0].startswith("crash-") and row[1] == store)
            for row in rows
        ), f"{name} with {store}"
