"""International phone numbers: E.164 where a text is one."""

from __future__ import annotations

from typing import Any


def phone(said: str, region: str = "") -> str:
    """ "+15125550134" for "(512) 555-0134" in the region "US" (ISO 3166 code).

    A number that begins with + needs no region. What cannot be a number of that region is given
    back as it was typed, without the spaces around it: a record is never lost for its phone. An
    extension has no place in E.164, so a number that has one is left as typed too.
    """
    number = _number(said, region)
    return said.strip() if number is None or number.extension else _e164(number)


def international(text: str, *, country: str = "") -> str:
    """The number in E.164 ("+12025551001"), "" when it is none that can be dialled.

    `country`: the two-letter code of the place whose national numbers are meant; without it only a
    number that begins with "+" is understood.
    """
    number = _number(text, country)
    return "" if number is None else _e164(number)


def _number(text: str, region: str) -> Any:
    """The number that is meant, None when it is none that can be dialled."""
    # Loaded when the first number is read: the tables of all countries take memory.
    import phonenumbers

    try:
        found = phonenumbers.parse(text.strip(), region.strip().upper() or None)
    except phonenumbers.NumberParseException:
        return None
    return found if phonenumbers.is_possible_number(found) else None


def _e164(number: Any) -> str:
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
