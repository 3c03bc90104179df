"""Customers into Magento: found, merged, sent back whole; no address, flag or blank is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit import numbers
from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.testing import Asked
from integrations.connectors.magento import customer_writing, customers, own_fields
from integrations.connectors.magento.tests.small_store import (
    VIEWS,
    WEBSITES,
    SmallStore,
    account,
    client,
    found,
    small_store,
)
from mappings.canonical.record import Entity, Skipped

FIXTURE = Path(__file__).parents[1] / "fixtures" / "customers__two_addresses_and_attributes.json"
THERE: dict[str, Any] = {
    key: value for key, value in json.loads(FIXTURE.read_text("utf-8")).items() if key != "clarity"
}
TEXAS = {"id": "57", "code": "TX", "name": "Texas"}
COUNTRIES = {
    "US": {"id": "US", "full_name_english": "United States", "available_regions": [TEXAS]},
    "GB": {"id": "GB", "full_name_english": "United Kingdom"},
}
ATTRIBUTES = [
    {
        "attribute_code": "loyalty_tier",
        "frontend_input": "select",
        "store_label": "Loyalty tier",
        "required": True,
        "system": False,
        "options": [
            {"label": " ", "value": ""},
            {"label": "Gold", "value": "11"},
            {"label": "Silver", "value": "12"},
        ],
    },
    {"attribute_code": "till_number", "frontend_input": "text", "options": []},
]
AUSTIN = {
    "lines": ("1 Sample Street", "Floor 2", "Door 3"),
    "city": "Austin",
    "region": "texas",
    "postal_code": "78701",
    "country": "US",
}
NEW = {"email": "new@example.com", "first_name": "Test", "last_name": "Buyer"}
TAKEN = (
    400,
    {"message": "A customer with the same email address already exists in an associated website."},
)


def shop_with(*known: dict[str, Any], **answers: Any) -> dict[str, Any]:
    """A shop that knows these customers, by id and by every search."""

    def made(asked: Asked) -> Any:
        return {**THERE, **asked.json()["customer"], "id": asked.json()["customer"].get("id", 77)}

    return {
        "GET /V1/customers/search": found(*known),
        **{f"GET /V1/customers/{row['id']}": row for row in known},
        **{f"PUT /V1/customers/{row['id']}": made for row in known},
        "POST /V1/customers": made,
        "GET /V1/attributeMetadata/customer/custom": ATTRIBUTES,
        **{f"GET /V1/directory/countries/{code}": row for code, row in COUNTRIES.items()},
        "GET /V1/directory/countries": list(COUNTRIES.values()),
        **answers,
    }


def write(
    store: SmallStore, fields: dict[str, Any], *, linked: str = "", **settings: str
) -> Receipt:
    outgoing = Outgoing("d1", Entity.CUSTOMER, "5", "5", fields, linked_id=linked)
    return customer_writing.write(client(store, settings=settings), outgoing, lambda *_: None)


def posted(store: SmallStore) -> dict[str, Any]:
    (sent,) = store.sent("POST /V1/customers")
    return sent["customer"]


def put(store: SmallStore) -> dict[str, Any]:
    (sent,) = store.sent("PUT /V1/customers/41")
    return sent["customer"]


def test_new_customer_goes_whole_and_wakes_no_mail_but_magentos_own() -> None:
    fields = {**NEW, "phone": "+15125550134", "addresses": [AUSTIN], "custom": {"gender": "Male"}}
    with small_store(shop_with()) as store:
        receipt = write(store, fields)
    assert (receipt.id, receipt.outcome) == ("77", Outcome.CREATED)
    sent = posted(store)
    address = sent.pop("addresses")
    assert sent == {
        "email": "new@example.com",
        "firstname": "Test",
        "lastname": "Buyer",
        "gender": 1,
        "website_id": 1,
        "store_id": 1,
    }
    assert address == [
        {
            "firstname": "Test",
            "lastname": "Buyer",
            "street": ["1 Sample Street", "Floor 2, Door 3"],
            "city": "Austin",
            "postcode": "78701",
            "country_id": "US",
            "telephone": "+15125550134",
            "region": {"region_code": "TX", "region": "Texas", "region_id": 57},
            "region_id": 57,
            "default_billing": True,
            "default_shipping": True,
        }
    ]


def test_what_nobody_knows_is_a_dash_and_reads_as_blank() -> None:
    with small_store(shop_with()) as store:
        receipt = write(store, {"email": "new@example.com", "addresses": [AUSTIN]})
    sent = posted(store)
    assert (sent["firstname"], sent["lastname"]) == ("-", "-")
    assert sent["addresses"][0]["telephone"] == "-"
    assert receipt.shown is not None
    read = customers.normalise(Payload({**receipt.shown, **sent, "id": 77}), account(store))
    assert (read.first_name, read.last_name, read.phone) == ("", "", "")


def test_known_customer_gets_what_differs_and_keeps_all_else() -> None:
    fields = {"email": "Buyer@example.com", "last_name": "Changed", "addresses": [AUSTIN]}
    with small_store(shop_with(THERE)) as store:
        receipt = write(store, fields)
    assert (receipt.id, receipt.outcome) == ("41", Outcome.UPDATED)
    sent = put(store)
    kept = {name: sent[name] for name in ("group_id", "default_billing", "dob", "gender", "taxvat")}
    assert kept == {name: THERE[name] for name in kept}
    assert (sent["firstname"], sent["lastname"], sent["website_id"]) == ("Test", "Changed", 1)
    assert sent["email"] == "buyer@example.com"
    assert "extension_attributes" not in sent
    assert sent["custom_attributes"] == THERE["custom_attributes"]
    # Both addresses go back with ids and flags as they came, the new one is no default.
    assert sent["addresses"][:2] == THERE["addresses"]
    assert (sent["addresses"][2]["default_billing"], len(sent["addresses"])) == (False, 3)


def test_addresses_stay_away_when_none_is_new() -> None:
    known = {**AUSTIN, "lines": ["9 Old  Road"], "region": "TX"}
    with small_store(shop_with(THERE)) as store:
        write(store, {"email": "buyer@example.com", "first_name": "Other", "addresses": [known]})
    assert "addresses" not in put(store)


def test_same_customer_is_left_alone() -> None:
    fields = {
        "email": "buyer@example.com",
        "first_name": "Test",
        "last_name": "",
        "phone": "+44 20 7946 0018",
        "custom": {"loyalty_tier": "gold", "gender": "f", "dob": "1985-04-12T00:00:00"},
    }
    with small_store(shop_with(THERE)) as store:
        receipt = write(store, fields)
    assert receipt.outcome is Outcome.UNCHANGED
    assert [name for name in store.calls() if not name.startswith("GET")] == []


def test_phone_number_goes_to_the_main_address() -> None:
    with small_store(shop_with(THERE)) as store:
        write(store, {"email": "buyer@example.com", "phone": "+442079460999"})
    assert [row["telephone"] for row in put(store)["addresses"]] == [
        "(512) 555-0199",
        "+442079460999",
    ]


def test_attributes_are_written_by_their_labels() -> None:
    with small_store(shop_with(THERE)) as store:
        write(
            store,
            {"email": "buyer@example.com", "custom": {"loyalty_tier": "Silver"}},
            pos_customer_attribute="till_number",
        )
    sent = {row["attribute_code"]: row["value"] for row in put(store)["custom_attributes"]}
    assert sent == {"loyalty_tier": "12", "interests": "5,7", "nickname": "", "till_number": "5"}


@pytest.mark.parametrize(
    ("custom", "field", "words"),
    [
        ({"loyalty_tier": "Iron"}, "custom.loyalty_tier", "no choice 'Iron'"),
        ({"shoe_size": "44"}, "custom.shoe_size", "no customer attribute 'shoe_size'"),
        ({"gender": "x"}, "custom.gender", "does not know"),
        ({"dob": "12/04/85"}, "custom.dob", "no day such as"),
    ],
)
def test_value_magento_lacks_is_named(custom: dict[str, str], field: str, words: str) -> None:
    with small_store(shop_with(THERE)) as store, pytest.raises(Rejected, match=words) as caught:
        write(store, {"email": "buyer@example.com", "custom": custom})
    assert caught.value.field == field
    assert not [name for name in store.calls() if not name.startswith("GET")]


def test_dead_link_falls_back_to_the_email() -> None:
    missing = (404, {"message": "No such entity with customerId = 9"})
    with small_store(shop_with(THERE, **{"GET /V1/customers/9": missing})) as store:
        receipt = write(store, {"email": "buyer@example.com", "first_name": "New"}, linked="9")
    assert (receipt.id, put(store)["firstname"]) == ("41", "New")


def test_email_taken_meanwhile_leads_to_the_one_that_has_it() -> None:
    """The answer of an earlier POST was lost and it became visible late, or accounts are shared."""
    answers = [found(), found(), found(THERE)]
    shop = shop_with(
        THERE,
        **{"GET /V1/customers/search": lambda _: answers.pop(0), "POST /V1/customers": TAKEN},
    )
    fields = {"email": "buyer@example.com", "first_name": "New", "last_name": "B", "phone": "1"}
    with small_store(shop) as store:
        receipt = write(store, fields)
    assert (receipt.id, receipt.outcome, len(store.sent("POST /V1/customers"))) == (
        "41",
        Outcome.UPDATED,
        1,
    )


def test_new_address_that_is_taken_says_so() -> None:
    shop = shop_with(THERE, **{"PUT /V1/customers/41": TAKEN})
    with small_store(shop) as store, pytest.raises(Rejected, match="same email") as caught:
        write(store, {"email": "other@example.com"}, linked="41")
    assert caught.value.field == "email"
    assert "Make them one" in caught.value.advice


def test_customer_of_another_website_is_not_the_one() -> None:
    elsewhere = {**THERE, "id": 50, "website_id": 2}
    sites = [*WEBSITES, {"id": 2, "code": "b2b", "name": "Wholesale"}]
    shop = shop_with(
        elsewhere, **{"GET /V1/store/websites": sites, "GET /V1/store/storeViews": VIEWS}
    )
    with small_store(shop) as store:
        receipt = write(store, {**NEW, "email": "buyer@example.com"})
        assert receipt.outcome is Outcome.CREATED
        made = client(store, settings={})
        assert customers.pages(made, "").notices[0].payload is None
        read = customers.read(made, ["50"])["50"]
        with pytest.raises(Skipped, match="another website of the shop"):
            customers.normalise(Payload(read), made.account)


def test_two_with_one_name_and_address_are_held() -> None:
    twin = {**THERE, "id": 43}
    shop = shop_with(THERE, twin)
    fields = {
        "first_name": "Test",
        "last_name": "Buyer",
        "addresses": [{**AUSTIN, "lines": ["9 Old Road"]}],
    }
    with small_store(shop) as store, pytest.raises(Rejected, match="2 customers of Magento fit"):
        write(store, fields)


@pytest.mark.parametrize(
    ("settings", "linked", "error", "words"),
    [
        ({}, "", Skipped, "no e-mail address"),
        ({"new_customers": "none"}, "", Skipped, "not made in the shop"),
        ({}, "9", Rejected, "gone from Magento"),
    ],
)
def test_whom_nobody_knows_is_not_made(
    settings: dict[str, str], linked: str, error: type[Exception], words: str
) -> None:
    with small_store(shop_with()) as store, pytest.raises(error, match=words):
        write(store, {"first_name": "Test"}, linked=linked, **settings)
    assert store.sent("POST /V1/customers") == []


# --- addresses -------------------------------------------------------------------------------------


def region_required(asked: Asked) -> Any:
    rows = asked.json()["customer"].get("addresses") or []
    if any(row["country_id"] == "US" and not row.get("region_id") for row in rows):
        message = '"%fieldName" is required. Enter and try again.'
        return 400, {"message": message, "parameters": {"fieldName": "regionId"}}
    return {**asked.json()["customer"], "id": 77}


@pytest.mark.parametrize(
    ("place", "field", "words"),
    [
        ({"region": "Texsa"}, "addresses.region", "US has no region 'Texsa'"),
        ({"country": "Atlantis"}, "addresses[0].country", "not among those of the shop"),
        ({"city": "", "hold": True}, "addresses[0].city", "has no city, which"),
        ({"region": "", "hold": True}, "addresses.region", "regionId"),
    ],
)
def test_address_magento_cannot_take_names_the_field(
    place: dict[str, Any], field: str, words: str
) -> None:
    settings = {"incomplete_addresses": "hold"} if place.pop("hold", False) else {}
    shop = shop_with(
        **{
            "POST /V1/customers": region_required,
            "GET /V1/directory/countries/AT": (404, {"message": "The country isn't available."}),
        }
    )
    with small_store(shop) as store, pytest.raises(Rejected, match=words) as caught:
        write(store, {**NEW, "addresses": [{**AUSTIN, **place}]}, **settings)
    assert caught.value.field == field
    assert caught.value.advice


@pytest.mark.parametrize("place", [{"city": ""}, {"lines": []}, {"region": ""}, {"country": ""}])
def test_incomplete_address_is_left_out_and_the_customer_goes(place: dict[str, Any]) -> None:
    shop = shop_with(**{"POST /V1/customers": region_required})
    with small_store(shop) as store:
        receipt = write(store, {**NEW, "addresses": [{**AUSTIN, **place}]})
    assert receipt.outcome is Outcome.CREATED
    assert "addresses" not in store.sent("POST /V1/customers")[-1]["customer"]


def test_rest_of_the_book_goes_without_the_address_that_is_left_out() -> None:
    shop = shop_with(THERE, **{"PUT /V1/customers/41": region_required})
    fields = {"phone": "+442079460999", "addresses": [{**AUSTIN, "region": ""}]}
    with small_store(shop) as store:
        receipt = write(store, fields, linked="41")
    assert receipt.outcome is Outcome.UPDATED
    first, last = (sent["customer"] for sent in store.sent("PUT /V1/customers/41"))
    assert (len(first["addresses"]), len(last["addresses"])) == (3, 2)
    assert last["addresses"][1]["telephone"] == "+442079460999"


def test_country_by_name_and_region_as_text() -> None:
    place = {**AUSTIN, "country": "united  kingdom", "region": "London", "postal_code": ""}
    with small_store(shop_with()) as store:
        write(store, {**NEW, "addresses": [place]})
    (sent,) = posted(store)["addresses"]
    assert sent["country_id"] == "GB"
    assert sent["region"] == {"region_code": "London", "region": "London", "region_id": 0}


def test_shop_says_what_it_wants_of_an_address() -> None:
    rules = [
        {"attribute_code": "street", "required": True, "multiline_count": 4},
        {"attribute_code": "telephone", "required": False},
        {"attribute_code": "postcode", "required": False},
    ]
    shop = shop_with(**{"GET /V1/attributeMetadata/customerAddress": rules})
    with small_store(shop) as store:
        write(store, {**NEW, "addresses": [{**AUSTIN, "postal_code": ""}]})
    (sent,) = posted(store)["addresses"]
    assert sent["street"] == ["1 Sample Street", "Floor 2", "Door 3"]
    assert {"telephone", "postcode"} & set(sent) == set()


# --- reading ---------------------------------------------------------------------------------------


def test_recorded_customer_is_read(shared_data: Path) -> None:
    (row,) = numbers.decode((shared_data / "magento/customers-search.json").read_bytes())["items"]
    read = customers.normalise(Payload(row), account())
    assert (read.key, read.phone, read.custom["gender"]) == ("1", "+15552293326", "female")
    assert [place.region for place in read.addresses] == ["MI", "London"]
    assert read.updated_at is not None
    assert read.updated_at.isoformat() == "2018-09-22T06:32:50+00:00"


def test_labels_come_with_a_read_and_lists_are_not_trusted_then() -> None:
    with small_store(shop_with(THERE)) as store:
        made = client(store)
        read = customers.read(made, ["41", "9"])
        assert read["9"] is None
        assert (
            customers.normalise(Payload(read["41"]), made.account).custom["loyalty_tier"] == "Gold"
        )
        assert customers.count(made).calls == 2
        assert customers.pages(made, "").notices[0].payload is None


def test_shop_without_attributes_is_read_by_lists() -> None:
    shop = shop_with(THERE, **{"GET /V1/attributeMetadata/customer/custom": []})
    with small_store(shop) as store:
        made = client(store)
        page = customers.pages(made, "40")
        assert (page.cursor, page.more, page.notices[0].payload) == ("41", False, THERE)
        read = customers.read(made, ["41", "42"])
        assert (read["41"], read["42"]) == (THERE, None)
    asked = [dict(one.query) for one in store.asked if one.path.endswith("customers/search")]
    filters = "searchCriteria[filter_groups][0][filters][0]"
    assert [one[f"{filters}[value]"] for one in asked] == ["40", "41,42"]


def test_fields_people_added_are_listed() -> None:
    order = {
        "extension_attributes": {"gift_note": "Hi", "taxes": [], "pickup_location_code": "x"},
        "custom_attributes": [{"attribute_code": "erp_ref", "value": "7"}],
    }
    color = {
        "attribute_code": "color",
        "default_frontend_label": "Colour",
        "frontend_input": "select",
    }
    shop = shop_with(
        **{"GET /V1/products/attributes": found(color), "GET /V1/orders": found(order)}
    )
    with small_store(shop) as store:
        rows = own_fields.fields(client(store))
        required = own_fields.findings(client(store))
    paths = {(row.entity.value, row.use.value, row.path) for row in rows}
    assert {
        ("customer", "read", "custom.loyalty_tier"),
        ("customer", "written", "custom.taxvat"),
        ("product", "written", "custom_attributes.color"),
        ("order", "read", "attributes.gift_note"),
        ("order", "read", "attributes.erp_ref"),
    } <= paths
    assert ("order", "read", "attributes.pickup_location_code") not in paths
    assert [finding.filled_by for finding in required] == [(Entity.CUSTOMER, "custom.loyalty_tier")]
