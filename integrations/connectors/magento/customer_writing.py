"""Customers into Magento: found by link, e-mail or name; no blank overwrites, nobody is subscribed.

A customer is read, changed and sent back whole, since older Magentos take what is left out for
erased. Left as they are: newsletter, group, confirmation, password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.audit import Finding, Weight
from integrations.connector_kit.base import EntityPort, Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import customers
from integrations.connectors.magento.address_writing import (
    HOLD,
    LEAVE_OUT,
    Book,
    Person,
    book,
    main_of,
    unknown_regions,
)
from integrations.connectors.magento.addresses import UNKNOWN, known
from integrations.connectors.magento.answers import Refused
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.customer_fields import columns as columns_of
from integrations.connectors.magento.customer_matching import anywhere, existing
from integrations.connectors.magento.customer_refusals import REGION, TAKEN, explained, field_of
from integrations.connectors.magento.customers import whole
from integrations.connectors.magento.own_fields import STANDARD
from integrations.connectors.magento.polling import PLACES
from integrations.connectors.magento.websites import store_view, website_id
from mappings.canonical.record import Skipped

# Read by e-mail and by name, read whole, write.
CALLS_PER_WRITE = 4

Row = Mapping[str, Any]

# What goes back as it came. Not among them: times, which Magento sets, and extension_attributes, by
# which someone who has just unsubscribed would be subscribed again.
_KEPT = (
    "id",
    "group_id",
    "website_id",
    "store_id",
    "email",
    "firstname",
    "lastname",
    *STANDARD,
    "default_billing",
    "default_shipping",
    "disable_auto_group_change",
    "confirmation",
)


def write(client: StoreClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates or updates the customer. May be called again: it is looked for before it is made.

    Raises Skipped for a new customer without e-mail address, by which Magento knows people.
    """
    there = existing(client, outgoing)
    if there is not None:
        return _update(client, outgoing, there)
    _check_new(client, outgoing)
    fields = Payload(outgoing.over(None))
    columns = columns_of(client, fields, outgoing)
    names = {"firstname": UNKNOWN, "lastname": UNKNOWN}
    made = {**names, **_home(client), **columns}
    addresses = book(client, fields, None, _person(fields, made))
    try:
        shown = _send(client, made, addresses)
    except Refused as error:
        # Made by an earlier attempt whose answer was lost, or known on another website.
        found = anywhere(client, outgoing) if TAKEN in error.words else None
        if found is None:
            raise
        return _update(client, outgoing, found)
    return Receipt(str(shown["id"]), Outcome.CREATED, label=_label(shown), shown=shown)


def _check_new(client: StoreClient, outgoing: Outgoing) -> None:
    has_email = bool(outgoing.fields.get("email"))
    if client.account.setting("new_customers", "make") != "make":
        raise Skipped("New customers are not made in the shop, as its settings say")
    if not has_email and not outgoing.linked_id:
        raise Skipped("The customer has no e-mail address, without which Magento takes nobody")
    if not has_email:
        raise Rejected(
            "The customer it was linked with is gone from Magento, and it has no e-mail address",
            field="email",
            advice="Add one at the point of sale, then replay the record: Magento knows people by it.",
        )


def _update(client: StoreClient, outgoing: Outgoing, there: Row) -> Receipt:
    fields = Payload(outgoing.over(there))
    columns = columns_of(client, fields, outgoing)
    changed = {name: value for name, value in columns.items() if not _same(name, there, value)}
    addresses = book(client, fields, there, _person(fields, there))
    if not changed and not addresses.is_changed:
        return Receipt(str(there["id"]), Outcome.UNCHANGED, label=_label(there), shown=there)
    kept = {name: there[name] for name in _KEPT if there.get(name) is not None}
    attributes = {
        str(row["attribute_code"]): row["value"]
        for row in there.get("custom_attributes") or ()
        if row.get("value") is not None
    }
    attributes |= changed.pop("custom_attributes", {})
    merged = {**kept, **changed, **({"custom_attributes": attributes} if attributes else {})}
    shown = _send(client, merged, addresses)
    return Receipt(str(there["id"]), Outcome.UPDATED, label=_label(shown), shown=shown)


