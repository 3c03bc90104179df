"""Gift cards of the shop: their balances out of it, cards of the till and their balances into it.

Shopify shows of a code only the last four characters, so a card that is sold in the shop cannot be
made elsewhere. It knows no webhook of gift cards, and no idempotency key for changes of a balance:
each change of ours bears a mark in its note, which is looked for before another one is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.connector_kit import places
from integrations.connector_kit.base import (
    Account,
    Notice,
    Outcome,
    Outgoing,
    Page,
    Places,
    Receipt,
    Save,
)
from integrations.connector_kit.errors import NeedsOwner, Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.answers import Reply
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid, to_number
from integrations.connectors.shopify.order_lines import two_places
from integrations.connectors.shopify.polling import complete, version
from integrations.connectors.shopify.user_errors import refuse, user_errors
from mappings.canonical.gift_card import GiftCard, name_of
from mappings.canonical.record import Entity, Skipped

OFF, TO_STORE, BOTH = "off", "pos_to_store", "both"
SCOPES = ("write_gift_cards", "write_gift_card_transactions")
_OVERLAP = timedelta(minutes=5)
_SETTLES = timedelta(minutes=1)
_SHORTEST, _LONGEST = 8, 20
_MARK = re.compile(r"\[clarity (\S+) (\S+) (\S+)\]")
_ADVICE = (
    "Shopify grants gift cards to some plans and apps only. Ask Shopify Support for the scopes"
    f" {' and '.join(SCOPES)}, or switch gift cards off in the settings of the connection."
)


def mode(account: Account) -> str:
    return account.setting("gift_cards", OFF)


def normalise(payload: Payload, account: Account) -> GiftCard:
    """Their card as ours, without its code, which Shopify hides."""
    last, money = payload.text("lastCharacters"), payload.child("balance")
    return GiftCard(
        key=to_number(payload.text("id")),
        number=name_of(last),
        updated_at=payload.maybe_instant("updatedAt"),
        last_characters=last,
        balance=two_places(money.decimal("amount")),
        currency=money.text("currencyCode"),
        is_active=payload.flag("enabled", default=True),
    )


def changes(client: ShopClient, cursor: str, now: datetime) -> Page:
    """Cards changed since the cursor, thin. Nothing is asked while their balances stay in the shop,
    or while the app may not read them."""
    if mode(client.account) != BOTH:
        return Page((), cursor)
    since = datetime.fromisoformat(json.loads(cursor)["since"]) if cursor else now
    mark = since.astimezone(UTC) - _OVERLAP
    rows: list[Mapping[str, Any]] = []
    after: str | None = None
    while True:
        try:
            found = complete(client.run("GiftCardsPage", {"after": after}))["giftCards"]
        except NeedsOwner as error:
            if not _is_scope(error):
                raise
            return Page((), cursor)
        fresh = [row for row in found["nodes"] if _at(row) >= mark]
        rows += fresh
        if len(fresh) < len(found["nodes"]) or not found["pageInfo"]["hasNextPage"]:
            break
        after = found["pageInfo"]["endCursor"]
    newest = max([since, *(_at(row) for row in rows)])
    notices = tuple(
        Notice(
            entity=Entity.GIFT_CARD,
            key=to_number(row["id"]),
            topic="gift_cards/poll",
            event=_event(row, now),
            version=version(row["updatedAt"]),
        )
        for row in reversed(rows)
    )
    return Page(notices, json.dumps({"since": newest.isoformat()}))


PLACES = Places(
    reached=lambda cursor: places.moment(cursor, "since"),
    at=lambda moment, flavour: json.dumps({"since": moment.astimezone(UTC).isoformat()}),
)


def read(client: ShopClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each card as it is now, None for one that is gone."""
    return {key: _read(client, key) for key in keys}


