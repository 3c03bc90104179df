"""Gift cards of the till in the shop, against the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from integrations.connector_kit.base import Account, Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.sandbox.testing import done, serving
from integrations.connectors.shopify import gift_cards, probe
from integrations.connectors.shopify.client import ShopClient
from mappings.canonical.record import Entity, Skipped

CODE = "GC12345328598"
NOW = datetime(2026, 10, 4, 15, tzinfo=UTC)
_NAMES = count(1)


@dataclass
class Shop:
    url: str
    made: dict[str, Any]
    seen: list[Any] = field(default_factory=list)

    def client(self, mode: str = "pos_to_store") -> ShopClient:
        return ShopClient(
            Account(
                id="1",
                base_url=self.made["base_url"],
                flavour="admin",
                settings={**self.made["settings"], "gift_cards": mode},
                credentials=self.made["credentials"],
                private_network=True,
                observe=self.seen.append,
            )
        )

    def card(self, key: str) -> Mapping[str, Any]:
        found = gift_cards.read(self.client(), [key])[key]
        assert found is not None
        return found


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("shopify") as address:
        yield address


def open_shop(public: str, **options: Any) -> Shop:
    name = f"cards-{next(_NAMES)}"
    made = done("POST", f"{public}/_sandbox/accounts", {"name": name, "size": 1, **options})
    return Shop(f"{public}/_sandbox/accounts/{name}", made)


@pytest.fixture
def shop(public: str) -> Shop:
    return open_shop(public)


def send(
    shop: Shop, balance: str, *, delivery: str = "t/1", mode: str = "pos_to_store", **more: Any
) -> Receipt:
    code = more.pop("code", CODE)
    fields = {
        "code": code,
        "last_characters": code[-4:],
        "balance": Decimal(balance),
        "currency": "USD",
    }
    out = Outgoing(
        delivery_id=delivery,
        entity=Entity.GIFT_CARD,
        key="3001",
        reference="3001",
        fields=fields,
        **more,
    )
    return gift_cards.write(shop.client(mode), out, {}.__setitem__)


def balance(shop: Shop, key: str) -> Decimal:
    return Decimal(shop.card(key)["balance"]["amount"])


def test_a_card_is_made_once_with_its_own_number_and_follows_the_till(shop: Shop) -> None:
    done("POST", f"{shop.url}/faults", {"kind": "lost_answer", "match": "GiftCardCreate"})
    with pytest.raises(TryLater):
        send(shop, "50.00")
    made = send(shop, "50.00", attempt=2)
    done("POST", f"{shop.url}/faults", {"kind": "lost_answer", "match": "GiftCardDebit"})
    with pytest.raises(TryLater):
        send(shop, "30.00", delivery="t/2", linked_id=made.id)
    send(shop, "30.00", delivery="t/2", linked_id=made.id, attempt=2)
    assert balance(shop, made.id) == 30
    send(shop, "45.00", delivery="t/3", linked_id=made.id)
    assert balance(shop, made.id) == 45
    again = send(shop, "45.00", delivery="t/4", linked_id=made.id)
    assert (again.outcome, again.label) == (Outcome.UNCHANGED, "card ending 8598")
    assert CODE.lower() not in repr(shop.seen).lower()


def test_what_was_spent_in_the_shop_is_not_given_back(shop: Shop) -> None:
    made = send(shop, "50.00")
    done("POST", f"{shop.url}/gift_cards/use", {"code": CODE, "amount": "20.00"})
    with pytest.raises(Rejected) as caught:
        send(shop, "40.00", delivery="t/2", linked_id=made.id)
    assert caught.value.said == "till 40.00, Shopify 30.00"
    assert CODE not in str(caught.value) + caught.value.advice
    assert balance(shop, made.id) == 30


def test_a_code_that_the_shop_has_already_is_adopted_when_balances_agree(shop: Shop) -> None:
    done("POST", f"{shop.url}/gift_cards", {"code": CODE, "amount": "50.00"})
    with pytest.raises(Rejected) as caught:
        send(shop, "40.00")
    assert caught.value.said == "till 40.00, Shopify 50.00"
    assert send(shop, "50.00").outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(("code", "amount"), [("SHORT1", "5.00"), ("A" * 21, "5.00"), (CODE, "0")])
def test_what_shopify_cannot_take_is_left_out(shop: Shop, code: str, amount: str) -> None:
    with pytest.raises(Skipped) as caught:
        send(shop, amount, code=code)
    assert code not in str(caught.value)


def test_switched_off_nothing_is_asked_or_written(shop: Shop) -> None:
    with pytest.raises(Skipped):
        send(shop, "50.00", mode="off")
    assert gift_cards.changes(shop.client("pos_to_store"), "here", NOW).cursor == "here"
    assert shop.seen == []


def test_missing_scopes_are_told_at_setup_and_stop_cards_alone(public: str) -> None:
    shop = open_shop(public, scopes=["read_orders"])
    problems = "\n".join(probe.probe(shop.client("both")).problems)
    assert "lacks the access scope write_gift_cards." in problems
    assert "ask Shopify Support" in problems
    assert "gift" not in "\n".join(probe.probe(shop.client("off")).problems)
    assert not gift_cards.changes(shop.client("both"), "", NOW).notices
    with pytest.raises(Rejected) as caught:
        send(shop, "50.00")
    assert "switch gift cards off" in caught.value.advice
