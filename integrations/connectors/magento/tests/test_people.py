"""Customers and gift cards against the sandbox; what is sent is as the official OpenAPI has it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import TryLater
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.sandbox.testing import serving
from integrations.connectors.magento import (
    customer_writing,
    customers,
    gift_cards,
    own_fields,
    store_credit,
)
from integrations.connectors.magento.tests.real_shop import RealShop, opened
from mappings.canonical.record import Entity

CODE = "0XJ2-AB3C"
ADDRESS = {
    "lines": ["12 Elm St", "Apt 3"],
    "city": "Austin",
    "region": "Texas",
    "postal_code": "78701",
    "country": "US",
}
NEW = {
    "email": "new@example.com",
    "first_name": "Ana",
    "last_name": "Diaz",
    "phone": "+15125550134",
    "addresses": [ADDRESS],
    "custom": {"taxvat": "DE000000000", "gender": "female"},
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving("magento") as address:
        yield address


def write(shop: RealShop, fields: dict[str, Any], linked: str = "") -> Receipt:
    outgoing = Outgoing("d1", Entity.CUSTOMER, "5", "5", fields, linked_id=linked)
    return customer_writing.write(shop.client(), outgoing, lambda *_: None)


def test_customer_is_made_once_and_keeps_all_that_is_there(url: str) -> None:
    shop = opened(url)
    shop.act("faults", kind="lost_answer", match="POST /V1/customers")
    with pytest.raises(TryLater):
        write(shop, NEW)
    made = write(shop, NEW)
    assert made.outcome is Outcome.UNCHANGED
    opened_client = shop.client()
    there = opened_client.get(f"customers/{made.id}")
    there["group_id"], there["extension_attributes"] = 2, {"is_subscribed": True}
    opened_client.put(f"customers/{made.id}", {"customer": there})

    second = {**ADDRESS, "lines": ["9 New Rd"]}
    changed = write(shop, {"first_name": "Anna", "addresses": [ADDRESS, second]}, made.id)
    assert changed.outcome is Outcome.UPDATED
    now = opened_client.get(f"customers/{made.id}")
    assert (now["firstname"], now["group_id"], now["taxvat"]) == ("Anna", 2, "DE000000000")
    assert now["extension_attributes"]["is_subscribed"] is True
    assert [row["street"] for row in now["addresses"]] == [["12 Elm St", "Apt 3"], ["9 New Rd"]]
    first = str(now["addresses"][0]["id"])
    assert (now["default_billing"], now["default_shipping"]) == (first, first)
    assert changed.shown is not None
    read = customers.normalise(Payload(changed.shown), opened_client.account)
    again = customers.read(opened_client, [made.id])[made.id]
    assert read == customers.normalise(Payload(again), opened_client.account)
    assert (read.phone, read.addresses[0].region) == ("+15125550134", "TX")
    assert customers.count(opened_client).records == 1
    assert [row.key for row in customers.pages(opened_client, "").notices] == [made.id]
    assert "custom.taxvat" in {row.path for row in own_fields.fields(opened_client)}
    shop.check_calls()


def test_cards_and_credit_of_commerce(url: str) -> None:
    shop = opened(url, edition="commerce", tax_rate="0")
    settings = {"gift_cards": "both", "store_credit": "read"}
    client = shop.client(**settings)
    assert gift_cards.findings(client) == []
    fields = {"code": CODE, "balance": "50.00", "currency": "USD", "last_characters": "AB3C"}
    outgoing = Outgoing("d1", Entity.GIFT_CARD, "3001", "", fields)
    made = gift_cards.write(client, outgoing, lambda *_: None)
    (order,) = shop.act("orders", count=1, lines=2, paid=False, gift_card=CODE)["orders"]
    row = gift_cards.read(client, [f"{order['id']}-{made.id}"])[f"{order['id']}-{made.id}"]
    used = gift_cards.normalise(Payload(row), client.account)
    left = gift_cards.normalise(
        Payload(gift_cards.read(client, [made.id])[made.id]), client.account
    )
    assert used.spent is not None
    assert left.balance == Decimal(50) - used.spent
    assert used.balance in (left.balance, None)

    person = write(shop, NEW)
    shop.act("store_credit", customer=int(person.id), amount="12.50")
    assert store_credit.balance_of(client, person.id) == Decimal("12.50")
    read = customers.normalise(
        Payload(customers.read(client, [person.id])[person.id]), client.account
    )
    assert read.custom["store_credit"] == "12.50"
    assert customers.pages(client, "").notices[0].payload is None
    assert CODE not in repr(shop.exchanges)
