"""Tax ids by place: how they are written, so that a slip of the finger is no business of its own.

Formats of the EU as the Commission lists them for VIES
(https://ec.europa.eu/taxation_customs/vies/#/faq, question 11), others as the tax offices do. Only
the form is looked at, for Australia the check digits too: whether a number was given to anybody is
not known here. Of other places any text is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGNS = re.compile(r"[\s.\-/]+")
# An ABN's digits by weight: their sum, less one in the first digit, is a multiple of 89.
# https://abr.business.gov.au/Help/AbnFormat
_ABN = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)


@dataclass(frozen=True)
class Form:
    """`prefix`: how the id begins when it is written; people may leave it out."""

    pattern: str
    example: str
    prefix: str = ""


FORMS = {
    "AT": Form(r"U\d{8}", "ATU12345678", "AT"),
    "AU": Form(r"\d{11}", "51824753556"),
    "BE": Form(r"[01]\d{9}", "BE0123456789", "BE"),
    "BG": Form(r"\d{9,10}", "BG123456789", "BG"),
    "CA": Form(r"\d{9}(RT\d{4})?", "123456789RT0001"),
    "CH": Form(r"\d{9}(MWST|TVA|IVA)?", "CHE123456789MWST", "CHE"),
    "CY": Form(r"\d{8}[A-Z]", "CY12345678X", "CY"),
    "CZ": Form(r"\d{8,10}", "CZ12345678", "CZ"),
    "DE": Form(r"\d{9}", "DE123456789", "DE"),
    "DK": Form(r"\d{8}", "DK12345678", "DK"),
    "EE": Form(r"\d{9}", "EE123456789", "EE"),
    "ES": Form(r"(?=.*[A-Z])[A-Z0-9]\d{7}[A-Z0-9]", "ESX12345678", "ES"),
    "FI": Form(r"\d{8}", "FI12345678", "FI"),
    "FR": Form(r"[A-HJ-NP-Z0-9]{2}\d{9}", "FR12345678901", "FR"),
    "GB": Form(r"\d{9}|\d{12}|(GD|HA)\d{3}", "GB123456789", "GB"),
    "GR": Form(r"\d{9}", "EL123456789", "EL"),
    "HR": Form(r"\d{11}", "HR12345678901", "HR"),
    "HU": Form(r"\d{8}", "HU12345678", "HU"),
    "IE": Form(r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}", "IE1234567WA", "IE"),
    "IN": Form(r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]", "22AAAAA0000A1Z5"),
    "IT": Form(r"\d{11}", "IT12345678901", "IT"),
    "LT": Form(r"\d{9}|\d{12}", "LT123456789", "LT"),
    "LU": Form(r"\d{8}", "LU12345678", "LU"),
    "LV": Form(r"\d{11}", "LV12345678901", "LV"),
    "MT": Form(r"\d{8}", "MT12345678", "MT"),
    "MX": Form(r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}", "ABC010101AB1"),
    "NL": Form(r"\d{9}B\d{2}", "NL123456789B01", "NL"),
    "NO": Form(r"\d{9}(MVA)?", "123456789MVA"),
    "NZ": Form(r"\d{8,9}", "123456789"),
    "PL": Form(r"\d{10}", "PL1234567890", "PL"),
    "PT": Form(r"\d{9}", "PT123456789", "PT"),
    "RO": Form(r"\d{2,10}", "RO1234567890", "RO"),
    "SE": Form(r"\d{12}", "SE123456789012", "SE"),
    "SI": Form(r"\d{8}", "SI12345678", "SI"),
    "SK": Form(r"\d{10}", "SK1234567890", "SK"),
    "US": Form(r"\d{9}", "123456789"),
}


class BadTaxId(ValueError):
    """It is not written as tax ids of that country are; the message shows how."""


def written(country: str, text: str) -> str:
    """The id as invoices show it: without signs between, and with its prefix. "" for none.

    Raises BadTaxId.
    """
    typed = " ".join(text.split())
    form = FORMS.get(country)
    if not typed or form is None:
        return typed
    bare = _SIGNS.sub("", typed.upper())
    core = bare.removeprefix(form.prefix)
    is_good = re.fullmatch(form.pattern, core, re.ASCII) is not None
    if not is_good or (country == "AU" and not _is_abn(core)):
        raise BadTaxId(
            f"{typed} is not written as a tax id of this country is; {form.example} would be. Mend"
            " it, or leave it empty if you have none."
        )
    return form.prefix + core


def _is_abn(digits: str) -> bool:
    numbers = [int(digits[0]) - 1, *(int(one) for one in digits[1:])]
    return sum(a * b for a, b in zip(numbers, _ABN, strict=True)) % 89 == 0
