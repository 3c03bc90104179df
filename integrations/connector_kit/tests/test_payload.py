"""A tamed payload is read as a type or refused with its full path."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload

ROW: dict[str, Any] = {
    "id": 820982911946154508,
    "price": "19.90",
    "empty": "",
    "null": None,
    "flag": True,
    "placed": "2026-03-02T10:04:05-05:00",
    "lines": [{"sku": "A"}, {"sku": None}],
    "status": "paid",
}


def test_values_are_read_as_types() -> None:
    payload = Payload(ROW)
    assert payload.text("id") == "820982911946154508"
    assert payload.decimal("price") == Decimal("19.90")
    assert payload.instant("placed") == datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
    assert payload.flag("flag") is True
    assert payload.one_of("status", {"paid": 1}) == 1
    assert [row.maybe_text("sku") for row in payload.rows("lines")] == ["A", None]
    assert payload.maybe_text("empty") is payload.maybe_text("null") is None
    assert list(payload.rows("missing")) == []


@pytest.mark.parametrize(
    ("read", "field", "said"),
    [
        (lambda p: p.text("missing"), "missing", ""),
        (lambda p: p.decimal("status"), "status", "'paid'"),
        (lambda p: p.integer("price"), "price", "'19.90'"),
        (lambda p: p.instant("status"), "status", "'paid'"),
        (lambda p: p.flag("status"), "status", "'paid'"),
        (lambda p: p.one_of("status", {"open": 1}), "status", "paid"),
        (lambda p: p.child("status"), "status", "'paid'"),
        (lambda p: list(p.rows("status")), "status", "'paid'"),
        (lambda p: [row.text("sku") for row in p.rows("lines")], "lines[1].sku", ""),
    ],
)
def test_what_is_not_there_or_is_another_type_names_its_path(
    read: Any, field: str, said: str
) -> None:
    with pytest.raises(Rejected) as caught:
        read(Payload(ROW))
    assert caught.value.field == field
    assert caught.value.said == said
    assert caught.value.advice


@pytest.mark.parametrize("value", ["1e999999999", "NaN", "Infinity", "-1e-99999", "12,50"])
def test_a_number_that_is_none_is_refused_in_time(value: str) -> None:
    with pytest.raises(Rejected, match="a number was expected"):
        Payload({"total": value}).maybe_integer("total")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(Rejected, match="a time with its zone"):
        Payload({"at": "2026-03-02T10:04:05"}).instant("at")


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_refused(value: str) -> None:
    with pytest.raises(Rejected) as refused:
        Payload({"changed": value}).instant("changed")
    assert (refused.value.field, refused.value.said) == ("changed", repr(value))


def test_characters_no_database_keeps_are_replaced() -> None:
    payload = Payload({"name": "#1\x002", "note": "\ud83d cut", "tags": ["a\x00"]})
    assert payload.text("name") == "#1\ufffd2"
    assert payload.text("note") == "\ufffd cut"
    assert payload.texts("tags") == ["a\ufffd"]
    assert Payload({"note": "\U0001f600"}).text("note") == "\U0001f600", "a whole emoji stays"
