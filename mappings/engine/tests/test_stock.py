"""The arithmetic behind a published stock number."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappings.canonical.inventory import Level, Stock
from mappings.engine.document import document
from mappings.engine.stock import InFlight, Number, StockRules, numbers


def stock(**available: str) -> Stock:
    """`a="14/2"`: 14 on hand and 2 committed at location a."""
    levels = []
    for location, said in available.items():
        on_hand, _, committed = said.partition("/")
        promised = Decimal(committed or 0)
        levels.append(
            Level(
                location=location,
                on_hand=Decimal(on_hand),
                committed=promised,
                available=Decimal(on_hand) - promised,
            )
        )
    return Stock(key="1", sku="TEE", levels=tuple(levels))


def flying(*units: str) -> tuple[InFlight, ...]:
    return tuple(InFlight(f"#{index}", Decimal(one)) for index, one in enumerate(units, 1001))


def published(found: list[Number]) -> dict[str, int]:
    return {one.location: one.units for one in found}


def test_a_number_is_available_less_in_flight_less_safety_and_says_so() -> None:
    rules = StockRules(home="a", safety={"": Decimal(2)}, in_flight=flying("1"))
    (one,) = numbers(stock(a="14/2"), rules)
    assert one.units == 9
    assert one.arithmetic() == "on hand 14 - committed 2 - in flight 1 - safety 2 = 9"
    assert one.orders == ("#1001",)


@pytest.mark.parametrize(
    ("levels", "said", "units"),
    [
        ({"a": "3.5"}, "on hand 3.5 = 3.5, published 3", 3),
        ({"a": "-2"}, "on hand -2 = -2, published 0", 0),
        ({"a": "1", "b": "-3"}, "on hand -2 = -2, published 0", 0),
        ({}, "on hand 0 = 0", 0),
        ({"a": "1/4"}, "on hand 1 - committed 4 = -3, published 0", 0),
        ({"a": "10.000"}, "on hand 10 = 10", 10),
    ],
)
def test_fractions_are_cut_and_nothing_is_ever_less_than_none(
    levels: dict[str, str], said: str, units: int
) -> None:
    (one,) = numbers(stock(**levels), StockRules())
    assert (one.arithmetic(), one.units) == (said, units)


def test_units_that_are_held_back_there_for_another_reason_are_named() -> None:
    level = Level(location="a", on_hand=Decimal(9), committed=Decimal(1), available=Decimal(5))
    (one,) = numbers(Stock(key="1", sku="T", levels=(level,)), StockRules())
    assert one.arithmetic() == "on hand 9 - committed 1 - not for sale 3 = 5"


def test_only_the_locations_that_count_are_added_up() -> None:
    rules = StockRules(counting=frozenset({"a", "b"}), home="a")
    assert published(numbers(stock(a="4", b="3", c="90"), rules)) == {"": 7}


def test_what_a_web_location_outside_the_sum_owes_is_taken_from_it() -> None:
    rules = StockRules(counting=frozenset({"a"}), home="web", in_flight=flying("2"))
    (one,) = numbers(stock(a="10", web="-3"), rules)
    assert one.arithmetic() == "on hand 10 - owed elsewhere 5 = 5"
    (one,) = numbers(stock(a="10", web="8"), rules)
    assert one.units == 10, "it has enough of its own for them"


def test_each_location_gets_its_own_number_and_one_without_stock_gets_none() -> None:
    rules = StockRules(places={"a": "A", "b": "B", "c": "C", "d": "A"}, home="a")
    found = numbers(stock(a="4/1", b="7", d="2", e="50"), rules)
    assert published(found) == {"A": 5, "B": 7, "C": 0}
    assert [one.sources for one in found] == [("a", "d"), ("b",), ()]


def test_units_in_flight_are_taken_where_web_orders_are_booked_and_then_from_the_fullest() -> None:
    places = {"a": "A", "b": "B", "c": "C"}
    rules = StockRules(places=places, home="a", in_flight=flying("2", "3"))
    assert published(numbers(stock(a="9", b="3", c="6"), rules)) == {"A": 4, "B": 3, "C": 6}
    found = numbers(stock(a="1", b="3", c="6"), rules)
    assert published(found) == {"A": 0, "B": 3, "C": 2}
    assert found[2].arithmetic() == "on hand 6 - owed elsewhere 4 = 2"
    assert published(numbers(stock(a="-4", b="3", c="6"), rules)) == {"A": 0, "B": 0, "C": 0}


def test_a_web_location_without_a_number_of_its_own_owes_from_the_fullest() -> None:
    rules = StockRules(places={"b": "B", "c": "C"}, home="web", in_flight=flying("2"))
    assert published(numbers(stock(b="3", c="6", web="0"), rules)) == {"B": 3, "C": 4}
    unknown = StockRules(places={"b": "B", "c": "C"}, in_flight=flying("7"))
    assert published(numbers(stock(b="3", c="6"), unknown)) == {"B": 2, "C": 0}


def test_safety_of_a_location_goes_before_that_of_all() -> None:
    safety = {"": Decimal(1), "b": Decimal(4), "c": Decimal(2)}
    each = StockRules(places={"a": "A", "b": "B", "c": "C"}, safety=safety)
    assert published(numbers(stock(a="9", b="9", c="9"), each)) == {"A": 8, "B": 5, "C": 7}
    summed = StockRules(safety=safety)
    assert published(numbers(stock(a="9", b="9", c="9"), summed)) == {"": 21}
    counted = StockRules(counting=frozenset({"a"}), safety=safety)
    assert published(numbers(stock(a="9", b="9"), counted)) == {"": 8}


def test_the_document_offers_the_sum_or_each_location() -> None:
    record = stock(a="4", b="7")
    summed = document(record, reference="1", numbers=numbers(record, StockRules()))
    assert (summed["sellable"], summed["numbers"]) == (11, [])
    rules = StockRules(places={"a": "A", "b": "B"})
    each = document(record, reference="1", numbers=numbers(record, rules))
    assert each["sellable"] == 11
    assert [(one["location"], one["sellable"]) for one in each["numbers"]] == [("A", 4), ("B", 7)]
    assert document(record, reference="1")["sellable"] == 11
