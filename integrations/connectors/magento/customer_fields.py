"""Their columns of what is said of a customer.

Texts, the fields every customer of Magento has besides, and the attributes people added.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from integrations.connector_kit.base import Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import own_fields
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.customers import GENDERS
from integrations.connectors.magento.own_fields import STANDARD

# Our field -> theirs, for the fields that are plain text on both sides.
_TEXTS = {"email": "email", "first_name": "firstname", "last_name": "lastname"}


def columns(client: StoreClient, fields: Payload, outgoing: Outgoing) -> dict[str, Any]:
    """`custom_attributes` by code. Blanks are left out: they would erase what Magento knows.

    Raises Rejected for a value or an attribute that Magento does not know.
    """
    found: dict[str, Any] = {
        theirs: text.strip() for ours, theirs in _TEXTS.items() if (text := fields.maybe_text(ours))
    }
    own = {}
    for code, text in _custom(client, fields, outgoing):
        if code in STANDARD:
            found[code] = _standard(code, text)
        else:
            own[code] = own_fields.written(client, code, text)
    return {**found, "custom_attributes": own} if own else found


def _custom(client: StoreClient, fields: Payload, outgoing: Outgoing) -> Iterator[tuple[str, str]]:
    said = fields.maybe_child("custom")
    for code in said.raw() if said else ():
        # The group decides about prices, and nobody can write store credit: both are read alone.
        if said and code not in own_fields.READ_ALONE and (text := said.maybe_text(code)):
            yield code, text.strip()
    if code := client.account.setting("pos_customer_attribute"):
        yield code, outgoing.key


_GENDERS = {
    "1": 1,
    "m": 1,
    "male": 1,
    "2": 2,
    "f": 2,
    "female": 2,
    "3": 3,
    "not specified": 3,
    "unknown": 3,
}


def _standard(code: str, text: str) -> Any:
    """Raises Rejected for a gender or a day Magento cannot take."""
    if code == "gender":
        if text.casefold() not in _GENDERS:
            raise Rejected(
                f"The gender is {text!r}, which Magento does not know",
                field="custom.gender",
                said=text,
                advice=f"Magento knows {', '.join(GENDERS.values())}. Translate it with a lookup in"
                " the mapping rule, then replay the record.",
            )
        return _GENDERS[text.casefold()]
    if code == "dob":
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError:
            raise Rejected(
                f"The date of birth is {text!r}, which is no day such as 1990-12-31",
                field="custom.dob",
                said=text,
                advice="Correct it at the point of sale, or write it so with the mapping rule, then"
                " replay the record.",
            ) from None
    return text
