"""Gift cards of Magento: uses told by orders, accounts where the shop has calls for them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.audit import Weight
from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.testing import Asked, Reply
from integrations.connectors.magento import gift_card_uses, gift_cards, store_credit
from integrations.connectors.magento.tests.small_store import (
    SmallStore,
    account,
    client,
    found,
    small_store,
)
from mappings.canonical.record import Entity, Skipped

NOW = datetime(2026, 10, 3, 15, 0, tzinfo=UTC)
CODE = "GC12345328598"
COMMERCE = ["Magento_GiftCardAccount", "Magento_CustomerBalance"]
ORDER = {
    "entity_id": 12,
    "increment_id": "000000012",
    "state": "processing",
    "updated_at": "2026-10-03 14:55:00",
    "base_currency_code": "USD",
    "order_currency_code": "EUR",
    "extension_attributes": {
        "gift_cards": [{"id": 7, "code": CODE, "amount": 18, "base_amount": 20}],
        "base_gift_cards_refunded": 0,
        "gift_cards_refunded": 0,
    },
}
USES = {
    "GET /V1/modules": COMMERCE,
    "GET /V1/orders": found(ORDER, {**ORDER, "entity_id": 13, "extension_attributes": []}),
    "GET /V1/orders/12": ORDER,
    "POST /V1/guest-carts": "cart-1",
    f"GET /V1/carts/guest-carts/cart-1/checkGiftCard/{CODE}": 30,
}
TO_POS = {"gift_cards": "store_to_pos"}


def use(store: SmallStore, **settings: str) -> Any:
    made = client(store, settings={**TO_POS, **settings})
    row = gift_cards.read(made, ["12-7"])["12-7"]
    return row and gift_cards.normalise(Payload(row), made.account)


def test_order_tells_what_it_took_off_a_card() -> None:
    with small_store(USES) as store:
        made = client(store, settings=TO_POS)
        begun = gift_cards.changes(made, "", NOW)
        page = gift_cards.changes(made, begun.cursor, NOW)
        assert [(one.key, one.payload, one.version) for one in page.notices] == [
            ("12-7", None, "2026-10-03T14:55:00Z")
        ]
        assert list(gift_cards.changes(made, page.cursor, NOW).notices) == []
        card = use(store)
    assert (card.spent, card.balance, card.currency) == (Decimal(20), Decimal(30), "USD")
    assert (card.key, card.code, card.last_characters) == ("12-7", CODE, "8598")


def test_order_from_before_takes_nothing_when_it_changes() -> None:
    old = {**ORDER, "created_at": "2026-10-03 13:00:00"}
    new = {**ORDER, "entity_id": 14, "created_at": "2026-10-03 14:55:00"}
    with small_store({**USES, "GET /V1/orders": found(old, new)}) as store:
        made = client(store, settings=TO_POS)
        begun = gift_cards.changes(made, "", NOW)
        page = gift_cards.changes(made, begun.cursor, NOW)
        assert [one.key for one in page.notices] == ["14-7"]


def test_code_is_kept_nowhere() -> None:
    seen: list[Any] = []
    with small_store(USES) as store:
        made = client(store, settings=TO_POS, observe=seen.append)
        gift_cards.read(made, ["12-7"])
    assert len(seen) == 3
    assert CODE not in repr(seen)


def test_order_currency_and_unknown_balance() -> None:
    gone = {
        f"GET /V1/carts/guest-carts/cart-1/checkGiftCard/{CODE}": (
            404,
            {"message": "No such entity"},
        )
    }
    with small_store({**USES, **gone}) as store:
        card = use(store, order_currency="order")
        assert (card.spent, card.currency, card.balance) == (Decimal(18), "EUR", None)
        assert gift_cards.read(client(store), ["12-9", "99-7"]) == {"12-9": None, "99-7": None}


@pytest.mark.parametrize(
    ("change", "left"), [({"state": "canceled"}, 0), ({"base_gift_cards_refunded": 5}, 15)]
)
def test_money_that_went_back_waits_or_follows_the_setting(
    change: dict[str, Any], left: int
) -> None:
    extension = {**ORDER["extension_attributes"], **change}  # type: ignore[dict-item]
    changed = {**ORDER, **change, "extension_attributes": extension}
    with small_store({**USES, "GET /V1/orders/12": changed}) as store:
        with pytest.raises(Rejected, match="went back in the shop") as caught:
            use(store)
        assert (caught.value.field, CODE in str(caught.value)) == ("spent", False)
        assert use(store, gift_card_returns="card").spent == left


# --- accounts --------------------------------------------------------------------------------------


@dataclass
class Accounts:
    """Gift card accounts of a Cloud Service."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    loses: str = ""

    def answers(self, path: str = "giftcardaccounts") -> dict[str, Any]:
        def listed(asked: Asked) -> Any:
            query = dict(asked.query)
            name = "searchCriteria[filter_groups][0][filters][0][value]"
            rows = [row for key, row in sorted(self.rows.items()) if key > int(query.get(name, 0))]
            if query["searchCriteria[sortOrders][0][direction]"] == "DESC":
                rows.reverse()
            return found(*rows[: int(query["searchCriteria[pageSize]"])], total=len(rows))

        def by_id(asked: Asked) -> Any:
            row = self.rows[int(asked.path.rpartition("/")[2])]
            if asked.method == "PUT":
                row.update(asked.json()["giftcardAccount"])
                return self.lost("PUT") or row
            return row

        def by_code(asked: Asked) -> Any:
            code = asked.path.rpartition("/")[2]
            rows = [row for row in self.rows.values() if row["code"] == code]
            return rows[0] if rows else (404, {"message": "No such entity with code"})

        def make(asked: Asked) -> Any:
            given = asked.json()["giftcardAccount"]
            if any(row["code"] == given["code"] for row in self.rows.values()):
                return 409, {"message": "Gift card account with this code already exists."}
            key = max(self.rows, default=6) + 1
            self.rows[key] = {"account_id": key, **given}
            return self.lost("POST") or self.rows[key]

        ids = range(1, 20)
        return {
            "GET /V1/modules": COMMERCE,
            "GET /V1/orders": found(),
            f"GET /V1/{path}": listed,
            f"POST /V1/{path}": make,
            **{f"GET /V1/{path}/{key}": by_id for key in ids},
            **{f"PUT /V1/{path}/{key}": by_id for key in ids},
            **{f"GET /V1/{path}/code/{code}": by_code for code in (CODE, "OTHER1234")},
        }

    def lost(self, method: str) -> Reply | None:
        """The write takes effect and its answer does not arrive."""
        if self.loses != method:
            return None
        self.loses = ""
        return Reply(hang_up=True)


