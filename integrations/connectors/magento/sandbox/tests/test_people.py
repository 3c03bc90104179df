"""Customers and their address books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.connectors.magento.sandbox.tests import openapi
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria
from integrations.connectors.magento.sandbox.tests.test_recorded import differences, recorded

_HOME = {
    "firstname": "Ada",
    "lastname": "Test",
    "street": ["1 Example Street", "Apt 2"],
    "city": "Springfield",
    "country_id": "US",
    "region": {"region_code": "IL", "region": "Illinois", "region_id": 23},
    "postcode": "62701",
    "telephone": "+12025550101",
}
_ADA = {"email": "ada@example.com", "firstname": "Ada", "lastname": "Test", "website_id": 1}


def _added(account: Account, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = account.post("customers", {"customer": {**_ADA, **more}})
    return made


def _change(account: Account, number: int, **more: Any) -> dict[str, Any]:
    body = {"customer": {"id": number, **_ADA, **more}}
    made: dict[str, Any] = account.put(f"customers/{number}", body)
    return made


def test_a_customer_is_added_found_and_looks_like_a_real_one(account: Account) -> None:
    home = {**_HOME, "default_billing": True, "default_shipping": True}
    made = _added(account, addresses=[home], gender=2, dob="1973-12-15")
    assert made["default_billing"] == str(made["addresses"][0]["id"])
    assert made["addresses"][0]["region"]["region"] == "Illinois"
    shown = account.get("customers/search", criteria(("email", "ADA@example.com", "eq")))
    assert [row["id"] for row in shown["items"]] == [made["id"]]
    assert differences(shown, recorded("customers-search")) == set()
    real = recorded("customers-search")["items"][0]
    assert set(real) - set(shown["items"][0]) == set()


def test_an_address_that_is_left_out_is_deleted_and_flags_are_lost(account: Account) -> None:
    home = {**_HOME, "default_billing": True, "default_shipping": True}
    made = _added(account, addresses=[home, {**_HOME, "city": "Albany"}])
    first, second = made["addresses"]
    kept = _change(account, made["id"], firstname="Eve")
    assert [row["id"] for row in kept["addresses"]] == [first["id"], second["id"]]
    assert kept["default_billing"] == str(first["id"])
    plain = {name: value for name, value in first.items() if not name.startswith("default")}
    less = _change(account, made["id"], addresses=[plain])
    assert [row["id"] for row in less["addresses"]] == [first["id"]]
    assert "default_billing" not in less


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"email": "nobody"}, "not a valid email"),
        ({"firstname": ""}, "First Name"),
        ({"addresses": [{**_HOME, "telephone": ""}]}, '"%fieldName" is required'),
        ({"addresses": [{**_HOME, "street": list("12345")}]}, "cannot contain more than"),
        ({"addresses": [{**_HOME, "region": {"region": "Nowhere"}}]}, '"%fieldName" is required'),
        ({"addresses": [{**_HOME, "country_id": "XX"}]}, "Invalid value"),
        ({"addresses": [{**_HOME, "id": 1}]}, "No such entity"),
        ({"group_id": 99}, "No such entity"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    account: Account, more: dict[str, Any], said: str
) -> None:
    reply = account.refused("POST", "customers", {"customer": {**_ADA, **more}})
    assert said in reply.json["message"]
    assert account.get("customers/search", criteria())["total_count"] == 0


def test_one_address_of_mail_is_one_customer(account: Account) -> None:
    made = _added(account)
    reply = account.refused("POST", "customers", {"customer": {**_ADA, "email": "Ada@Example.com"}})
    assert "same email address already exists" in reply.json["message"]
    body = {"customer": {"id": made["id"], **_ADA, "website_id": None}}
    refused = account.refused("PUT", f"customers/{made['id']}", body)
    assert '"Associate to Website" is a required value.' in refused.json["message"]
    assert account.refused("GET", "customers/1").status == 404
    free = {"customerEmail": "ada@example.com"}
    assert account.post("customers/isEmailAvailable", free) is True


def test_regions_that_are_no_list_are_free_text(account: Account) -> None:
    london = {**_HOME, "country_id": "GB", "region": {"region": "London"}, "postcode": "N1 1AA"}
    made = account.rest("POST", "V1/customers", {"customer": {**_ADA, "addresses": [london]}}).json
    assert made["addresses"][0]["region"] == {
        "region_code": "London",
        "region": "London",
        "region_id": 0,
    }
    openapi.check_answer("POST", "/V1/customers", 200, made)


def test_groups_countries_and_currency_are_told(open_account: Callable[..., Account]) -> None:
    account = open_account(base_to_order_rate="0.5")
    assert account.get("customerGroups/search", criteria())["total_count"] == 4
    assert account.get("customerGroups/1")["code"] == "General"
    regions = account.get("directory/countries/US")["available_regions"]
    assert {"id": "33", "code": "MI", "name": "Michigan"} in regions
    assert len(account.get("directory/countries")) == 6
    rates = account.get("directory/currency")["exchange_rates"]
    assert {row["currency_to"]: str(row["rate"]) for row in rates} == {"USD": "1", "EUR": "0.5"}


def test_addresses_can_be_deleted_one_by_one(account: Account) -> None:
    made = _added(account, addresses=[{**_HOME, "default_billing": True}])
    number = made["addresses"][0]["id"]
    assert account.get(f"customers/{made['id']}/billingAddress")["id"] == number
    assert account.done("DELETE", f"addresses/{number}") is True
    assert account.get(f"customers/{made['id']}")["addresses"] == []
    assert account.refused("GET", f"customers/{made['id']}/billingAddress").status == 404
    assert account.done("DELETE", f"customers/{made['id']}") is True


def test_store_credit_is_read_where_the_edition_has_it(
    open_account: Callable[..., Account],
) -> None:
    shop = open_account(customers=1)
    number = shop.get("customers/search", criteria())["items"][0]["id"]
    assert shop.refused("GET", f"customers/{number}/balance/1").status == 404
    for version, status in (("2.4.9", 200), ("2.4.8", 404)):
        shop = open_account(customers=1, edition="commerce", version=version)
        number = shop.get("customers/search", criteria())["items"][0]["id"]
        assert shop.rest("GET", f"V1/customers/{number}/balance/1").status == status


def test_what_a_shop_wants_to_know_is_told(account: Account) -> None:
    rows = {row["attribute_code"]: row for row in account.get("attributeMetadata/customerAddress")}
    assert rows["street"]["multiline_count"] == 2
    assert rows["telephone"]["required"] is True
    own = account.get("attributeMetadata/customer/custom")
    assert [row["attribute_code"] for row in own] == ["loyalty_number"]
    values = [
        {"attribute_code": "loyalty_number", "value": "L-1"},
        {"attribute_code": "unheard_of", "value": "x"},
    ]
    made = _added(account, custom_attributes=values)
    assert made["custom_attributes"] == values[:1]
