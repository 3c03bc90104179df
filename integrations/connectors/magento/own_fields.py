"""Attributes people added to their shop: what there is, and their values on a customer.

Magento: EAV attribute metadata. A list to choose from holds numbers; people know its labels, so
rules read and write labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.connector_kit.audit import Finding
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.own_fields import FieldFound, Use
from integrations.connectors.magento.answers import Forbidden, NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.memory import remembered
from mappings.canonical.record import Entity

Row = Mapping[str, Any]

# Fields every customer has there and that have no place of their own here.
STANDARD = {
    "prefix": "Name prefix",
    "middlename": "Middle name",
    "suffix": "Name suffix",
    "dob": "Date of birth",
    "gender": "Gender",
    "taxvat": "Tax/VAT number",
}
# Read alone: which group a customer is in decides about prices, so it is never changed.
GROUP = "group_id"
# Read where the setting asks for it.
STORE_CREDIT = "store_credit"
READ_ALONE = frozenset({GROUP, STORE_CREDIT})
_SEVERAL = "multiselect"
_YES = {"1": "1", "yes": "1", "true": "1", "0": "0", "no": "0", "false": "0"}
_NAMED = 12


@dataclass(frozen=True)
class Attribute:
    """`kind`: Magento's word for how it is entered ("text", "select"). `options`: labels by value."""

    code: str
    title: str
    kind: str = "text"
    is_required: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def customer_attributes(client: StoreClient) -> Mapping[str, Attribute]:
    """By code those that people and modules added; none where the shop does not tell them."""
    return remembered(client, "customer attributes", lambda: _customer_attributes(client))


def _customer_attributes(client: StoreClient) -> Mapping[str, Attribute]:
    try:
        rows = client.get("attributeMetadata/customer/custom") or ()
    except (Forbidden, NotFound):
        return {}
    found = (_attribute(row, "store_label") for row in rows if not row.get("system"))
    return {one.code: one for one in found}


def _attribute(row: Row, title: str) -> Attribute:
    code = str(row["attribute_code"])
    label = row.get(title) or row.get("frontend_label") or row.get("default_frontend_label")
    options = {
        str(option["value"]): str(option.get("label") or option["value"])
        for option in row.get("options") or ()
        if str(option.get("value") or "").strip()
    }
    return Attribute(
        code=code,
        title=str(label or code),
        kind=str(row.get("frontend_input") or "text"),
        is_required=row.get("required") is True or row.get("is_required") is True,
        options=options,
    )


# --- values ----------------------------------------------------------------------------------------


def labels(client: StoreClient) -> dict[str, dict[str, str]]:
    """By attribute the labels of its values, of those that are lists to choose from."""
    found = customer_attributes(client).values()
    return {one.code: dict(one.options) for one in found if one.options}


