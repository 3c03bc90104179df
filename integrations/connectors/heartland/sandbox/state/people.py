"""Customers and their addresses."""

from __future__ import annotations

from integrations.connectors.heartland.sandbox.state import custom_fields
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import invalid
from integrations.connectors.heartland.sandbox.state.values import (
    Body,
    Row,
    Table,
    flag,
    reference,
    required_words,
    words,
)

ADDRESS_FIELDS = (
    "first_name",
    "last_name",
    "line_1",
    "line_2",
    "city",
    "state",
    "postal_code",
    "country",
    "phone",
)
# Heartland Retail help centre: these are required on the address of an order.
ORDER_ADDRESS_FIELDS = ("first_name", "last_name", "line_1", "city", "state", "postal_code")
_REFERENCES = ("address_id", "shipping_address_id", "billing_address_id")


def create_customer(account: Account, body: Body) -> Row:
    """A customer. First and last name are required; e-mail addresses need not be unique."""
    required_words(body, "Customer", "first_name", "last_name")
    _check_email(body)
    custom = custom_fields.merged(body)
    custom_fields.check(account, custom_fields.CUSTOMER, custom, "Customer", account.customers)
    taken(account.customers, body, "Customer")
    row = account.add(
        account.customers,
        uuid="",
        public_id=words(body, "public_id"),
        first_name=words(body, "first_name"),
        last_name=words(body, "last_name"),
        name="",
        email=words(body, "email") or None,
        **{"active?": flag(body, "active", default=True)},
        address_id=None,
        shipping_address_id=None,
        billing_address_id=None,
        custom=custom,
    )
    row["uuid"] = account.uuid(row["id"])
    row["public_id"] = row["public_id"] or str(row["id"])
    _set_name(row)
    account.happened("customer_created", row)
    return row


def update_customer(account: Account, row: Row, body: Body) -> None:
    """A partial update: fields that are not sent stay."""
    for field in ("first_name", "last_name"):
        if field in body:
            required_words(body, "Customer", field)
    _check_email(body)
    custom = custom_fields.merged(body, row["custom"])
    custom_fields.check(
        account, custom_fields.CUSTOMER, custom, "Customer", account.customers, row["id"]
    )
    taken(account.customers, body, "Customer", row["id"])
    references = {
        field: reference(body, field, account.addresses, "Customer", needed=False)
        for field in _REFERENCES
        if field in body
    }
    row.update(references, custom=custom)
    for field in ("first_name", "last_name", "public_id"):
        row[field] = words(body, field) or row[field]
    if "email" in body:
        row["email"] = words(body, "email") or None
    row["active?"] = flag(body, "active", default=row["active?"])
    _set_name(row)
    account.touch(row)
    account.happened("customer_updated", row)


def add_address(account: Account, customer: Row, body: Body) -> Row:
    """An address of a customer. Its `id` joins the two; orders want its `address_id`."""
    required_words(body, "Address", "first_name", "last_name")
    row = account.add(
        account.addresses,
        customer_id=customer["id"],
        **{field: words(body, field) or None for field in ADDRESS_FIELDS},
    )
    # The table is keyed by address_id, and the join has an id of its own.
    row["_join_id"] = account.next_id()
    customer["address_id"] = customer["address_id"] or row["id"]
    account.touch(customer)
    return row


def update_address(account: Account, row: Row, body: Body) -> None:
    for field in ADDRESS_FIELDS:
        if field in body:
            row[field] = words(body, field) or None
    account.touch(row)


def address_view(row: Row) -> Row:
    """The address as GET shows it: id of the join, and the address_id that orders want."""
    shown = {key: value for key, value in row.items() if not key.startswith("_")}
    return {**shown, "id": row["_join_id"], "address_id": row["id"]}


def order_address(account: Account, body: Body, field: str) -> int | None:
    """The address an order names. Raises when it is not an address_id or not complete."""
    found = reference(body, field, account.addresses, "Sales order", needed=False)
    if found is not None:
        address = account.addresses[found]
        blank = [name for name in ORDER_ADDRESS_FIELDS if not address[name]]
        if blank:
            raise invalid("Sales order", **{field: f"needs {', '.join(blank)}"})
    return found


def taken(table: Table, body: Body, thing: str, own: int = 0) -> None:
    """Raises when the public_id in `body` belongs to another row of `table`."""
    wanted = words(body, "public_id")
    if wanted and any(row["public_id"] == wanted for row in table.values() if row["id"] != own):
        raise invalid(thing, public_id="has already been taken")


def _check_email(body: Body) -> None:
    email = words(body, "email")
    if email and ("@" not in email or " " in email or "," in email):
        raise invalid("Customer", email="is invalid")


def _set_name(row: Row) -> None:
    row["name"] = f"{row['first_name']} {row['last_name']}"
