"""Customers into Shopify: found by e-mail, no blank overwrites, tags only added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit.base import Account, Outcome, Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify import customer_writing, customers
from integrations.connectors.shopify.tests.small_shop import SmallShop, client, small_shop
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity, Skipped

FIXTURE = Path(__file__).parents[1] / "fixtures" / "customers__with_addresses.json"
THERE = json.loads(FIXTURE.read_text("utf-8")) | {"ownId": {"value": "5"}}
OWN = {"ownId": {"value": "5"}}
MADE = {"id": "gid://shopify/Customer/77", "legacyResourceId": "77", **OWN}
SET = {"customerSet": {"customer": MADE, "userErrors": []}}
NOBODY = {"customers": {"nodes": []}}
TAGGED = {"tagsAdd": {"userErrors": []}}


def _write(shop: SmallShop, fields: dict[str, Any], linked: str = ""):
    outgoing = Outgoing("d1", Entity.CUSTOMER, "5", "5", fields, linked_id=linked)
    return customer_writing.write(client(shop), outgoing, lambda *_: None)


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
        CustomersNamed=NOBODY,
        CustomerSet=SET,
        TagsAdd=TAGGED,
    ) as shop:
        receipt = _write(shop, fields)
    assert (receipt.id, receipt.outcome) == ("77", Outcome.CREATED)
    assert shop.sent("MetafieldsSet") == []
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
    answer = {"customerSet": {"customer": {**THERE, "lastName": "Changed"}, "userErrors": []}}
    with small_shop(
        CustomerByIdentifier={"customerByIdentifier": THERE}, CustomerSet=answer
    ) as shop:
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


def test_customer_without_email_and_phone_is_left_out_unsent() -> None:
    with small_shop() as shop, pytest.raises(Skipped, match="neither an e-mail"):
        _write(shop, {"first_name": "Test"})
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


def test_a_namesake_at_the_same_address_is_the_same_customer() -> None:
    there = {**THERE, "defaultEmailAddress": None, "defaultPhoneNumber": None}
    there |= {"firstName": "Ána", "lastName": "O'Hara"}
    place = normalised(there).addresses[0].model_dump()
    fields = {"email": "ana@example.com", "first_name": "Ana", "last_name": "O'Hara"}
    with small_shop(
        CustomerByIdentifier={"data": {"customerByIdentifier": None}},
        CustomersNamed={"customers": {"nodes": [there]}},
        CustomerSet=SET,
    ) as shop:
        _write(shop, {**fields, "addresses": [place]})
    assert shop.sent("CustomersNamed") == [{"q": 'first_name:"Ana" last_name:"O\'Hara"'}]
    assert shop.sent("CustomerSet")[0]["identifier"] == {"id": THERE["id"]}


def test_two_equal_namesakes_hold_the_customer_and_both_are_named() -> None:
    blank = {**THERE, "defaultEmailAddress": None, "firstName": "Ana", "lastName": "Diaz"}
    twins = [blank, {**blank, "id": "gid://shopify/Customer/8", "legacyResourceId": "8"}]
    place = normalised(blank).addresses[0].model_dump()
    fields = {"email": "ana@example.com", "first_name": "Ana", "last_name": "Diaz"}
    with (
        small_shop(
            CustomerByIdentifier={"data": {"customerByIdentifier": None}},
            CustomersNamed={"customers": {"nodes": twins}},
        ) as shop,
        pytest.raises(
            Rejected, match=r"“Ana Diaz” \(id 7700000000000000007\) and “Ana Diaz” \(id 8\)"
        ),
    ):
        _write(shop, {**fields, "addresses": [place]})
    assert shop.sent("CustomerSet") == []


def test_a_phone_number_of_another_customer_is_left_out() -> None:
    taken = [
        {"field": ["input", "phone"], "message": "Phone has already been taken", "code": "TAKEN"}
    ]

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        if "phone" in given["input"]:
            return {"customerSet": {"customer": None, "userErrors": taken}}
        return SET

    with small_shop(
        CustomerByIdentifier={"customerByIdentifier": THERE}, CustomerSet=answer
    ) as shop:
        _write(shop, {"email": "buyer@example.com", "phone": "+12025551001", "last_name": "New"})
    assert shop.sent("CustomerSet")[-1]["input"] == {"lastName": "New"}


def test_the_id_in_the_point_of_sale_is_kept_once() -> None:
    stranger = {**THERE, "ownId": None}
    done = {"metafieldsSet": {"metafields": [{"id": "1"}], "userErrors": []}}
    with small_shop(
        CustomerByIdentifier={"customerByIdentifier": stranger}, MetafieldsSet=done
    ) as shop:
        receipt = _write(shop, {"email": "buyer@example.com"})
    (sent,) = shop.sent("MetafieldsSet")
    assert sent["metafields"] == [
        {
            "ownerId": THERE["id"],
            "namespace": "clarity",
            "key": "customer_id",
            "type": "single_line_text_field",
            "value": "5",
        }
    ]
    assert receipt.shown is not None
    assert normalised(receipt.shown).custom == {"customer_id": "5"}


def test_what_stands_there_decides_what_is_written() -> None:
    def merge(there: Mapping[str, Any] | None) -> Mapping[str, Any]:
        assert there is not None
        return {"last_name": "Merged"}

    outgoing = Outgoing(
        "d1", Entity.CUSTOMER, "5", "5", {"email": "buyer@example.com", "note": "x"}, merge=merge
    )
    with small_shop(CustomerByIdentifier={"customerByIdentifier": THERE}, CustomerSet=SET) as shop:
        customer_writing.write(client(shop), outgoing, lambda *_: None)
    assert [sent["input"] for sent in shop.sent("CustomerSet")] == [{"lastName": "Merged"}]


def normalised(raw: Mapping[str, Any]) -> Customer:
    account = Account(id="1", base_url="", flavour="admin", settings={}, credentials={})
    return customers.normalise(Payload(raw), account)