@dataclass
class Till:
    """One card at the till; what a delivery saves is there for the next one of the same card."""

    store: SmallStore
    progress: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=lambda: {"gift_cards": "pos_to_store"})

    def write(self, balance: str, *, linked: str = "", merge: Any = None) -> Receipt:
        fields = {
            "code": CODE,
            "last_characters": "8598",
            "balance": balance,
            "currency": "USD",
        }
        outgoing = Outgoing(
            "d1", Entity.GIFT_CARD, "3001", "", fields, linked_id=linked, progress=self.progress
        )
        if merge is not None:
            outgoing = Outgoing(**{**vars(outgoing), "merge": merge})
        return gift_cards.write(
            client(self.store, settings=self.settings), outgoing, self.progress.__setitem__
        )


def test_card_of_the_till_is_made_once_and_follows_it() -> None:
    shop = Accounts(loses="POST")
    with small_store(shop.answers()) as store:
        till = Till(store)
        with pytest.raises(TryLater):
            till.write("50.00")
        made = till.write("50.00")
        assert (made.id, made.outcome, len(shop.rows)) == ("7", Outcome.UNCHANGED, 1)
        shop.loses = "PUT"
        with pytest.raises(TryLater):
            till.write("30.00", linked="7")
        assert till.write("30.00", linked="7").outcome is Outcome.UNCHANGED
        assert till.write("25.00", linked="7").outcome is Outcome.UPDATED
    assert Decimal(str(shop.rows[7]["balance"])) == 25


def test_what_was_spent_in_the_shop_is_not_given_back() -> None:
    shop = Accounts()
    with small_store(shop.answers()) as store:
        till = Till(store)
        till.write("50.00")
        shop.rows[7]["balance"] = 40
        with pytest.raises(Rejected, match="it has 40.00 there and 30.00 at the till") as caught:
            till.write("30.00", linked="7")
        assert (caught.value.field, CODE in str(caught.value)) == ("balance", False)
        # Both ways the engine says what to write, having seen what stands there.
        till.settings["gift_cards"] = "both"
        merged = till.write("30.00", linked="7", merge=lambda there: {"balance": Decimal(20)})
    assert (merged.outcome, Decimal(str(shop.rows[7]["balance"]))) == (Outcome.UPDATED, 20)


def test_card_with_the_code_but_another_balance_is_no_match() -> None:
    shop = Accounts({9: {"account_id": 9, "code": CODE, "balance": 10, "status": 1, "state": 0}})
    with small_store(shop.answers()) as store:
        with pytest.raises(Rejected, match="used in the shop as well"):
            Till(store).write("50.00")
        assert Till(store).write("10.00").id == "9"
        with pytest.raises(Skipped, match="stay there"):
            Till(store, settings={}).write("10.00")
    assert store.sent("POST /V1/giftcardaccounts") == []


