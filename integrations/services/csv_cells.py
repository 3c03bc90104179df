"""Cells of a table file that no spreadsheet takes for a formula.

What a customer or a supplier wrote ends in exports, and a spreadsheet runs a cell that begins with
one of these signs: https://owasp.org/www-community/attacks/CSV_Injection. A mark in front of it makes
it text. Every table file of the product is written through here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

# The wide forms are turned into the plain ones by some spreadsheets when they read a file.
_BEGINS_A_FORMULA = re.compile(r"\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_IS_A_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# Signs that end a cell early for a reader, or are not seen and turn the rest of a line around.
_UNWANTED = {
    ord(sign): None for sign in "\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
}


def safe_cell(value: object) -> str:
    """The value as text that stays text in a spreadsheet; None is an empty cell.

    An amount below zero stays a number.
    """
    text = ("" if value is None else str(value)).translate(_UNWANTED)
    if _IS_A_NUMBER.fullmatch(text) or not _BEGINS_A_FORMULA.match(text):
        return text
    return f"'{text}"


def safe_row(cells: Iterable[object]) -> list[str]:
    """Every cell of a row, as `safe_cell` writes it."""
    return [safe_cell(cell) for cell in cells]


def as_csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A whole table file: the names of the columns, then the rows."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(safe_row(row) for row in rows)
    return out.getvalue()
