"""Gift cards of Magento: which ways they go, by what the shop can tell and take.

Open Source has none. Adobe Commerce tells of every order what it took off which card, but lets nobody
read or write the accounts, unless a module of the merchant does: then balances go both ways.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from integrations.connector_kit.audit import Finding, Weight
from integrations.connector_kit.base import (
    Account,
    EntityPort,
    Notice,
    Outgoing,
    Page,
    Receipt,
    Save,
)
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import gift_card_accounts, gift_card_uses
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.shape import GIFT_CARDS
from mappings.canonical.gift_card import GiftCard
from mappings.canonical.record import Entity, Skipped

Row = Mapping[str, Any]

OFF, TO_POS, TO_STORE, BOTH = "off", "store_to_pos", "pos_to_store", "both"
# A balance that a person corrects in Magento leaves no trace in orders: once a day all are looked at.
_SWEEP = timedelta(hours=24)


def mode(account: Account) -> str:
    return account.setting("gift_cards", OFF)


def normalise(payload: Payload, account: Account) -> GiftCard:
    """An account, or what an order took off one."""
    if payload.has("order_id"):
        return gift_card_uses.normalise(payload, account)
    return gift_card_accounts.normalise(payload, account)


def changes(client: StoreClient, cursor: str, now: datetime) -> Page:
    """Uses where only these are told, else accounts that are new or that an order has used, and all of
    them once a day. Nothing is asked while gift cards do not leave the shop, or while the shop has no
    calls for them, which `findings` says."""
    way, place = mode(client.account), _place(cursor)
    if way == TO_POS:
        return _uses(client, place, now)
    if way != BOTH:
        return Page((), cursor)
    try:
        return _news(client, place, now) if "last" in place else _start(client, place, now)
    except Rejected:
        return Page((), cursor)


def read(client: StoreClient, keys: Sequence[str]) -> dict[str, Row | None]:
    """Each account, or what an order has taken off one, as it is now; None for one that is gone."""
    return {
        key: gift_card_uses.read(client, key) if "-" in key else gift_card_accounts.one(client, key)
        for key in keys
    }


def write(client: StoreClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Raises Skipped while cards of the till are not to be used in the shop."""
    if mode(client.account) not in (TO_STORE, BOTH):
        raise Skipped("Gift cards of the till stay there, as the settings of the shop say")
    return gift_card_accounts.write(client, outgoing, save)


# --- polling ---------------------------------------------------------------------------------------


def _place(cursor: str) -> dict[str, Any]:
    place: dict[str, Any] = json.loads(cursor) if cursor else {}
    return place


def _uses(client: StoreClient, place: Mapping[str, Any], now: datetime) -> Page:
    """Uses by orders placed since this began."""
    before = str(place.get("orders", ""))
    since = str(place.get("since") or (json.loads(before)["from"] if before else ""))
    page = gift_card_uses.changes(client, before, now, since=since)
    kept = {"orders": page.cursor, "since": since or json.loads(page.cursor)["from"]}
    return Page(page.notices, json.dumps(kept), page.more)


def _start(client: StoreClient, place: Mapping[str, Any], now: datetime) -> Page:
    """From now on; what is there already is looked at with the first daily look, at once."""
    orders = gift_card_uses.orders(client, str(place.get("orders", "")), now)
    last = gift_card_accounts.newest_id(client)
    begun = {"orders": orders.cursor, "last": last, "sweep": 0, "swept": now.isoformat()}
    return Page((), json.dumps(begun), more=True)


def _news(client: StoreClient, place: dict[str, Any], now: datetime) -> Page:
    orders = gift_card_uses.orders(client, place["orders"], now)
    used = tuple(_used(one, key) for one in orders.notices for key in _accounts_of(one))
    new, count = gift_card_accounts.after(client, int(place["last"]))
    last = int(new[-1]["account_id"]) if new else int(place["last"])
    swept, sweep, is_sweeping = _daily(client, place, now)
    notices = (*used, *(_whole(row, "gift_cards/new") for row in new), *swept)
    kept = {**place, **sweep, "orders": orders.cursor, "last": last}
    return Page(notices, json.dumps(kept), more=orders.more or count > len(new) or is_sweeping)


def _accounts_of(order: Notice) -> Sequence[str]:
    return list(gift_card_uses.accounts_of(order.payload or {}))


def _daily(
    client: StoreClient, place: Mapping[str, Any], now: datetime
) -> tuple[Sequence[Notice], dict[str, Any], bool]:
    """One page of the daily look at all accounts, where it is due or under way."""
    at = place.get("sweep")
    if at is None:
        if now - datetime.fromisoformat(place["swept"]) < _SWEEP:
            return (), {}, False
        at = 0
    rows, count = gift_card_accounts.after(client, int(at))
    notices = [_whole(row, "gift_cards/daily") for row in rows]
    if count > len(rows):
        return notices, {"sweep": int(rows[-1]["account_id"])}, True
    return notices, {"sweep": None, "swept": now.isoformat()}, False


def _used(order: Notice, account_id: str) -> Notice:
    event = f"order {order.key} {order.version}: {account_id}"
    return Notice(Entity.GIFT_CARD, account_id, "gift_cards/used", event=event)


def _whole(row: Row, topic: str) -> Notice:
    return Notice(Entity.GIFT_CARD, str(row["account_id"]), topic, payload=row)


# --- what a shop can do ----------------------------------------------------------------------------


def findings(client: StoreClient) -> Sequence[Finding]:
    """What stands in the way of gift cards as they are set."""
    way, shape = mode(client.account), client.shape
    if way == OFF:
        return []
    if way in (TO_STORE, BOTH):
        why = gift_card_accounts.why_unavailable(client)
        return [_no_accounts(why)] if why else []
    if not shape.tells_modules:
        return [_UNCLEAR, _ONE_WAY]
    return [_ONE_WAY] if shape.has(GIFT_CARDS) else [_NO_CARDS]


def _no_accounts(why: str) -> Finding:
    return Finding(
        kind="gift_card_accounts",
        said=f"The shop does not let gift card accounts be read and written: {why}",
        fix="Adobe Commerce has no calls for that; a module can bring them (enter its path under “Path of"
        " gift card accounts”). Without one choose store_to_pos; on Magento Open Source choose off.",
    )


_NO_CARDS = Finding(
    kind="gift_cards_closed",
    said="The shop has no gift cards: Magento Open Source has none, Adobe Commerce has them in its"
    " module Magento_GiftCardAccount.",
    fix="Set “Gift cards” to off in the settings of the Magento connection.",
)
_UNCLEAR = Finding(
    kind="gift_cards_unclear",
    said="The shop does not tell its modules, so nobody can say whether it has gift cards.",
    fix="Magento Open Source has none: switch gift cards off there. Adobe Commerce has.",
    weight=Weight.NOTICE,
)
_ONE_WAY = Finding(
    kind="gift_cards_partly",
    said="The shop cannot be told what a gift card was used for at the till, so a card can be paid with"
    " there once more.",
    fix="Use this for cards that are spent in the shop alone, or get a module that lets accounts be"
    " written and choose both. A card that was used up on both sides is held and shown to you.",
    weight=Weight.NOTICE,
)

PORT = EntityPort(normalise=normalise, changes=changes, read=read, write=write)
