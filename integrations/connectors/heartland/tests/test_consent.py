"""Heartland's own page: where it is, whom it speaks for, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest

from clarity.demo.sandboxes import Sandbox
from conftest import SandboxProcess
from integrations.connector_kit.base import Account, Asked, Place
from integrations.connector_kit.errors import ConnectorError, NotTheirs, Rejected
from integrations.connectors.heartland import consent, flavours
from integrations.connectors.heartland.client import HeartlandClient

BACK = "https://clarity.example.com/connect/heartland/callback/"


@pytest.mark.parametrize("typed", ["Main", "https://main.retail.heartland.us/#home"])
def test_people_agree_at_one_place_for_all(typed: str) -> None:
    place = consent.place(typed)
    assert place == Place("https://main.retail.heartland.us")
    address = consent.url(Asked(place, "app", BACK, "st4te"))
    assert address.startswith("https://retail.heartland.us/oauth/authorize?")
    query = parse_qs(urlsplit(address).query)
    assert (query["client_id"], query["state"], query["redirect_uri"]) == (
        ["app"],
        ["st4te"],
        [BACK],
    )


@pytest.mark.parametrize(
    "typed", ["", "evil.example", "a.retail.heartland.us.evil.example", "x@y", "a b"]
)
def test_another_place_is_no_heartland(typed: str) -> None:
    with pytest.raises(Rejected, match="is no address of a Heartland Retail") as caught:
        consent.place(typed)
    assert caught.value.field == "address"


def test_a_code_becomes_a_token_that_works_and_is_used_once(
    sandboxes: Mapping[str, SandboxProcess], account_name: str
) -> None:
    made = Sandbox(sandboxes["heartland"].url, account_name).open_account(seed="7", size=4)
    keys = {name: made["credentials"][name] for name in ("client_id", "client_secret")}
    account = Account(
        id="new",
        base_url=made["base_url"],
        flavour="retail",
        settings={},
        credentials=keys,
        private_network=True,
    )
    asked = Asked(Place(made["base_url"]), keys["client_id"], BACK, "st4te")
    page = urlsplit(consent.url(asked))
    there = HTTPConnection(page.netloc)
    there.request("POST", f"{page.path}?{page.query}")
    back = parse_qs(urlsplit(there.getresponse().headers["Location"]).query)
    there.close()
    query = {name: values[0] for name, values in back.items()}
    now = datetime.now(UTC)

    with pytest.raises(NotTheirs, match="another attempt"):
        consent.grant(account, asked, {**query, "state": "other"}, now)
    granted = consent.grant(account, asked, query, now)
    client = HeartlandClient(
        Account(
            id="new",
            base_url=made["base_url"],
            flavour="retail",
            settings={},
            credentials=granted,
            private_network=True,
        )
    )
    assert flavours.probe(client).account_name == account_name
    client.close()
    with pytest.raises(ConnectorError):
        consent.grant(account, asked, query, now)
