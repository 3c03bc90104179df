"""Table files that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io

import pytest

from clarity.web.csv_cells import as_csv, csv_download, safe_row


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ('=HYPERLINK("https://bad.example","x")', '\'=HYPERLINK("https://bad.example","x")'),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1", "'\r=1"),
        ("\ufeff=1", "'=1"),
        ("\u202e=1", "'=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a\x00b", "ab"),
        ("-12.50", "-12.50"),
        ("+4", "+4"),
        ("Zoë's hat", "Zoë's hat"),
        (None, ""),
        (3, "3"),
    ],
)
def test_a_cell_is_never_a_formula(value: object, cell: str) -> None:
    assert safe_row([value]) == [cell]


def test_a_table_file_is_read_as_it_was_meant() -> None:
    text = as_csv(["order", "note"], [["1001", 'two\nlines, "quoted"'], ["=1", None]])

    assert list(csv.reader(io.StringIO(text))) == [
        ["order", "note"],
        ["1001", 'two\nlines, "quoted"'],
        ["'=1", ""],
    ]


def test_a_name_of_a_file_cannot_add_a_header() -> None:
    answer = csv_download("a\r\n", name='x"\r\nSet-Cookie: a=b.csv')

    assert answer["Content-Disposition"] == 'attachment; filename="xSet-Cookieab.csv"'
    assert answer["Cache-Control"] == "private, no-store"
