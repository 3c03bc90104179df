"""Gift cards read and changed (refusals as recorded)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from integrations.connectors.shopify.sandbox import cards, clock
from integrations.connectors.shopify.sandbox.graph.call import Call, number_in, user_error
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.resolvers.listing import ordered, searched
from integrations.connectors.shopify.sandbox.graph.search import Field
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import short
from integrations.connectors.shopify.sandbox.records import CardEntry, GiftCard

_SHORTEST, _LONGEST = 8, 20
_FIELDS: dict[str, Field] = {
    "default": Field("text", lambda card: card.code[-4:]),
    "id": Field("number", lambda card: card.id),
    "created_at": Field("instant", lambda card: card.created_at),
}


def _view(call: Call, card: GiftCard) -> View:
    def transactions(_call: Call) -> Rows | None:
        if "read_gift_card_transactions" not in call.shop.tokens.granted:
            return None
        return Rows(card.entries, lambda entry: _entry(call, card, entry))

    return {
        "__typename": "GiftCard",
        "id": gid("GiftCard", card.id),
        "balance": _money(call, card.balance),
        "initialValue": _money(call, card.initial),
        "lastCharacters": card.code[-4:],
        "enabled": True,
        "deactivatedAt": None,
        "expiresOn": None,
        "createdAt": clock.utc(card.created_at),
        "updatedAt": clock.utc(card.updated_at),
        "note": card.note,
        "transactions": transactions,
    }


def _entry(call: Call, card: GiftCard, entry: CardEntry) -> View:
    kind = "GiftCardCreditTransaction" if entry.amount > 0 else "GiftCardDebitTransaction"
    return {
        "__typename": kind,
        "id": gid(kind, entry.id),
        "amount": _money(call, entry.amount),
        "note": entry.note,
        "processedAt": clock.utc(entry.at),
        "giftCard": lambda _call: _view(call, card),
    }


def _money(call: Call, amount: Decimal) -> View:
    return {"amount": short(amount), "currencyCode": call.shop.currency}


def _cards(call: Call, query: str | None = None, sortKey: str = "ID", **_: Any) -> Rows:
    search = searched(call, "giftCards", _FIELDS, query)
    chosen = [card for card in call.shop.gift_cards.values() if search.matches(card)]

    def key(card: GiftCard) -> Any:
        return card.updated_at.isoformat(timespec="microseconds")

    by = key if sortKey == "UPDATED_AT" else (lambda card: card.id)
    return ordered(chosen, lambda card: _view(call, card), by, lambda card: card.id)


def _card(call: Call, id: str) -> View | None:  # noqa: A002
    found = call.shop.gift_cards.get(number_in(id, "GiftCard"))
    return None if found is None else _view(call, found)


def _create(call: Call, input: dict[str, Any]) -> View:  # noqa: A002
    code = str(input.get("code") or "")
    amount = Decimal(str((input.get("initialAmount") or {}).get("amount") or 0))
    problem = None
    if len(code) < _SHORTEST:
        problem = (["input", "code"], "Code is too short (minimum is 8 characters)", "TOO_SHORT")
    elif len(code) > _LONGEST:
        problem = (["input", "code"], "Code is too long (maximum is 20 characters)", "TOO_LONG")
    elif not code.isalnum():
        problem = (["input", "code"], "Code can only contain letters and numbers", "INVALID")
    elif cards.find_code(call.shop, code):
        problem = (["input", "code"], "Code has already been taken", "TAKEN")
    elif amount <= 0:
        text = "Initial value must be greater than 0"
        problem = (["input", "initialAmount"], text, "GREATER_THAN")
    if problem:
        return {"giftCard": None, "giftCardCode": None, "userErrors": [user_error(*problem)]}
    made = cards.issue(call.shop, code, amount, input.get("note"))
    return {"giftCard": _view(call, made), "giftCardCode": made.code, "userErrors": []}


def _credit(call: Call, id: str, creditInput: dict[str, Any]) -> View:  # noqa: A002
    amount = Decimal(str(creditInput["creditAmount"]["amount"]))
    return _change(call, id, amount, creditInput, "giftCardCreditTransaction")


def _debit(call: Call, id: str, debitInput: dict[str, Any]) -> View:  # noqa: A002
    amount = -Decimal(str(debitInput["debitAmount"]["amount"]))
    return _change(call, id, amount, debitInput, "giftCardDebitTransaction")


def _change(call: Call, id: str, amount: Decimal, given: dict[str, Any], root: str) -> View:  # noqa: A002
    card = call.shop.gift_cards.get(number_in(id, "GiftCard"))
    name = "creditAmount" if "creditAmount" in given else "debitAmount"
    problem = None
    if card is None:
        problem = user_error(["id"], "The gift card could not be found.", "GIFT_CARD_NOT_FOUND")
    elif given[name]["currencyCode"] != call.shop.currency:
        text = "The currency provided does not match the currency of the gift card."
        problem = user_error([name], text, "MISMATCHING_CURRENCY")
    elif card.balance + amount < 0:
        text = "The gift card does not have sufficient funds to satisfy the request."
        problem = user_error([name, "amount"], text, "INSUFFICIENT_FUNDS")
    if problem or card is None:
        return {root: None, "userErrors": [problem]}
    entry = cards.change(call.shop, card, amount, given.get("note"))
    return {root: _entry(call, card, entry), "userErrors": []}


QUERIES: dict[str, Callable[..., Any]] = {"giftCards": _cards, "giftCard": _card}
MUTATIONS: dict[str, Callable[..., Any]] = {
    "giftCardCreate": _create,
    "giftCardCredit": _credit,
    "giftCardDebit": _debit,
}
