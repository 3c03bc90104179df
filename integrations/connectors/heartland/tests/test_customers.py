"""Customers into Heartland Retail: found before they are made, and shown as they stand there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from integrations.connector_kit.base import Receipt
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland import customers, people
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.order_fields import Buyer
from integrations.connectors.heartland.tests.small_heartland import Ledger, Place, outgoing
from mappings.canonical import comparing
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity

ABOUT: dict[str, Any] = {"entity": Entity.CUSTOMER, "key": "77", "reference": "WEB-77"}


def customer(**changes: Any) -> dict[str, Any]:
    return {
        "email": "Test.Buyer@example.com",
        "first_name": "Test",
        "last_name": "Buyer",
        "phone": "+15125550100",
        "addresses": [
            {"line_1": "12 Elm St", "city": "Austin", "state": "TX", "postal_code": "78701"}
        ],
        **changes,
    }


def send(place: Place, wanted: dict[str, Any], **changes: Any) -> Receipt:
    return customers.write(place.client(), outgoing(wanted, **{**ABOUT, **changes}), Ledger())


def read(place: Place, key: str) -> Customer:
    raw = customers.read(place.client(), [key])[key]
    return customers.normalise(Payload(raw), place.account())


def test_customer_is_found_by_name_and_address_when_the_email_is_new(place: Place) -> None:
    made = send(place, customer(email=None))
    again = send(place, customer(email="new@example.com"), key="78", reference="WEB-78")
    assert (again.id, again.outcome) == (made.id, "updated")
    assert [row["email"] for row in place.rows("/customers")] == ["new@example.com"]


@pytest.mark.parametrize("there", ["ana@example.com", "Ana@example.com", "ANA@Example.com"])
@pytest.mark.parametrize("here", ["ana@example.com", "Ana@Example.com"])
def test_customer_and_buyer_are_found_whatever_capitals_the_address_has(
    place: Place, here: str, there: str
) -> None:
    body = {"first_name": "Ana", "last_name": "Diaz", "email": there}
    # Whatever a pattern means besides, this is somebody else.
    other = place.client().create("/customers", body | {"email": "x" + there}, what="customer")
    known = place.client().create("/customers", body, what="customer")
    plain = customer(email=here, phone=None, addresses=[])
    assert send(place, plain, key="79").id == known != other
    buyer = Buyer(key="79", email=here, first_name="Ana", last_name="Diaz", phone="")
    assert people.customer_for(place.client(), buyer) == known
    assert len(place.rows("/customers")) == 2


def test_customer_is_made_where_patterns_are_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = HeartlandClient.page

    def page(client: HeartlandClient, path: str, params: Sequence[tuple[str, str]]) -> Any:
        if "$like" in str(params):
            raise Rejected("Unknown filter", field="email", said="$like")
        return real(client, path, params)

    monkeypatch.setattr(HeartlandClient, "page", page)
    assert send(place, customer()).outcome == "created"


def test_customer_with_two_equal_namesakes_is_held(place: Place) -> None:
    body = {"first_name": "Test", "last_name": "Buyer", "email": "shared@example.com"}
    for _ in range(2):
        place.client().create("/customers", body, what="customer")
    place.seen.clear()
    with pytest.raises(Rejected, match="2 customers of Heartland fit") as caught:
        send(place, customer(email="shared@example.com"))
    assert caught.value.field == "email"
    assert place.writes() == []


def test_new_phone_number_is_set_on_the_main_address(place: Place) -> None:
    made = send(place, customer())
    place.seen.clear()
    changed = send(place, customer(phone="+12025550142", addresses=[]), linked_id=made.id)
    assert changed.outcome == "updated"
    found = read(place, made.id)
    assert (found.phone, len(found.addresses)) == ("+12025550142", 1)
    assert len(place.writes()) == 1


def test_phone_number_without_an_address_has_a_place_too(place: Place) -> None:
    made = send(place, customer(phone="+12025550142", addresses=[]))
    found = read(place, made.id)
    assert (found.phone, found.addresses) == ("+12025550142", ())
    place.seen.clear()
    again = send(place, customer(phone="+12025550142", addresses=[]), linked_id=made.id)
    assert (again.outcome, place.writes()) == ("unchanged", [])


def test_what_a_receipt_shows_is_what_a_read_shows(place: Place) -> None:
    made = send(place, customer(phone="+12025550142", custom={"Tier": "gold"}))
    assert made.shown is not None
    shown = customers.normalise(Payload(made.shown), place.account())
    assert comparing.fields(shown) == comparing.fields(read(place, made.id))


def test_the_id_in_the_store_is_kept_where_a_field_is_named(place: Place) -> None:
    client = place.client(store_id_field="web_id")
    customers.write(client, outgoing(customer(), **ABOUT), Ledger())
    assert [row["custom"]["web_id"] for row in place.rows("/customers")] == ["77"]
