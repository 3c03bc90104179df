"""Who is who: e-mail, phone, name and address; two that fit equally well are never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.matching import ENOUGH, Candidate, candidates, choose, score
from mappings.canonical.address import Address
from mappings.canonical.customer import Customer

HOME = Address(lines=("12 Elm St",), city="Austin", region="TX", postal_code="78701", country="US")


def person(key: str = "1", **values: Any) -> Customer:
    return Customer(**{"key": key, "first_name": "Ana", "last_name": "Diaz", **values})


def chosen(wanted: Customer, *found: Customer, by: str) -> str | None:
    return choose(wanted, [(one.key, one) for one in found], by=by, system="Till")


def test_email_counts_whatever_its_case() -> None:
    there = person("7", email="ANA@example.com", first_name="A.")
    assert chosen(person(email="ana@example.com"), there, by="email") == "7"
    assert chosen(person(email="ana@example.com"), person("7"), by="email") is None


def test_of_several_with_one_email_the_one_with_the_same_name_is_taken() -> None:
    mail = {"email": "family@example.com"}
    found = (person("7", first_name="Bo", **mail), person("8", **mail))
    assert chosen(person(**mail), *found, by="email") == "8"


def test_two_that_fit_equally_are_held_and_both_named() -> None:
    mail = {"email": "family@example.com"}
    with pytest.raises(Rejected) as caught:
        chosen(person(**mail), person("7", **mail), person("8", number="V-8", **mail), by="email")
    assert "“Ana Diaz” (id 7) and “Ana Diaz” (V-8, id 8)" in str(caught.value)
    assert candidates(str(caught.value)) == [
        Candidate("7", "“Ana Diaz” (id 7)"),
        Candidate("8", "“Ana Diaz” (V-8, id 8)"),
    ]
    assert candidates("“Ana Diaz” (id 7) has no address") == []
    assert (caught.value.field, caught.value.said) == ("email", "family@example.com")


def test_phone_counts_in_any_spelling_but_not_against_the_email() -> None:
    wanted = person(phone="+1 202-555-0142", email="ana@example.com")
    assert chosen(wanted, person("7", phone="+12025550142"), by="phone") == "7"
    other = person("8", phone="+12025550142", email="bo@example.com")
    assert chosen(wanted, other, by="phone") is None


def test_name_and_address_are_enough_and_a_name_alone_is_not() -> None:
    wanted = person(addresses=(HOME,))
    twin = person(
        "7", first_name="ÁNA", addresses=(HOME.model_copy(update={"lines": ("12 elm st",)}),)
    )
    moved = person("8", addresses=(HOME.model_copy(update={"lines": ("9 Oak Rd",)}),))
    assert chosen(wanted, twin, moved, by="name") == "7"
    assert chosen(wanted, moved, by="name") is None
    assert score(wanted, person()) < ENOUGH <= score(wanted, twin)
    assert chosen(wanted, person("9", first_name="Bo", addresses=(HOME,)), by="name") is None
