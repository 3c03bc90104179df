"""Phone numbers as the whole world dials them."""

from __future__ import annotations

import phonenumbers


def international(text: str, *, country: str = "") -> str:
    """The number in E.164 ("+12025551001"), "" when it is none that can be dialled.

    `country`: the two-letter code of the place whose national numbers are meant; without it only a
    number that begins with "+" is understood.
    """
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
