"""The page of mapping functions is the one that the code makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mappings.engine.function_page import page
from mappings.engine.functions import FUNCTIONS

FILE = Path(__file__).resolve().parents[2] / "docs" / "mapping-functions.md"


def test_the_page_is_current_and_has_every_function() -> None:
    assert FILE.read_text("utf-8") == page()
    assert page().count("\n### $") == len(FUNCTIONS)
    call_command("mapping_functions", "--check")


def test_a_page_that_is_not_current_is_told_and_written(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="--write"):
        call_command("mapping_functions", "--check")
    call_command("mapping_functions", "--write")
    assert (tmp_path / "docs" / FILE.name).read_text("utf-8") == page()
