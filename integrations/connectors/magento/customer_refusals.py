"""Which field of a customer a refusal of Magento is about. Magento: customer and address validators."""

from __future__ import annotations

import re

from integrations.connectors.magento.answers import Refused

TAKEN = "same email"
REGION = "addresses.region"

# What of its words tells the field.
_FIELDS = (
    (re.compile(r"region", re.I), REGION),
    (re.compile(r"same email|e-?mail", re.I), "email"),
    (re.compile(r"first.?name", re.I), "first_name"),
    (re.compile(r"last.?name", re.I), "last_name"),
    (re.compile(r"street", re.I), "addresses.lines"),
    (re.compile(r"\bcity\b", re.I), "addresses.city"),
    (re.compile(r"telephone|phone", re.I), "addresses.phone"),
    (re.compile(r"postcode|zip", re.I), "addresses.postal_code"),
    (re.compile(r"country", re.I), "addresses.country"),
    (re.compile(r"date of birth|\bdob\b", re.I), "custom.dob"),
    (re.compile(r"vat", re.I), "custom.taxvat"),
    (re.compile(r"gender", re.I), "custom.gender"),
)


def field_of(words: str) -> str:
    return next((name for pattern, name in _FIELDS if pattern.search(words)), "customer")


def explained(error: Refused) -> Refused:
    """The refusal with the field it is about; `Refused` still, so that its words can be read."""
    field = field_of(error.words)
    if field == "email" and TAKEN in error.words:
        advice = (
            "Another customer of the shop has this e-mail address. Make them one, or give one of them"
            " another address, then replay the record."
        )
    else:
        advice = (
            "Correct it at the point of sale, then replay the record. What Magento demands of"
            " customers is set under Stores, Configuration, Customers, Customer Configuration."
        )
    return Refused(
        f"Magento does not take the customer: {error.words}",
        field=field,
        words=error.words,
        status=error.status,
        advice=advice,
    )
