"""Customers: set by identifier, update, the recorded refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.shopify.sandbox.tests.conftest import Account


def _set(account: Account, operations: dict[str, str], values: Any, identifier: Any = None) -> Any:
    variables = {"input": values, "identifier": identifier}
    return account.data(operations["CustomerSet"], variables)["customerSet"]


def _by(account: Account, operations: dict[str, str], **identifier: str) -> Any:
    variables = {"identifier": identifier}
    return account.data(operations["CustomerByIdentifier"], variables)["customerByIdentifier"]


def test_upsert_by_email_then_replace_addresses(
    account: Account, operations: dict[str, str]
) -> None:
    email = "one@example.com"
    address = {"address1": "10 Example St", "city": "Ottawa", "countryCode": "CA"}
    values = {"email": email, "firstName": "Test", "lastName": "Buyer", "tags": ["b", "a"]}
    made = _set(account, operations, {**values, "addresses": [address]}, {"email": email})
    again = _set(account, operations, {"email": email, "note": "hi"}, {"email": email})
    assert made["customer"] == again["customer"]
    found = _by(account, operations, emailAddress=email)
    assert found["tags"] == ["a", "b"]
    assert (found["firstName"], found["note"]) == ("Test", "hi")
    assert found["defaultAddress"]["city"] == "Ottawa"
    assert len(found["addressesV2"]["nodes"]) == 1
    _set(account, operations, {"email": email, "addresses": []}, {"email": email})
    assert _by(account, operations, emailAddress=email)["defaultAddress"] is None


def test_refusals_equal_the_recorded_ones(
    account: Account, operations: dict[str, str], recorded: Callable[[str], Any]
) -> None:
    cases = recorded("2026-04.customer-set-parity")["validation"]
    first = {"email": "first@example.com", "phone": "+12025551285", "firstName": "A"}
    known = _set(account, operations, first)["customer"]["id"]

    def messages(result: Any) -> Any:
        assert result["customer"] is None
        return [(error["field"], error["message"]) for error in result["userErrors"]]

    given: dict[str, tuple[Any, Any]] = {
        "missingIdentity": ({"email": ""}, None),
        "unknownId": ({"firstName": "G"}, {"id": "gid://shopify/Customer/999999999999999"}),
        "duplicateEmail": ({"email": "first@example.com", "firstName": "B"}, None),
        "duplicatePhone": ({"phone": "+12025551285", "firstName": "B"}, None),
        "missingIdentifierEmail": ({"firstName": "B"}, {"email": "first@example.com"}),
        "mismatchedIdentifierEmail": (
            {"email": "other@example.com"},
            {"email": "first@example.com"},
        ),
        "nullableUpdate": ({"taxExempt": None, "firstName": "C"}, {"id": known}),
    }
    for name, (values, identifier) in given.items():
        expected = cases[name]["response"]["data"]["customerSet"]["userErrors"]
        result = messages(_set(account, operations, values, identifier))
        assert result == [(error["field"], error["message"]) for error in expected], name
    missing = account.graphql(
        operations["CustomerSet"],
        {
            "input": {"firstName": "X"},
            "identifier": {"customId": {"namespace": "custom", "key": "nr", "value": "1"}},
        },
    ).json
    expected = cases["customId"]["response"]["errors"][0]
    assert missing["errors"][0]["message"] == expected["message"]
    assert missing["errors"][0]["extensions"] == expected["extensions"]


def test_identifier_without_its_key_is_an_invalid_variable(
    account: Account, operations: dict[str, str], recorded: Callable[[str], Any]
) -> None:
    case = recorded("2026-04.customer-set-custom-id")["cases"]["validations"]["malformed"]
    given = case["request"]["variables"]
    variables = {"identifier": given["identifier"], "input": given["input"]}
    told = account.graphql(operations["CustomerSet"], variables).json["errors"][0]
    expected = case["response"]["errors"][0]
    assert told["message"] == expected["message"]
    assert told["extensions"] == expected["extensions"]


def test_custom_id_creates_then_updates(account: Account, operations: dict[str, str]) -> None:
    definition = {
        "name": "Heartland",
        "namespace": "clarity",
        "key": "heartland_id",
        "ownerType": "CUSTOMER",
        "type": "id",
    }
    account.data(operations["MetafieldDefinitionCreate"], {"d": definition})
    identifier = {"customId": {"namespace": "clarity", "key": "heartland_id", "value": "77"}}
    made = _set(account, operations, {"firstName": "New"}, identifier)["customer"]
    again = _set(account, operations, {"firstName": "Newer"}, identifier)["customer"]
    assert made == again
    query = "query Q($i: CustomerIdentifierInput!) { customerByIdentifier(identifier: $i) { firstName } }"
    assert account.data(query, {"i": identifier})["customerByIdentifier"] == {"firstName": "Newer"}


def test_update_and_consent(account: Account, operations: dict[str, str]) -> None:
    made = _set(account, operations, {"email": "c@example.com", "firstName": "C"})["customer"]["id"]
    values = {"id": made, "lastName": "Changed"}
    account.data(operations["CustomerUpdate"], {"input": values})
    consent = {"marketingState": "SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"}
    account.data(
        operations["EmailConsent"],
        {"input": {"customerId": made, "emailMarketingConsent": consent}},
    )
    found = _by(account, operations, id=made)
    assert found["lastName"] == "Changed"
    assert found["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"


def test_search_by_email(account: Account) -> None:
    account.order(count=10)
    query = "query Q($q: String!) { customers(first: 5, query: $q) { nodes { displayName } } }"
    everyone = account.data(query, {"q": "last_name:test"})["customers"]["nodes"]
    assert len(everyone) == 5
    one = everyone[0]["displayName"].split()[1]
    found = account.data(query, {"q": f"email:buyer{one}@example.com"})["customers"]["nodes"]
    assert [node["displayName"] for node in found] == [f"Buyer {one} Test"]
