"""Customers into Shopify: found by e-mail, no blank overwrites, tags only added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connectors.shopify import customers
from integrations.connectors.shopify.tests.small_shop import SmallShop, client, small_shop
from mappings.canonical.record import Entity

FIXTURE = Path(__file__).parents[1] / "fixtures" / "customers__with_addresses.json"
THERE = json.loads(FIXTURE.read_text("utf-8"))
SET = {"customerSet": {"customer": {"legacyResourceId": "77"}, "userErrors": []}}
TAGGED = {"tagsAdd": {"userErrors": []}}


def _write(shop: SmallShop, fields: dict[str, Any], linked: str = ""):
    outgoing = Outgoing("d1", Entity.CUSTOMER, "5", "5", fields, linked_id=linked)
    return customers.write(client(shop), outgoing, lambda *_: None)


def test_unknown_customer_is_created_with_everything() -> None:
    fields = {
        "email": "new@example.com",
        "first_name": "Test",
        "last_name": "",
        "phone": None,
        "tags": ("pos",),
        "addresses": [
            {
                "lines": ("1 Sample Street", "Floor 2", "Door 3"),
                "city": "Austin",
                "region": "TX",
                "postal_code": "78701",
                "country": "US",
                "company": "",
            }
        ],
    }
    with small_shop(
        CustomerByIdentifier={"data": {"customerByIdentifier": None}},
        CustomerSet=SET,
        TagsAdd=TAGGED,
    ) as shop:
        receipt = _write(shop, fields)
    assert (receipt.id, receipt.outcome) == ("77", Outcome.CREATED)
    assert shop.sent("CustomerSet") == [
        {
            "identifier": {"email": "new@example.com"},
            "input": {
                "email": "new@example.com",
                "firstName": "Test",
                "addresses": [
                    {
                        "address1": "1 Sample Street",
                        "address2": "Floor 2, Door 3",
                        "city": "Austin",
                        "provinceCode": "TX",
                        "countryCode": "US",
                        "zip": "78701",
                    }
                ],
            },
        }
    ]
    assert shop.sent("TagsAdd") == [{"id": "gid://shopify/Customer/77", "tags": ["pos"]}]


def test_known_customer_gets_only_what_differs() -> None:
    fields = {
        "email": "Buyer@example.com",
        "first_name": "Test",
        "last_name": "Changed",
        "note": "",
        "tags": ["vip"],
        "addresses": [{"lines": ["2 Other Street"], "city": "Austin"}],
    }
    with small_shop(CustomerByIdentifier={"customerByIdentifier": THERE}, CustomerSet=SET) as shop:
        receipt = _write(shop, fields)
    assert (receipt.id, receipt.outcome) == ("7700000000000000007", Outcome.UPDATED)
    assert shop.sent("CustomerSet") == [
        {"identifier": {"id": THERE["id"]}, "input": {"lastName": "Changed"}}
    ]
    assert shop.sent("TagsAdd") == []


def test_same_customer_is_left_alone() -> None:
    fields = {"email": "buyer@example.com", "first_name": "Test", "last_name": "", "tags": []}
    with small_shop(CustomerByIdentifier={"customerByIdentifier": THERE}) as shop:
        receipt = _write(shop, fields)
    assert receipt.outcome is Outcome.UNCHANGED
    assert shop.operations() == ["CustomerByIdentifier"]


def test_new_tag_is_an_update() -> None:
    fields = {"email": "buyer@example.com", "tags": ["vip", "pos"]}
    with small_shop(CustomerByIdentifier={"customerByIdentifier": THERE}, TagsAdd=TAGGED) as shop:
        receipt = _write(shop, fields)
    assert receipt.outcome is Outcome.UPDATED
    assert [sent["tags"] for sent in shop.sent("TagsAdd")] == [["pos"]]


def test_dead_link_falls_back_to_the_email() -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        known = THERE if "emailAddress" in given["identifier"] else None
        return {"data": {"customerByIdentifier": known}}

    with small_shop(CustomerByIdentifier=answer) as shop:
        _write(shop, {"email": "buyer@example.com"}, linked="1")
    assert shop.sent("CustomerByIdentifier") == [
        {"identifier": {"id": "gid://shopify/Customer/1"}},
        {"identifier": {"emailAddress": "buyer@example.com"}},
    ]


def test_customer_without_email_and_phone_is_refused_unsent() -> None:
    with small_shop() as shop, pytest.raises(Rejected) as caught:
        _write(shop, {"first_name": "Test"})
    assert caught.value.field == "email"
    assert shop.calls == []


def test_their_refusal_names_the_field() -> None:
    errors = [{"field": ["input", "phone"], "message": "Phone is invalid", "code": "INVALID"}]
    answer = {"customerSet": {"customer": None, "userErrors": errors}}
    with (
        small_shop(
            CustomerByIdentifier={"data": {"customerByIdentifier": None}}, CustomerSet=answer
        ) as shop,
        pytest.raises(Rejected, match="Phone is invalid") as caught,
    ):
        _write(shop, {"email": "new@example.com", "phone": "123"})
    assert caught.value.field == "phone"


def test_read_keeps_the_order_of_the_keys_and_marks_the_gone() -> None:
    with small_shop(CustomersRead={"nodes": [None, THERE]}) as shop:
        found = customers.read(client(shop), ["1", "7700000000000000007"])
    assert found["1"] is None
    assert found["7700000000000000007"] == THERE