def test_accounts_are_told_when_new_or_used_and_all_once_a_day() -> None:
    shop = Accounts({7: {"account_id": 7, "code": CODE, "balance": 10, "status": 1, "state": 0}})
    orders: list[Any] = []
    answers = {**shop.answers(), "GET /V1/orders": lambda _: found(*orders)}
    with small_store(answers) as store:
        made = client(store, settings={"gift_cards": "both"})

        def told(cursor: str, now: datetime = NOW) -> tuple[list[tuple[str, str]], str]:
            page = gift_cards.changes(made, cursor, now)
            return [(one.topic.partition("/")[2], one.key) for one in page.notices], page.cursor

        _, cursor = told("")
        rows, cursor = told(cursor)
        assert rows == [("daily", "7")]
        shop.rows[8] = {**shop.rows[7], "account_id": 8, "code": "OTHER1234"}
        rows, cursor = told(cursor)
        assert rows == [("new", "8")]
        orders.append(ORDER)
        rows, cursor = told(cursor)
        assert rows == [("used", "7")]
        rows, cursor = told(cursor, NOW + timedelta(hours=25))
        assert rows == [("daily", "7"), ("daily", "8")]
        # Asked for later changes, the shop has none.
        orders.clear()
        assert told(cursor, NOW + timedelta(hours=26))[0] == []
        read = gift_cards.read(made, ["8", "x"])
    assert read["x"] is None
    assert gift_cards.normalise(Payload(read["8"]), account()).balance == 10


@pytest.mark.parametrize(
    ("settings", "modules", "kind", "weight"),
    [
        ({}, [], "", None),
        ({"gift_cards": "store_to_pos"}, ["Magento_Sales"], "gift_cards_closed", Weight.BLOCKER),
        ({"gift_cards": "store_to_pos"}, COMMERCE, "gift_cards_partly", Weight.NOTICE),
        ({"gift_cards": "both"}, COMMERCE, "gift_card_accounts", Weight.BLOCKER),
    ],
)
def test_shop_says_what_it_can(
    settings: dict[str, str], modules: list[str], kind: str, weight: Weight | None
) -> None:
    with small_store({"GET /V1/modules": modules}) as store:
        rows = gift_cards.findings(client(store, settings=settings))
        assert [(row.kind, row.weight) for row in rows] == ([(kind, weight)] if kind else [])
        if kind == "gift_card_accounts":
            with pytest.raises(Rejected) as caught:
                Till(store, settings=settings).write("50.00")
            assert (caught.value.field, "store_to_pos" in caught.value.advice) == (
                "gift_cards",
                True,
            )


def test_module_with_accounts_under_another_path() -> None:
    settings = {"gift_cards": "both", "gift_card_accounts": "/acme/cards/"}
    with small_store(Accounts().answers("acme/cards")) as store:
        assert gift_cards.findings(client(store, settings=settings)) == []
        assert Till(store, settings=settings).write("50.00").outcome is Outcome.CREATED


def test_store_credit_is_read_where_it_is_told() -> None:
    known = {"GET /V1/modules": COMMERCE, "GET /V1/customers/search": found({"id": 5})}
    with small_store(known) as store:
        assert store_credit.balance_of(client(store), "5") is None
        (said,) = store_credit.findings(client(store))
        assert "2.4.9" in said.said
    told = {"GET /V1/customers/5/balance/1": {"amount": 12.5}}
    with small_store({**known, **told}) as store:
        assert store_credit.balance_of(client(store), "5") == Decimal("12.50")
        assert "2.4.9" not in store_credit.findings(client(store))[0].said
    with small_store() as store:
        assert store_credit.findings(client(store)) == []


def test_code_of_a_payment_card_is_never_kept() -> None:
    row = {
        "account_id": 1,
        "code": "4111111111111111",
        "balance": 5,
        "status": 1,
        "currency": "USD",
    }
    with pytest.raises(Skipped, match="ending 1111"):
        gift_cards.normalise(Payload(row), account())


def test_cursor_survives_a_change_of_mode() -> None:
    with small_store(USES) as store:
        begun = gift_cards.changes(client(store, settings=TO_POS), "", NOW)
        assert set(json.loads(begun.cursor)) == {"orders", "since"}
        off = gift_cards.changes(client(store), begun.cursor, NOW)
        assert (off.cursor, list(off.notices)) == (begun.cursor, [])
        assert gift_card_uses.accounts_of(ORDER)