def values(rows: Iterable[Row], labels: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The values of custom attributes by code, in the words people chose from; blanks left out."""
    found = {}
    for row in rows:
        code = str(row["attribute_code"])
        text = _shown(row.get("value"), labels.get(code) or {})
        if text:
            found[code] = text
    return found


def _shown(value: Any, named: Mapping[str, str]) -> str:
    parts = value if isinstance(value, list) else [value]
    if named and isinstance(value, str):
        parts = value.split(",")
    texts = ["" if part is None else str(part).strip() for part in parts]
    return ", ".join(named.get(text, text) for text in texts if text)


def written(client: StoreClient, code: str, text: str) -> str:
    """The value as Magento takes it. Raises Rejected for an attribute or a choice it lacks."""
    known = customer_attributes(client)
    attribute = known.get(code)
    if attribute is None:
        raise Rejected(
            f"Magento has no customer attribute {code!r}",
            field=f"custom.{code}",
            said=text,
            advice=f"It has: {', '.join(sorted(known)) or 'none of its own'}. Change the mapping rule,"
            " or add the attribute in Magento, then replay the record.",
        )
    if attribute.kind == "boolean" and text.casefold() in _YES:
        return _YES[text.casefold()]
    if not attribute.options:
        return text
    parts = text.split(",") if attribute.kind == _SEVERAL else [text]
    return ",".join(_choice(attribute, part.strip()) for part in parts if part.strip())


def _choice(attribute: Attribute, text: str) -> str:
    for value, label in attribute.options.items():
        if text.casefold() in (label.casefold(), value.casefold()):
            return value
    named = list(attribute.options.values())
    more = " and others" if len(named) > _NAMED else ""
    raise Rejected(
        f"{attribute.title} of Magento has no choice {text!r}",
        field=f"custom.{attribute.code}",
        said=text,
        advice=f"Choices there: {', '.join(named[:_NAMED])}{more}. Translate it with a lookup in the"
        " mapping rule, or add the choice in Magento, then replay the record.",
    )


# --- what rules can name ---------------------------------------------------------------------------


def fields(client: StoreClient) -> Sequence[FieldFound]:
    """Attributes of customers, products and orders. What the integration may not see is left out."""
    return [*_of_customers(client), *_of_products(client), *_of_orders(client)]


def _of_customers(client: StoreClient) -> Iterator[FieldFound]:
    for use in (Use.READ, Use.WRITTEN):
        for code, title in STANDARD.items():
            yield FieldFound(Entity.CUSTOMER, f"custom.{code}", title, use)
        for one in customer_attributes(client).values():
            yield FieldFound(
                Entity.CUSTOMER,
                f"custom.{one.code}",
                one.title,
                use,
                type=one.kind,
                is_required=use is Use.WRITTEN and one.is_required,
            )
    yield FieldFound(Entity.CUSTOMER, f"custom.{GROUP}", "Customer group (number)", Use.READ)
    if client.account.setting("store_credit", "leave") == "read":
        yield FieldFound(Entity.CUSTOMER, f"custom.{STORE_CREDIT}", "Store credit", Use.READ)


def _of_products(client: StoreClient) -> Iterator[FieldFound]:
    criteria = Criteria(filters=(where("is_user_defined", "1"),), sort=(("attribute_code", "ASC"),))
    try:
        rows = list(client.everything("products/attributes", criteria))
    except (Forbidden, NotFound):
        return
    for row in rows:
        one = _attribute(row, "default_frontend_label")
        yield FieldFound(
            Entity.PRODUCT,
            f"custom_attributes.{one.code}",
            one.title,
            Use.WRITTEN,
            type=one.kind,
            is_required=one.is_required,
        )


def _of_orders(client: StoreClient) -> Iterator[FieldFound]:
    """Seen on the newest orders: Magento has no list of what modules add to an order."""
    newest = Criteria(sort=(("entity_id", "DESC"),), size=_NAMED)
    try:
        rows = client.search("orders", newest).items
    except (Forbidden, NotFound):
        return
    for code in dict.fromkeys(code for row in rows for code in order_values(row)):
        title = code.replace("_", " ").capitalize()
        yield FieldFound(Entity.ORDER, f"attributes.{code}", title, Use.READ)


def order_values(order: Row) -> dict[str, str]:
    """Plain values that modules keep with an order, by their names there."""
    extension = order.get("extension_attributes")
    plain = {
        str(name): str(value)
        for name, value in (extension.items() if isinstance(extension, Mapping) else ())
        if isinstance(value, str) and value and not _OF_MAGENTO.match(str(name))
    }
    return plain | values(order.get("custom_attributes") or (), {})


# Texts in extension_attributes that Magento itself keeps with an order: gift wrapping, pick-up, and what
# its flows need.
_OF_MAGENTO = re.compile(
    r"gw_|gift_cards|pickup_location_code$|converting_from_quote$|notification_sent$|reward_points"
)


def findings(client: StoreClient) -> Sequence[Finding]:
    """Attributes a customer must have there, which a rule has to fill."""
    return [
        Finding(
            kind="required_field",
            said=f"Magento takes no customer without {one.title} ({one.code}).",
            fix=f"Add a mapping rule for customers that fills custom.{one.code}, or make the attribute"
            " optional in Magento under Stores, Attributes, Customer.",
            examples=(one.code,),
            filled_by=(Entity.CUSTOMER, f"custom.{one.code}"),
        )
        for one in customer_attributes(client).values()
        if one.is_required
    ]
