"""Phone numbers become international where they can; nothing that was typed is lost."""

from __future__ import annotations

import pytest

from mappings.canonical.phone import phone


@pytest.mark.parametrize(
    ("said", "region", "made"),
    [
        ("(512) 555-0134", "US", "+15125550134"),
        ("512.555.0134", "us", "+15125550134"),
        ("1-512-555-0134", "US", "+15125550134"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+49 30 901820", "", "+4930901820"),
        ("+49 30 901820", "US", "+4930901820"),
        ("00 49 30 901820", "FR", "+4930901820"),
        (" 555-0134 ", "", "555-0134"),
        ("911", "US", "911"),
        ("call the shop", "US", "call the shop"),
        ("512-555-0134 ext. 7", "US", "512-555-0134 ext. 7"),
        ("512-555-0134", "Atlantis", "512-555-0134"),
        ("", "US", ""),
        ("0" * 500, "US", "0" * 500),
    ],
)
def test_a_number_is_normalised_or_kept_as_typed(said: str, region: str, made: str) -> None:
    assert phone(said, region) == made


def test_a_normalised_number_stays_as_it_is() -> None:
    assert phone(phone("(512) 555-0134", "US")) == "+15125550134"
