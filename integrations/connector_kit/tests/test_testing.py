"""The contract suite must be able to fail: each kind of wrong client is caught by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater
from integrations.connector_kit.http import Session
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.testing import (
    FixturePair,
    Reply,
    Vendor,
    assert_normalises,
    assert_status_contract,
    fixture_pairs,
)
from mappings.canonical.customer import Customer

TOKEN = "tok-3f9a77c1d2"
ACCOUNT = {"credentials": {"token": TOKEN}}


def get(client: Session) -> Any:
    return client.request("GET", "x").json()


def test_client_that_repeats_is_caught() -> None:
    def call(client: Session) -> Any:
        try:
            return get(client)
        except TryLater:
            return get(client)

    with pytest.raises(AssertionError, match="408: 2 requests where one was due"):
        assert_status_contract(Session, call)


def test_client_that_swallows_is_caught() -> None:
    def call(client: Session) -> Any:
        try:
            return get(client)
        except TryLater:
            return None

    with pytest.raises(AssertionError, match="408: the call went through and gave None"):
        assert_status_contract(Session, call)


def test_client_with_the_wrong_error_is_caught() -> None:
    def call(client: Session) -> Any:
        try:
            return get(client)
        except NeedsOwner as error:
            raise Rejected(field="x", said="y") from error

    with pytest.raises(AssertionError, match="401: .* is no NeedsOwner"):
        assert_status_contract(Session, call)


def test_client_that_loses_the_time_to_wait_is_caught() -> None:
    def call(client: Session) -> Any:
        try:
            return get(client)
        except TryLater as error:
            raise TryLater(error.message) from error

    with pytest.raises(AssertionError, match="429: after, throttled are"):
        assert_status_contract(Session, call)


def test_client_that_shows_a_secret_is_caught() -> None:
    def call(client: Session) -> Any:
        try:
            return get(client)
        except NeedsOwner as error:
            raise NeedsOwner(f"token {TOKEN} was refused") from error

    with pytest.raises(AssertionError, match="401: credential 'token' shows"):
        assert_status_contract(Session, call, account=ACCOUNT)


def test_prelude_is_answered_first() -> None:
    def call(client: Session) -> Any:
        assert client.request("POST", "token").json() == {"t": 1}
        return get(client)

    assert_status_contract(Session, call, account=ACCOUNT, prelude=[Reply(json={"t": 1})])


def normalise(payload: Payload, account: Account) -> Customer:
    return Customer(
        key=payload.text("id"), updated_at=None, email=payload.text("email"), note=account.id
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    (fixtures / "customers__plain.json").write_text('{"id": 5, "email": "buyer@example.com"}')
    with Vendor() as vendor:
        record = normalise(
            Payload({"id": 5, "email": "buyer@example.com"}), vendor.account(id="a-1")
        )
    wanted = json.dumps(record.model_dump(mode="json"))
    (fixtures / "customers__plain.canonical.json").write_text(wanted)
    return tmp_path


def account(id: str) -> Account:  # noqa: A002
    return Account(id=id, base_url="https://x.example.com", flavour="", settings={}, credentials={})


def test_pair_that_agrees(folder: Path) -> None:
    (pair,) = fixture_pairs(folder)
    assert isinstance(pair, FixturePair)
    assert pair.name == "customers__plain"
    assert fixture_pairs(folder / "fixtures", "customers") == [pair]
    assert_normalises(normalise, pair, account("a-1"))


def test_pair_that_differs_shows_the_line(folder: Path) -> None:
    (pair,) = fixture_pairs(folder)
    with pytest.raises(AssertionError, match=r'(?s)-  "note": "a-1".*\+  "note": "a-2"'):
        assert_normalises(normalise, pair, account("a-2"))


def test_no_pair_is_an_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no fixture pair orders"):
        fixture_pairs(folder, "orders")
    (folder / "fixtures" / "customers__plain.json").unlink()
    with pytest.raises(LookupError, match=r"has no customers__plain\.json"):
        fixture_pairs(folder)
