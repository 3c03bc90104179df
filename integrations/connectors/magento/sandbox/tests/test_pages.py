"""The shop front, which people see."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

from integrations.connector_kit.sandbox.testing import Reply, call
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria


def _post_form(url: str, **values: str) -> Reply:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return call("POST", url, urlencode(values), kind)


def _said(reply: Reply) -> str:
    assert reply.status == 303
    return parse_qs(urlsplit(reply.headers["location"]).query)["said"][0]


def test_shop_front_places_an_order(account: Account) -> None:
    reply = _post_form(
        f"{account.base_url}/buy",
        sku="TEE-BLK-S",
        quantity="2",
        paid="yes",
        kind="configurable",
        discount="SAVE15",
    )
    said = _said(reply)
    assert said.startswith("Order 000000001 placed, total ")
    page = call("GET", f"{account.base_url}/")
    assert page.status == 200
    for shown in ("000000001", "2 × TEE-BLK-S", "processing", "Place order"):
        assert shown in page.text
    assert account.get("orders", criteria())["total_count"] == 1
    assert "000000001" not in call("GET", f"{account.url}/").text
    assert account.name in call("GET", f"{account.url}/").text


def test_shop_front_says_why_it_did_nothing(account: Account) -> None:
    url = f"{account.base_url}/buy"
    assert _said(_post_form(url, sku="NO-SUCH")) == "Not placed: no article has the SKU NO-SUCH."
    assert _said(_post_form(url, sku="TEE-BLK-S", quantity="9999")).startswith("Not placed: ")
    assert _said(_post_form(f"{account.base_url}/fail", times="x")).startswith("Not set: ")
    assert account.get("orders", criteria())["total_count"] == 0
    said = _said(_post_form(f"{account.base_url}/fail", times="1", kind="throttle"))
    assert said == "The next 1 calls will fail (throttle)."
    assert account.rest("GET", "V1/modules").status == 429


def test_what_people_type_does_nothing_on_the_shop_front(
    open_account: Callable[..., Account],
) -> None:
    account = open_account(hostile=True)
    account.control("POST", "/orders", {"count": 6, "lines": 2})
    page = call("GET", f"{account.base_url}/").text
    assert "<script" not in page
    assert "<img" not in page
    found = account.get("products", criteria(("name", "%clarityWasHere%", "like")))
    assert found["total_count"] > 0


def test_the_version_is_told_on_a_page(open_account: Callable[..., Account]) -> None:
    for edition, said in (
        ("open_source", "Magento/2.4 (Community)"),
        ("commerce", "Magento/2.4 (Enterprise)"),
    ):
        account = open_account(edition=edition)
        assert call("GET", f"{account.base_url}/magento_version").text == said