def write(client: ShopClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Makes the card with the till's code, or brings its balance up to date, once.

    Raises Skipped while gift cards are switched off and for a card that Shopify cannot take;
    Rejected with both balances when both sides changed it.
    """
    if mode(client.account) == OFF:
        raise Skipped("Gift cards are switched off in the settings of the shop")
    fields = Payload(outgoing.fields)
    if outgoing.linked_id:
        there = _read(client, outgoing.linked_id)
        if there is None:
            raise Rejected(
                f"The gift card ending {fields.maybe_text('last_characters')} is not in Shopify.",
                field="key",
                said=outgoing.linked_id,
                advice="It was removed there. Dismiss this record, or make the card by hand.",
            )
        return _bring_up(client, outgoing, fields, there)
    return _make(client, outgoing, fields)


# --- a card that is there -------------------------------------------------------------------------


def _bring_up(
    client: ShopClient, outgoing: Outgoing, fields: Payload, there: Mapping[str, Any]
) -> Receipt:
    label = name_of(str(there["lastCharacters"]))
    card = to_number(str(there["id"]))
    if outgoing.delivery_id in {mark[1] for mark in _marks(there)}:
        # An earlier attempt of this very delivery changed the balance, and its answer was lost.
        outgoing.over(there)
        return Receipt(card, Outcome.UPDATED, label=label, shown=there)
    now, merged = _balance(there), outgoing.merge(there)
    changed = fields if merged is None else Payload(merged)
    found = changed.maybe_decimal("balance")
    wanted = now if found is None else found
    if merged is None:
        _check_untouched(there, wanted)
    if wanted == now:
        return Receipt(card, Outcome.UNCHANGED, label=label, shown=there)
    _change(client, outgoing, there, wanted)
    return Receipt(card, Outcome.UPDATED, label=label, shown=_read(client, card))


def _check_untouched(there: Mapping[str, Any], wanted: Decimal) -> None:
    """One way only: what was spent in the shop must not be given back by the till's balance."""
    known = [Decimal(mark[2]) for mark in _marks(there)]
    if _balance(there) not in (wanted, *known[:1]):
        raise Rejected(
            f"The gift card ending {there['lastCharacters']} was used in the shop as well: it has"
            f" {_balance(there)} there and {wanted} at the till.",
            field="balance",
            said=f"till {wanted}, Shopify {_balance(there)}",
            advice="Make both balances equal by hand, then replay. With gift cards in both"
            " directions this is done by itself.",
        )


def _change(
    client: ShopClient, outgoing: Outgoing, there: Mapping[str, Any], wanted: Decimal
) -> None:
    amount = wanted - _balance(there)
    money = {"amount": str(abs(amount)), "currencyCode": there["balance"]["currencyCode"]}
    note = f"Balance at the till [clarity {outgoing.key} {outgoing.delivery_id} {wanted}]"
    name, field = ("Credit", "creditAmount") if amount > 0 else ("Debit", "debitAmount")
    reply = _run(client, f"GiftCard{name}", {"id": there["id"], "in": {field: money, "note": note}})
    refuse(
        reply.data[f"giftCard{name}"],
        "change of the gift card's balance",
        advice="Compare the card on both sides, then replay.",
    )


# --- a card that is new ---------------------------------------------------------------------------


def _make(client: ShopClient, outgoing: Outgoing, fields: Payload) -> Receipt:
    code, last = fields.maybe_text("code") or "", fields.maybe_text("last_characters") or ""
    balance = fields.decimal("balance")
    if not code.isalnum() or not _SHORTEST <= len(code) <= _LONGEST:
        raise Skipped(
            f"Shopify takes codes of {_SHORTEST} to {_LONGEST} letters and digits; this card has"
            f" {len(code)}"
        )
    found = _found(client, last)
    mine = [row for row in found if any(mark[0] == outgoing.key for mark in _marks(row))]
    if mine:
        return _receipt(mine[0], Outcome.CREATED)
    if balance <= 0:
        raise Skipped("There is nothing left on the card")
    made = {
        "code": code,
        "initialAmount": {"amount": str(balance), "currencyCode": fields.text("currency")},
        "note": f"Card of the till [clarity {outgoing.key} {outgoing.delivery_id} {balance}]",
    }
    payload = _run(client, "GiftCardCreate", {"input": made}).data["giftCardCreate"]
    if any(error.get("code") == "TAKEN" for error in user_errors(payload)):
        return _adopt(found, last, balance)
    refuse(
        payload, "gift card", advice="Compare the card with the limits of the shop, then replay."
    )
    return _receipt(payload["giftCard"], Outcome.CREATED)


def _adopt(found: Sequence[Mapping[str, Any]], last: str, balance: Decimal) -> Receipt:
    """The shop has a card with this code already. Which one it is, is sure only when one fits."""
    theirs = [_balance(row) for row in found]
    if theirs == [balance]:
        return _receipt(found[0], Outcome.UNCHANGED)
    raise Rejected(
        f"The shop has a gift card with this code already (ending {last}), and its balance is"
        " another one.",
        field="balance",
        said=f"till {balance}, Shopify {', '.join(map(str, theirs)) or 'unknown'}",
        advice="Make both balances equal by hand, then replay.",
    )


def _found(client: ShopClient, last: str) -> list[Mapping[str, Any]]:
    reply = _run(client, "GiftCardsFind", {"q": last})
    rows = complete(reply)["giftCards"]["nodes"]
    return [row for row in rows if str(row["lastCharacters"]).lower() == last.lower()]


def _receipt(row: Mapping[str, Any], outcome: Outcome) -> Receipt:
    label = name_of(str(row["lastCharacters"]))
    return Receipt(to_number(str(row["id"])), outcome, label=label, shown=row)


# --- calls ----------------------------------------------------------------------------------------


def _read(client: ShopClient, key: str) -> Mapping[str, Any] | None:
    reply = _run(client, "GiftCardOne", {"id": to_gid("GiftCard", key)})
    found: Mapping[str, Any] | None = complete(reply)["giftCard"]
    return found


def _run(client: ShopClient, operation: str, variables: Mapping[str, Any]) -> Reply:
    """A missing scope of gift cards holds the card; it must not stop the orders of the shop."""
    try:
        reply = client.run(operation, variables)
        complete(reply)
    except NeedsOwner as error:
        if not _is_scope(error):
            raise
        raise Rejected(str(error), field="gift_cards", said=operation, advice=_ADVICE) from None
    return reply


def _is_scope(error: NeedsOwner) -> bool:
    return "gift_card" in str(error)


def _marks(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(card at the till, delivery, balance we left) of our own changes, newest first."""
    notes = [entry.get("note") for entry in (row.get("transactions") or {}).get("nodes") or ()]
    found = (_MARK.search(note or "") for note in (*notes, row.get("note")))
    return [(mark[1], mark[2], mark[3]) for mark in found if mark]


def _balance(row: Mapping[str, Any]) -> Decimal:
    return two_places(Decimal(str(row["balance"]["amount"])))


def _event(row: Mapping[str, Any], now: datetime) -> str:
    """Names a change that can be told of once. Times are whole seconds there, and clocks differ:
    while another change may still bear the same time, the card is read again instead."""
    is_settled = now - _at(row) > _SETTLES
    return f"{row['id']}@{row['updatedAt']}" if is_settled else ""


def _at(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["updatedAt"]).astimezone(UTC)
