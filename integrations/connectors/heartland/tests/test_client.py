"""What failures of Heartland become, which host speaks which API, and what a refusal says."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connector_kit.errors import NeedsOwner
from integrations.connector_kit.testing import Reply, Vendor, assert_status_contract
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.auth import flavour_of
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.heartland.connector import CONNECTOR

ACCOUNT: dict[str, Any] = {
    "flavour": "retail",
    "credentials": {"token": "hl_0123456789abcdef", "webhook_secret": "whsec_0123456789"},
    "settings": {"requests_per_second": "500"},
}


@pytest.mark.parametrize("flavour", ["retail", "unified_v1"])
def test_failures_become_our_errors(flavour: str) -> None:
    account = {**ACCOUNT, "flavour": flavour}
    assert_status_contract(HeartlandClient, CONNECTOR.probe, account=account)


@pytest.mark.parametrize("status", [400, 422])
def test_refusal_names_the_field_and_the_words(status: int) -> None:
    body = {
        "error": "validation_error",
        "message": "Item could not be saved",
        "details": {"qty": ["must be a number"], "custom@department": ["is required"]},
    }
    with Vendor(Reply(status, json=body)) as vendor:
        client = HeartlandClient(vendor.account(**ACCOUNT))
        with pytest.raises(Refused) as caught:
            client.create("/items", {}, what="Order S-1001")
    refused = caught.value
    assert (refused.field, refused.kind) == ("qty", "validation_error")
    assert refused.about("qty")
    assert refused.about("custom")
    assert not refused.about("cust")
    assert str(refused) == (
        "Order S-1001: Heartland refused it (Item could not be saved: qty must be a number;"
        " custom@department is required)."
    )


@pytest.mark.parametrize("location", ["/api/items/42", "https://x.example.com/api/items/42/?a=1"])
def test_id_of_a_new_record_is_in_the_location(location: str) -> None:
    with Vendor(Reply(201, headers={"Location": location})) as vendor:
        client = HeartlandClient(vendor.account(**ACCOUNT))
        assert client.create("/items", {}, what="item") == "42"
        assert vendor.asked[0].path == "/api/items"


def test_base_url_may_end_in_api() -> None:
    with Vendor(Reply(200, json={"results": []})) as vendor:
        made = vendor.account(**ACCOUNT)
        account = vendor.account(**ACCOUNT, base_url=made.base_url.rstrip("/") + "/api")
        assert HeartlandClient(account).page("/items") == []
        assert vendor.asked[0].path == "/api/items"


def test_no_token_asks_the_owner() -> None:
    with Vendor() as vendor, pytest.raises(NeedsOwner):
        HeartlandClient(vendor.account(**{**ACCOUNT, "credentials": {}}))


@pytest.mark.parametrize("rate", ["fast", "0", "-1", "nan", "inf"])
def test_a_rate_that_is_none_asks_the_owner(rate: str) -> None:
    with Vendor() as vendor, pytest.raises(NeedsOwner):
        HeartlandClient(vendor.account(**{**ACCOUNT, "settings": {"requests_per_second": rate}}))


@pytest.mark.parametrize(
    ("url", "flavour"),
    [
        ("https://shop.retail.heartland.us", "retail"),
        ("https://shop.retail.heartland.us/api/", "retail"),
        ("https://Shop.MySpringboard.us", "retail"),
        ("https://api.example.com", "unified_v1"),
        ("https://retail.heartland.us.example.com", "unified_v1"),
    ],
)
def test_flavour_of_an_address(url: str, flavour: str) -> None:
    assert flavour_of(url) == flavour
