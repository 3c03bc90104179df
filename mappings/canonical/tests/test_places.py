"""Countries and states are found by code or name, and never guessed."""

from __future__ import annotations

import pytest

from mappings.canonical import places


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("US", "US"),
        ("usa", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("Türkiye", "TR"),
        ("Korea", "KR"),
        ("Guinea", "GN"),
        ("Guinea-Bissau", "GW"),
        ("", ""),
        ("Atlantis", ""),
        ("United", ""),
    ],
)
def test_a_country_by_code_or_name(said: str, code: str) -> None:
    assert places.country_code(said) == code


@pytest.mark.parametrize(
    ("said", "country", "code"),
    [
        ("Texas", "US", "TX"),
        ("new york", "us", "NY"),
        ("BC", "CA", "BC"),
        ("New South Wales", "AU", "NSW"),
        ("WA", "AU", "WA"),
        ("Washington", "US", "WA"),
        ("Texas", "CA", ""),
        ("Bavaria", "DE", ""),
    ],
)
def test_a_state_within_its_country(said: str, country: str, code: str) -> None:
    assert places.region_code(said, country) == code


def test_every_country_has_one_code_of_two_letters() -> None:
    codes = {places.country_code(row[:2]) for row in places.COUNTRY_CODES}
    assert codes == set(places.COUNTRY_CODES)
    assert len(places.COUNTRY_CODES) == 249
