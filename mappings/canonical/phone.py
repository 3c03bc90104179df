"""International phone numbers: E.164 where the text is one, else the text as it was typed."""

from __future__ import annotations


def phone(said: str, region: str = "") -> str:
    """ "+15125550134" for "(512) 555-0134" in the region "US" (ISO 3166 code).

    A number that begins with + needs no region. What cannot be a number of that region is given
    back as it was typed, without the spaces around it: a record is never lost for its phone. An
    extension has no place in E.164, so a number that has one is left as typed too.
    """
    # Loaded when the first number is read: the tables of all countries take memory.
    import phonenumbers

    typed = said.strip()
    if not typed:
        return ""
    try:
        found = phonenumbers.parse(typed, region.strip().upper() or None)
    except phonenumbers.NumberParseException:
        return typed
    if found.extension or not phonenumbers.is_possible_number(found):
        return typed
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
