"""What an order of the store took off a gift card, taken off the same card here, once.

For stores that tell of uses and of no balances. One record says what one order has taken off one card
in all; the adjustments made here for it bear its name, and only what they lack is adjusted. So neither
a repeated record nor a lost answer takes anything twice, and a use that is undone gives back.
"""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland.client import HeartlandClient, Row, matching
from integrations.connectors.heartland.order_settlement import amount
from mappings.canonical.gift_card import name_of
from mappings.canonical.record import Skipped

ADJUSTMENTS = "/gift_card_adjustments"


def numbered(client: HeartlandClient, code: str) -> Row | None:
    """The card of this number, None when there is none. Numbers hold letters and digits alone here,
    so a code with dashes is looked for without them."""
    number = "".join(letter for letter in code if letter.isalnum())
    return client.find(f"/gift_cards/{quote(number, safe='')}", what="The gift card")


def take(client: HeartlandClient, outgoing: Outgoing, fields: Payload, reason_id: int) -> Receipt:
    """Raises Skipped for a card the till does not know, Rejected where it has not enough left."""
    last, spent = fields.maybe_text("last_characters") or "", fields.decimal("spent")
    _check_currency(client, fields)
    card = numbered(client, fields.text("code"))
    if card is None:
        raise Skipped(f"The till has no card ending {last}; it is one of the shop's own")
    mark = f"[clarity use {outgoing.key}]"
    taken = -_sum_of(client, card, mark)
    receipt_id = f"{card['id']}:{outgoing.key}"
    if taken == spent:
        # Above the first attempt it was an earlier one that took it, and its answer was lost.
        outcome = Outcome.UPDATED if outgoing.attempt > 1 else Outcome.UNCHANGED
        return Receipt(receipt_id, outcome, label=name_of(last))
    _check_enough(card, spent - taken, last)
    body = {
        "gift_card_number": card["number"],
        "amount": taken - spent,
        "reason_id": reason_id,
        "note": f"Used in the shop {mark}",
    }
    client.create(ADJUSTMENTS, body, what=f"The gift {name_of(last)}")
    return Receipt(receipt_id, Outcome.UPDATED, label=name_of(last))


def _sum_of(client: HeartlandClient, card: Row, mark: str) -> Decimal:
    rows = client.every(ADJUSTMENTS, (matching({"gift_card_id": int(card["id"])}),))
    return sum(
        (amount(row, "amount") for row in rows if mark in str(row.get("note") or "")), Decimal(0)
    )


def _check_currency(client: HeartlandClient, fields: Payload) -> None:
    here, there = client.account.setting("currency").upper(), fields.maybe_text("currency") or ""
    if here and there and here != there.upper():
        raise Rejected(
            f"The card was used in {there}, and the till sells in {here}",
            field="currency",
            said=there,
            advice="Change the balance at the till by hand, then dismiss this record.",
        )


def _check_enough(card: Row, wanted: Decimal, last: str) -> None:
    left = amount(card, "balance")
    if wanted > left:
        raise Rejected(
            f"The card ending {last} has {left:.2f} left at the till, and {wanted:.2f} of it was used in"
            " the shop as well",
            field="spent",
            said=f"used {wanted:.2f}, left {left:.2f}",
            advice="It was paid with on both sides. Decide with the buyer, correct the card at the"
            " till, then replay or dismiss this record.",
        )
