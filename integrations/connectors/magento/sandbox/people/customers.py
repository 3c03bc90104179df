"""Customers read and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity, required
from integrations.connectors.magento.sandbox.people import book, customer_view
from integrations.connectors.magento.sandbox.people.metadata import OWN_FIELDS
from integrations.connectors.magento.sandbox.records import Customer
from integrations.connectors.magento.sandbox.routing import Call, Route, rows_of, whole_of
from integrations.connectors.magento.sandbox.shop import Shop

RESOURCE = "Magento_Customer::customer"
_MANAGE = "Magento_Customer::manage"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_TAKEN = "A customer with the same email address already exists in an associated website."
_TEXTS = ("email", "firstname", "lastname", "middlename", "prefix", "suffix", "dob", "taxvat")

GROUPS = (
    (0, "NOT LOGGED IN"),
    (1, "General"),
    (2, "Wholesale"),
    (3, "Retailer"),
)
_TAX_CLASS = (3, "Retail Customer")

_COLUMNS: dict[str, Callable[[Customer], Any]] = {
    "entity_id": lambda entry: entry.id,
    "id": lambda entry: entry.id,
    "email": lambda entry: entry.email,
    "firstname": lambda entry: entry.firstname,
    "lastname": lambda entry: entry.lastname,
    "group_id": lambda entry: entry.group_id,
    "website_id": lambda entry: entry.website_id,
    "store_id": lambda entry: entry.store_id,
    "created_at": lambda entry: entry.created_at,
    "updated_at": lambda entry: entry.updated_at,
    "dob": lambda entry: entry.dob,
    "taxvat": lambda entry: entry.taxvat,
    "gender": lambda entry: entry.gender,
    "billing_telephone": lambda entry: _billing(entry, "telephone"),
    "billing_postcode": lambda entry: _billing(entry, "postcode"),
    "billing_city": lambda entry: _billing(entry, "city"),
}


def _billing(entry: Customer, name: str) -> Any:
    for address in entry.addresses:
        if address.id == entry.default_billing:
            return getattr(address, name)
    return None


def found(shop: Shop, number: int) -> Customer:
    """Raises Refusal."""
    entry = shop.customers.get(number)
    if entry is None:
        raise no_such_entity("customerId", number)
    return entry


def _search(shop: Shop, call: Call) -> dict[str, Any]:
    rows = [row for row in shop.customers.values() if shop.is_readable(call, row.created_at)]
    return listing(call, rows, _COLUMNS, customer_view.customer)


def _read(shop: Shop, call: Call) -> dict[str, Any]:
    entry = found(shop, call.number("customerId"))
    if not shop.is_readable(call, entry.created_at):
        raise no_such_entity("customerId", entry.id)
    return customer_view.customer(entry)


def _check(shop: Shop, given: Mapping[str, Any], number: int | None) -> None:
    for name, label in (("firstname", "First Name"), ("lastname", "Last Name"), ("email", "Email")):
        if not str(given.get(name) or "").strip():
            raise Refusal(f'"{label}" is a required value.')
    if _EMAIL.fullmatch(str(given["email"])) is None:
        raise Refusal('"Email" is not a valid email address.')
    website = whole_of(given["website_id"], "website_id") if given.get("website_id") else 1
    wanted = str(given["email"]).lower()
    for other in shop.customers.values():
        if other.id != number and other.website_id == website and other.email.lower() == wanted:
            raise Refusal(_TAKEN)
    group = given.get("group_id")
    if group is not None and whole_of(group, "group_id") not in {entry[0] for entry in GROUPS}:
        raise no_such_entity("id", group)


def _lay(shop: Shop, entry: Customer, given: Mapping[str, Any]) -> None:
    for name in _TEXTS:
        if name in given:
            setattr(entry, name, given[name])
    for name in ("group_id", "website_id", "store_id", "gender", "disable_auto_group_change"):
        if given.get(name) is not None:
            setattr(entry, name, whole_of(given[name], name))
    known = {code for code, _, _ in OWN_FIELDS}
    for row in rows_of(given.get("custom_attributes")):
        # What the shop does not have is dropped without a word.
        if row.get("attribute_code") in known:
            entry.custom[str(row["attribute_code"])] = row.get("value")
    extra = given.get("extension_attributes") or {}
    if isinstance(extra, Mapping) and extra.get("is_subscribed") is not None:
        entry.is_subscribed = bool(extra["is_subscribed"])
    if given.get("addresses") is not None:
        book.replace_all(shop, entry, given["addresses"])
        _lay_defaults(entry, given)
    entry.updated_at = shop.now()


def _lay_defaults(entry: Customer, given: Mapping[str, Any]) -> None:
    """The ids at the customer itself count as well as the flags of the addresses."""
    numbers = {address.id for address in entry.addresses}
    for name in ("default_billing", "default_shipping"):
        value = given.get(name)
        if value and getattr(entry, name) is None and int(value) in numbers:
            setattr(entry, name, int(value))


def _add(shop: Shop, call: Call) -> dict[str, Any]:
    given = call.part("customer")
    _check(shop, given, None)
    moment = shop.now()
    entry = Customer(
        shop.next_id("customer"),
        str(given["email"]),
        str(given["firstname"]),
        str(given["lastname"]),
        moment,
        moment,
    )
    _lay(shop, entry, given)
    shop.customers[entry.id] = entry
    shop.emit("customer.created", entry.id)
    return customer_view.customer(entry)


def _change(shop: Shop, call: Call) -> dict[str, Any]:
    """The number in the path is the one that counts. Without a website Magento refuses (#25937)."""
    entry, given = found(shop, call.number("customerId")), call.part("customer")
    if given.get("website_id") is None:
        raise Refusal('"Associate to Website" is a required value.')
    _check(shop, given, entry.id)
    _lay(shop, entry, given)
    shop.emit("customer.updated", entry.id)
    return customer_view.customer(entry)


def _drop(shop: Shop, call: Call) -> bool:
    entry = found(shop, call.number("customerId"))
    del shop.customers[entry.id]
    shop.emit("customer.deleted", entry.id)
    return True


def _drop_address(shop: Shop, call: Call) -> bool:
    wanted = call.number("addressId")
    for entry in shop.customers.values():
        for address in entry.addresses:
            if address.id == wanted:
                entry.addresses.remove(address)
                entry.default_billing = _without(entry.default_billing, wanted)
                entry.default_shipping = _without(entry.default_shipping, wanted)
                entry.updated_at = shop.now()
                return True
    raise no_such_entity("addressId", wanted)


def _without(kept: int | None, gone: int) -> int | None:
    return None if kept == gone else kept


def _default_address(name: str) -> Callable[[Shop, Call], dict[str, Any]]:
    def read(shop: Shop, call: Call) -> dict[str, Any]:
        entry = found(shop, call.number("customerId"))
        for address in entry.addresses:
            if address.id == getattr(entry, name):
                return customer_view.address(address, entry)
        raise no_such_entity("addressId", "")

    return read


def _is_available(shop: Shop, call: Call) -> bool:
    """Always true since 2.4.7, so that nobody can find out who is a customer."""
    if not call.values().get("customerEmail"):
        raise required("customerEmail")
    return True


def _group_view(row: tuple[int, str]) -> dict[str, Any]:
    return {
        "id": row[0],
        "code": row[1],
        "tax_class_id": _TAX_CLASS[0],
        "tax_class_name": _TAX_CLASS[1],
    }


def _groups(shop: Shop, call: Call) -> dict[str, Any]:
    columns: dict[str, Callable[[tuple[int, str]], Any]] = {
        "id": lambda row: row[0],
        "customer_group_id": lambda row: row[0],
        "code": lambda row: row[1],
    }
    return listing(call, GROUPS, columns, _group_view)


def _group(shop: Shop, call: Call) -> dict[str, Any]:
    wanted = call.number("id")
    for row in GROUPS:
        if row[0] == wanted:
            return _group_view(row)
    raise no_such_entity("id", wanted)


def _balance(shop: Shop, call: Call) -> dict[str, Any]:
    """Store credit; there since 2.4.9."""
    if shop.settings.version < "2.4.9":
        raise Refusal("Request does not match any route.", status=404)
    entry, website = found(shop, call.number("customerId")), call.number("websiteId")
    return {
        "balance_id": entry.id,
        "customer_id": entry.id,
        "website_id": website,
        "amount": entry.balances.get(website, Decimal(0)),
        "base_currency_code": shop.settings.currency,
    }


ROUTES = (
    Route("GET", "customers/search", _search, RESOURCE),
    Route("GET", "customers/{customerId}", _read, RESOURCE),
    Route("POST", "customers", _add, _MANAGE),
    Route("PUT", "customers/{customerId}", _change, _MANAGE),
    Route("DELETE", "customers/{customerId}", _drop, _MANAGE),
    Route("POST", "customers/isEmailAvailable", _is_available),
    Route("DELETE", "addresses/{addressId}", _drop_address, _MANAGE),
    Route(
        "GET",
        "customers/{customerId}/billingAddress",
        _default_address("default_billing"),
        RESOURCE,
    ),
    Route(
        "GET",
        "customers/{customerId}/shippingAddress",
        _default_address("default_shipping"),
        RESOURCE,
    ),
    Route("GET", "customerGroups/search", _groups, "Magento_Customer::group"),
    Route("GET", "customerGroups/{id}", _group, "Magento_Customer::group"),
    Route("GET", "customers/{customerId}/balance/{websiteId}", _balance, RESOURCE, "commerce"),
)
