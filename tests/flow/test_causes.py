"""What two failures must share to be one incident."""

from __future__ import annotations

import pytest

from integrations.connector_kit.errors import Rejected, TryLater
from integrations.sync.causes import cause, error_name, plain_message
from mappings.canonical.record import InvalidRecord

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Order S-1001: no item for SKU 88-RED.", "Order S-2: no item for SKU 7-BLUE."),
        ("status is 'paid_in_shells'", "status is 'odd one'"),
        ('status is "a b"', 'status is "c"'),
        ("Buyer ann@example.com is unknown", "Buyer bob.b@mail.example.com is unknown"),
        ("placed 2026-03-01T10:00:00Z, too old", "placed 2025-12-31T23:59:59+02:00, too old"),
        ("lines 20.00 + tax 1.05 = 21.05, said 21.06", "lines 3.00 + tax 0 = 3.00, said 4"),
        ("gid://shopify/Order/123 is gone", "gid://shopify/Order/77 is gone"),
        ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 taken", "id 0305e82c-9a0c-4f89-11d3-3f2504e03301 taken"),
    ],
)  # fmt: skip
def test_messages_that_differ_in_values_only_are_one_cause(first: str, second: str) -> None:
    assert plain_message(first) == plain_message(second)
    assert not any(character.isdigit() for character in plain_message(first))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The order has no currency", "The order has no customer"),
        ("Don't sell on Sundays, it's closed", "Don't sell in winter, it's closed"),
        ("no item for SKU 1", "no tax for SKU 1"),
    ],
)
def test_messages_that_differ_in_words_are_two_causes(first: str, second: str) -> None:
    assert plain_message(first) != plain_message(second)


def test_a_value_the_row_names_is_taken_out_even_when_it_looks_like_words() -> None:
    assert plain_message("no item for SKU MUG-BLUE.", ["MUG-BLUE"]) == "no item for SKU […]."
    assert plain_message("The art is smart", ["art"]) == "The […] is smart"


def test_nothing_secret_or_personal_is_left() -> None:
    left = plain_message(f"{CARD} of ann@example.com with password=hunter and token: abc.DEF-9")
    for word in ("4111", "ann", "hunter", "DEF"):
        assert word not in left


def test_the_line_of_a_field_does_not_matter_and_the_rest_does() -> None:
    def of(field: str, error: str = "Rejected", where: str = "a") -> str:
        return cause(error=error, field=field, reason="no").fingerprint(where)

    assert of("lines[0].sku") == of("lines[12].sku")
    names = {of("lines[0].sku"), of("lines[0].qty"), of("lines[0].sku", "X"), of("lines[0].sku", where="b")}  # fmt: skip
    assert len(names) == 4


@pytest.mark.parametrize(
    ("error", "field", "is_given_up", "name"),
    [
        (Rejected("x", field="a"), "a", False, "Rejected"),
        (InvalidRecord("x", field="a", said="b", advice="c"), "a", False, "Rejected"),
        (TryLater("x"), "", True, "TryLater"),
        (KeyError("x"), "", False, "KeyError"),
        (None, "", True, "TryLater"),
        (None, "a", False, "Rejected"),
        (None, "", False, ""),
    ],
)
def test_the_kind_of_a_failure(
    error: Exception | None, field: str, is_given_up: bool, name: str
) -> None:
    assert error_name(error, field=field, is_given_up=is_given_up) == name


def test_an_absurd_message_takes_no_absurd_time() -> None:
    assert len(plain_message("a1." * 50_000)) <= 600
    assert len(plain_message("'" * 50_000 + '"' * 50_000)) <= 600
    assert len(plain_message("a@" * 50_000)) <= 600
