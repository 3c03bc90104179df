"""Gift cards of Heartland Retail (store credit is one too): balances out of it and into it.

A number is money: every call that shows one keeps its bodies out of the attempt log, and no message
holds more of it than the last four.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.connector_kit.base import (
    Account,
    Client,
    Notice,
    Outcome,
    Outgoing,
    Page,
    Receipt,
    Save,
)
from integrations.connector_kit.cards import is_card
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland import gift_card_uses
from integrations.connectors.heartland.client import HeartlandClient, Row, client_of, matching
from integrations.connectors.heartland.order_settlement import amount
from integrations.connectors.heartland.polling import changed, version
from integrations.connectors.heartland.reading import by_id
from mappings.canonical.gift_card import GiftCard, name_of
from mappings.canonical.record import Entity, Skipped

_CARDS, _ADJUSTMENTS = "/gift_cards", gift_card_uses.ADJUSTMENTS
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC).isoformat(timespec="microseconds")


def normalise(payload: Payload, account: Account) -> GiftCard:
    """Their card as ours. Raises Skipped for a number that could be that of a payment card."""
    code = payload.text("number").replace(" ", "")
    last = code[-4:]
    if is_card(code):
        raise Skipped(
            f"The number ending {last} has the form of a payment card number, which is never kept"
        )
    currency = account.setting("currency").upper()
    if not currency:
        raise Rejected(
            "The Heartland connection does not say which currency it sells in.",
            field="settings.currency",
            advice="Enter the currency in the settings of the connection, then replay.",
        )
    return GiftCard(
        key=payload.text("id"),
        number=name_of(last),
        updated_at=payload.maybe_instant("updated_at"),
        code=code,
        last_characters=last,
        balance=payload.decimal("balance"),
        currency=currency,
    )


def changes(client: Client, cursor: str, now: datetime) -> Page:
    """Cards changed since the cursor, thin; "" starts with the first card there is."""
    start = {"floor": _BEGINNING, "from": _BEGINNING, "page": 1, "seen": {}}
    return changed(client_of(client), _CARDS, cursor or json.dumps(start), now, _notice)


def read(client: Client, keys: Sequence[str]) -> Mapping[str, Mapping[str, Any] | None]:
    """Each card as it is now, None for one that is gone."""
    found = by_id(client_of(client), _CARDS, keys)
    return {key: found.get(key) for key in keys}


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Brings the balance of a card to the store's, by an adjustment, once; makes one that is new.

    Raises Skipped for a card of the store whose code nobody can read, and Rejected with both
    balances when both sides changed it.
    """
    heartland, said = client_of(client), Payload(outgoing.fields)
    if said.has("spent"):
        return gift_card_uses.take(heartland, outgoing, said, _reason(heartland.account))
    key = outgoing.linked_id or _same_code(heartland, said)
    if not key:
        return _make(heartland, outgoing)
    there = _card(heartland, key)
    label = name_of(str(there["number"])[-4:])
    note = f"Changed in the shop [clarity {outgoing.delivery_id}]"
    fields = outgoing.over(there)
    if _is_made(heartland, key, note):
        # An earlier attempt of this very delivery changed the balance, and its answer was lost.
        return Receipt(key, Outcome.UPDATED, label=label, shown=there)
    balance = amount(there, "balance")
    wanted = Payload(fields).maybe_decimal("balance")
    if wanted is None or wanted == balance:
        return Receipt(key, Outcome.UNCHANGED, label=label, shown=there)
    body = {
        "gift_card_number": there["number"],
        "amount": wanted - balance,
        "reason_id": _reason(heartland.account),
        "note": note,
    }
    heartland.create(_ADJUSTMENTS, body, what=f"The gift {label}")
    return Receipt(key, Outcome.UPDATED, label=label, shown=_card(heartland, key))


def _same_code(client: HeartlandClient, fields: Payload) -> str:
    """Id of the card with the code of the store's, "" when there is none or the store hides it."""
    code = fields.maybe_text("code")
    found = gift_card_uses.numbered(client, code) if code else None
    return str(found["id"]) if found else ""


def _make(client: HeartlandClient, outgoing: Outgoing) -> Receipt:
    """A card of the store that the till does not know yet. It is looked for by its code before."""
    fields = Payload(outgoing.over(None))
    code, balance = fields.maybe_text("code"), fields.maybe_decimal("balance")
    if not code:
        raise Skipped("The card was made in the shop, which hides its code, so it stays there")
    if not balance or balance <= 0:
        raise Skipped("There is nothing left on the card")
    number = "".join(letter for letter in code if letter.isalnum())
    label = name_of(number[-4:])
    client.post(_CARDS, {"number": number, "balance": balance}, what=f"The gift {label}")
    shown = gift_card_uses.numbered(client, code)
    if shown is None:
        raise TryLater(f"The gift {label} was made in Heartland and is not shown there yet")
    return Receipt(str(shown["id"]), Outcome.CREATED, label=label, shown=shown)


def _card(client: HeartlandClient, key: str) -> Row:
    found = by_id(client, _CARDS, [key]).get(key)
    if found is None:
        raise Rejected(
            "The linked gift card is not in Heartland.",
            field="key",
            said=key,
            advice="It was removed there. Dismiss this record.",
        )
    return found


def _is_made(client: HeartlandClient, key: str, note: str) -> bool:
    wanted = matching({"gift_card_id": int(key)})
    return any(row.get("note") == note for row in client.every(_ADJUSTMENTS, (wanted,)))


def _reason(account: Account) -> int:
    text = account.setting("gift_card_reason_id")
    if not text.isdecimal():
        raise Rejected(
            "No reason is chosen for changes of gift cards in the Heartland connection.",
            field="settings.gift_card_reason_id",
            said=text,
            advice="Choose a reason in the settings of the connection, then replay.",
        )
    return int(text)


def _notice(row: Row) -> Notice:
    return Notice(
        entity=Entity.GIFT_CARD, key=str(row["id"]), topic="gift_card.changed", version=version(row)
    )
