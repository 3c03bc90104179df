"""Rules and their functions are described as they are in the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mappings.engine.function_page import page
from mappings.engine.functions import FUNCTIONS
from mappings.engine.rule import Rule

FILE = Path(__file__).resolve().parents[2] / "docs" / "mapping-functions.md"


def test_the_page_is_current_and_has_every_function() -> None:
    assert FILE.read_text("utf-8") == page()
    assert page().count("\n### $") == len(FUNCTIONS)
    call_command("mapping_functions", "--check")


@pytest.mark.parametrize("member", Rule.model_fields)
def test_every_member_of_a_rule_is_described(member: str) -> None:
    said = (FILE.parent / "connectors.md").read_text("utf-8")
    assert re.search(rf"`{member}( = [^`]*)?`", said)


def test_a_page_that_is_not_current_is_told_and_written(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="--write"):
        call_command("mapping_functions", "--check")
    call_command("mapping_functions", "--write")
    assert (tmp_path / "docs" / FILE.name).read_text("utf-8") == page()
