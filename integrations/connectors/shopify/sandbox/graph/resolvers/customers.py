"""Customers found, set and updated (rules and texts as recorded)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from integrations.connector_kit.sandbox.faults import FaultKind
from integrations.connectors.shopify.sandbox import clock, events
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.resolvers.listing import counted, listed
from integrations.connectors.shopify.sandbox.graph.resolvers.metafield_changes import (
    checked_metafields,
    store_metafields,
)
from integrations.connectors.shopify.sandbox.graph.resolvers.order_changes import (
    address_of,
    clean_tags,
)
from integrations.connectors.shopify.sandbox.graph.resolvers.order_queries import custom_id_owner
from integrations.connectors.shopify.sandbox.graph.search import Field, instant
from integrations.connectors.shopify.sandbox.graph.views import people
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.people import full_name
from integrations.connectors.shopify.sandbox.records import Customer

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")

_FIELDS: dict[str, Field] = {
    "default": Field(
        "text",
        lambda found: f"{full_name(found.first_name, found.last_name)} {found.email} {found.phone}",
    ),
    "id": Field("number", lambda found: found.id),
    "email": Field("text", lambda found: found.email),
    "phone": Field("text", lambda found: found.phone),
    "first_name": Field("text", lambda found: found.first_name),
    "last_name": Field("text", lambda found: found.last_name),
    "tag": Field("text", lambda found: found.tags),
    "state": Field("state", lambda _found: "disabled"),
    "customer_date": Field("instant", lambda found: found.created_at),
    "updated_at": Field("instant", lambda found: found.updated_at),
}
_KEYS: dict[str, Callable[[Customer], Any]] = {
    "UPDATED_AT": lambda found: found.updated_at.isoformat(timespec="microseconds"),
    "CREATED_AT": lambda found: found.created_at.isoformat(timespec="microseconds"),
}
_PLAIN = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "note": "note",
}


def _customers(call: Call, query: str | None = None, sortKey: str = "ID", **_: Any) -> Rows:
    return listed(
        call,
        "customers",
        [found for found in call.shop.customers.values() if _is_readable(call, found)],
        _FIELDS,
        query,
        view=people.customer,
        key=_KEYS.get(sortKey),
    )


def _customers_count(call: Call, limit: int | None = None, query: str | None = None) -> View:
    return counted(call, "customersCount", call.shop.customers.values(), _FIELDS, query, limit)


def _customer(call: Call, id: str) -> View | None:  # noqa: A002
    found = call.shop.customers.get(number_in(id, "Customer"))
    return people.customer(found) if found and _is_readable(call, found) else None


def _is_readable(call: Call, customer: Customer) -> bool:
    """A webhook may come before the customer it tells of can be read."""
    fault = call.shop.faults.shown(FaultKind.UNREADABLE, "GET customer")
    return fault is None or clock.now() - customer.created_at >= timedelta(seconds=fault.value)


def _named(call: Call, identifier: dict[str, Any]) -> Customer | None:
    """The customer that an identifier of a query or of customerSet names."""
    if "id" in identifier:
        return call.shop.customers.get(number_in(identifier["id"], "Customer"))
    if "customId" in identifier:
        owner = custom_id_owner(call, "CUSTOMER", identifier["customId"])
        return call.shop.customers.get(number_in(owner, "Customer")) if owner else None
    email = identifier.get("emailAddress") or identifier.get("email")
    if email is not None:
        return _by_email(call, email)
    return _by_phone(call, identifier.get("phoneNumber") or identifier.get("phone") or "")


def _by_email(call: Call, email: str) -> Customer | None:
    wanted = email.lower()
    everyone = call.shop.customers.values()
    return next((found for found in everyone if (found.email or "").lower() == wanted), None)


def _by_phone(call: Call, phone: str) -> Customer | None:
    everyone = call.shop.customers.values()
    return next((found for found in everyone if found.phone and found.phone == phone), None)


def _by_identifier(call: Call, identifier: dict[str, Any]) -> View | None:
    found = _named(call, identifier)
    return people.customer(found) if found is not None else None


def _set(
    call: Call,
    input: dict[str, Any],  # noqa: A002
    identifier: dict[str, Any] | None = None,
) -> View:
    problem = _identifier_problem(input, identifier)
    if problem is not None:
        return {"customer": None, "userErrors": [problem]}
    named = identifier or ({"id": input["id"]} if input.get("id") else None)
    found = _named(call, named) if named else None
    if named and "id" in named and found is None:
        text = "Resource matching the identifier was not found."
        return {"customer": None, "userErrors": [user_error(["input"], text, "NOT_FOUND")]}
    if "taxExempt" in input and input["taxExempt"] is None:
        text = "Tax exempt is of unexpected type NilClass"
        return {
            "customer": None,
            "userErrors": [user_error(["input", "taxExempt"], text, "INVALID")],
        }
    problems = _input_problems(call, found, input, ["input"])
    if problems:
        return {"customer": None, "userErrors": problems}
    saved = _saved(call, found, input)
    custom = (identifier or {}).get("customId")
    if custom is not None:
        store_metafields(call, gid("Customer", saved.id), [{**custom, "type": "id"}])
    return {"customer": people.customer(saved), "userErrors": []}


def _identifier_problem(values: dict[str, Any], identifier: dict[str, Any] | None) -> View | None:
    if identifier is None:
        return None
    if values.get("id"):
        text = "The id field is not allowed if identifier is provided."
        return user_error(["input"], text, "ID_NOT_ALLOWED")
    for name in ("email", "phone"):
        if name not in identifier:
            continue
        if not values.get(name):
            text = "The input field corresponding to the identifier is required."
            return user_error(["input"], text, "MISSING_FIELD_REQUIRED")
        if values[name].lower() != identifier[name].lower():
            text = "The identifier value does not match the value of the corresponding field in the input."
            return user_error(["input"], text, "INPUT_MISMATCH")
    return None


def _input_problems(
    call: Call, found: Customer | None, values: dict[str, Any], path: list[str]
) -> list[View]:
    after = {
        name: values[name] if name in values else getattr(found, attribute, None)
        for name, attribute in _PLAIN.items()
    }
    if not any(after[name] for name in ("firstName", "lastName", "email", "phone")):
        text = "A name, phone number, or email address must be present"
        return [user_error(path or None, text, "INVALID")]
    problems = []
    email, phone = values.get("email"), values.get("phone")
    if email:
        owner = _by_email(call, email)
        if not _EMAIL.fullmatch(email):
            problems.append(user_error([*path, "email"], "Email is invalid", "INVALID"))
        elif owner is not None and owner is not found:
            problems.append(user_error([*path, "email"], "Email has already been taken", "TAKEN"))
    if phone:
        owner = _by_phone(call, phone)
        if not _PHONE.fullmatch(phone):
            problems.append(user_error([*path, "phone"], "Phone is invalid", "INVALID"))
        elif owner is not None and owner is not found:
            problems.append(user_error([*path, "phone"], "Phone has already been taken", "TAKEN"))
    return problems


def _saved(call: Call, found: Customer | None, values: dict[str, Any]) -> Customer:
    moment = clock.now()
    is_new = found is None
    customer = found or Customer(call.shop.numbers.next("Customer"), moment, moment)
    for name, attribute in _PLAIN.items():
        if name in values:
            setattr(customer, attribute, values[name] or None)
    if "tags" in values:
        customer.tags = clean_tags(values["tags"] or [])
    if values.get("taxExempt") is not None:
        customer.tax_exempt = values["taxExempt"]
    if values.get("locale"):
        customer.locale = values["locale"]
    if values.get("addresses") is not None:
        customer.addresses = [
            address_of(call, entry, "CustomerAddress") for entry in values["addresses"]
        ]
    customer.updated_at = moment
    call.shop.customers[customer.id] = customer
    topic = "customers/create" if is_new else "customers/update"
    events.customer_changed(call.shop, customer, topic)
    return customer


def _update(call: Call, input: dict[str, Any]) -> View:  # noqa: A002
    if not input.get("id"):
        error = user_error(["id"], "Customer does not exist")
        return {"customer": None, "userErrors": [error]}
    found = call.shop.customers.get(number_in(input["id"], "Customer"))
    if found is None:
        error = user_error(["id"], "Customer does not exist")
        return {"customer": None, "userErrors": [error]}
    owner = gid("Customer", found.id)
    fields = input.get("metafields") or []
    problems = _input_problems(call, found, input, [])
    problems += checked_metafields(call, owner, fields, ["metafields"])
    if problems:
        return {"customer": people.customer(found), "userErrors": problems}
    store_metafields(call, owner, fields)
    return {"customer": people.customer(_saved(call, found, input)), "userErrors": []}


def _email_consent(call: Call, input: dict[str, Any]) -> View:  # noqa: A002
    found = call.shop.customers.get(number_in(input["customerId"], "Customer"))
    consent = input["emailMarketingConsent"]
    if found is None:
        error = user_error(["input", "customerId"], "Customer not found", "INVALID")
        return {"customer": None, "userErrors": [error]}
    if consent["marketingState"] not in ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING"):
        text = f"Cannot specify {consent['marketingState']} as a marketing state input"
        path = ["input", "emailMarketingConsent", "marketingState"]
        return {
            "customer": people.customer(found),
            "userErrors": [user_error(path, text, "INVALID")],
        }
    found.marketing_state = consent["marketingState"]
    found.marketing_level = consent.get("marketingOptInLevel") or found.marketing_level
    given = consent.get("consentUpdatedAt")
    found.marketing_at = (instant(given) if given else None) or clock.now()
    found.updated_at = clock.now()
    events.customer_changed(call.shop, found, "customers/update")
    return {"customer": people.customer(found), "userErrors": []}


QUERIES: dict[str, Callable[..., Any]] = {
    "customers": _customers,
    "customersCount": _customers_count,
    "customer": _customer,
    "customerByIdentifier": _by_identifier,
}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "customerSet": _set,
    "customerUpdate": _update,
    "customerEmailMarketingConsentUpdate": _email_consent,
}