def _same(name: str, there: Row, value: Any) -> bool:
    if name == "custom_attributes":
        rows = there.get("custom_attributes") or ()
        stands = {str(row["attribute_code"]): row.get("value") for row in rows}
        return all(_text(stands.get(code)) == text for code, text in value.items())
    known_there = str(there.get(name) or "")
    return known_there.lower() == value.lower() if name == "email" else known_there == str(value)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _label(shown: Row) -> str:
    return str(shown.get("email") or shown["id"])


def _home(client: StoreClient) -> dict[str, Any]:
    """The website a new customer belongs to, and the store view whose words it is written in."""
    website = website_id(client)
    if website is None:
        return {}
    code = store_view(client)
    views = [row for row in client.shape.store_views if row.get("website_id") == website]
    view = next((row for row in views if row.get("code") == code), None) or next(iter(views), None)
    return {"website_id": website, **({"store_id": view["id"]} if view else {})}


def _person(fields: Payload, customer: Row) -> Person:
    main = main_of(customer) or {}
    return Person(
        first_name=known(str(customer.get("firstname") or "")) or UNKNOWN,
        last_name=known(str(customer.get("lastname") or "")) or UNKNOWN,
        phone=fields.maybe_text("phone") or known(str(main.get("telephone") or "")),
    )


# --- the call --------------------------------------------------------------------------------------


def _send(client: StoreClient, columns: Mapping[str, Any], addresses: Book) -> Row:
    """The customer as it stands then. An address whose region is not named, where the country wants
    one, is left out like any other that is not complete."""
    try:
        return _sent(client, columns, addresses)
    except Refused as error:
        if field_of(error.words) != REGION:
            raise explained(error) from None
        less = _without_regions(client, addresses, error)
    try:
        return _sent(client, columns, less)
    except Refused as error:
        raise explained(error) from None


def _sent(client: StoreClient, columns: Mapping[str, Any], addresses: Book) -> Row:
    customer = dict(columns)
    if own := customer.pop("custom_attributes", None):
        customer["custom_attributes"] = [
            {"attribute_code": code, "value": value} for code, value in own.items()
        ]
    if addresses.is_changed:
        customer["addresses"] = list(addresses.rows)
    if key := customer.get("id"):
        answer = client.put(f"customers/{key}", {"customer": customer})
    else:
        answer = client.post("customers", {"customer": customer})
    return whole(client, answer)


def _without_regions(client: StoreClient, addresses: Book, error: Refused) -> Book:
    lacking = unknown_regions(client, addresses.rows)
    said = next(((row, land) for row, land in lacking if row.get("region")), None)
    if said is not None:
        row, land = said
        text = str(row["region"]["region"])
        raise Rejected(
            f"{land.code} has no region {text!r} in Magento",
            field=REGION,
            said=text,
            advice=f"Regions there: {land.some()}. Correct it at the point of sale, or translate it"
            " with a lookup in the mapping rule, then replay the record.",
        ) from error
    if not lacking or client.account.setting("incomplete_addresses", LEAVE_OUT) == HOLD:
        raise explained(error) from None
    left = [row for row, _ in lacking]
    rows = [row for row in addresses.rows if not any(row is one for one in left)]
    return Book(rows, is_changed=bool(rows))


def findings(client: StoreClient) -> Sequence[Finding]:
    """That Magento writes to everybody who is made there."""
    if client.account.setting("new_customers", "make") != "make":
        return []
    return [
        Finding(
            kind="welcome_mails",
            said="Magento sends a welcome e-mail to each customer that is made in it, and nobody can"
            " stop that from outside.",
            fix="Before a first load of customers, switch on “Disable Email Communications” in Magento"
            " under Stores, Configuration, Advanced, System, Mail Sending Settings, and off again"
            " afterwards. Or set “New customers” of the Magento connection to none.",
            weight=Weight.NOTICE,
        )
    ]


PORT = EntityPort(
    normalise=customers.normalise,
    changes=customers.changes,
    places=PLACES,
    read=customers.read,
    write=write,
    pages=customers.pages,
    count=customers.count,
    calls_per_write=CALLS_PER_WRITE,
)
