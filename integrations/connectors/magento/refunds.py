"""Refunds out of the shop: a credit memo -> our refund; polling and reading them.

A credit memo says neither what its order is called nor how it was paid, so it is read with both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, EntityPort, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import (
    marks,
    order_lines,
    order_money,
    order_reading,
    order_refunds,
    order_shape,
)
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.order_lines import Counted
from integrations.connectors.magento.order_money import Books
from integrations.connectors.magento.order_refunds import MEMOS, Back, Memo
from integrations.connectors.magento.polling import PLACES, changed
from mappings.canonical.record import Entity, Skipped
from mappings.canonical.refund import GivenBack, Refund, RefundedLine

ZERO = Decimal(0)

# Where `read` leaves the order of a credit memo, with all its credit memos.
ORDER = "clarity_order"

_WAITING = {
    order_refunds.OPEN: "the gateway has not given the money back yet",
    order_refunds.CANCELLED: "the credit memo was cancelled",
}


def normalise(payload: Payload, account: Account) -> Refund:
    """Their credit memo as ours.

    What was given back beyond goods, shipping, other charges and tax, or kept of them, becomes the
    adjustment. Raises Skipped for our own credit memo and for one that moved no money, Rejected
    naming the field when one is missing or unknown.
    """
    state = payload.maybe_text("state") or order_refunds.REFUNDED
    if state in _WAITING:
        raise Skipped(_WAITING[state])
    if marks.marks(payload.raw(), marks.RETURN):
        raise Skipped("It is our own record coming back")
    order = payload.child(ORDER)
    order_shape.skip_elsewhere(order, account)
    books = order_money.books(order, account)
    rows = {one.key: one for one in order_lines.counted(order, books)}
    memos = order_refunds.memos(order, books, rows.keys())
    key = payload.text("entity_id")
    memo = next(
        (one for one in memos if one.key == key),
        order_refunds.memo(payload, order, books, rows.keys()),
    )
    restocked = _restocked(memo, memos, rows, account)
    lines = tuple(
        line
        for item, back in memo.rows.items()
        for line in _line(rows[item], back, restocked[item], books)
    )
    shipping = memo.shipping + sum(memo.other.values(), ZERO)
    explained = sum((line.amount for line in lines), ZERO) + shipping + memo.tax
    whole = order_money.total(order, order_lines.reading(order, books))
    number = order.maybe_text("increment_id") or order.text("entity_id")
    return Refund(
        key=key,
        number=f"{number}-R{_place(key, order)}",
        updated_at=order_shape.maybe_instant(payload, "updated_at"),
        order_key=order.text("entity_id"),
        order_number=number,
        order_is_cancelled=order.maybe_text("state") == "canceled",
        order_total=whole - sum((one.taken for one in memos), ZERO),
        currency=books.currency,
        created_at=order_shape.maybe_instant(payload, "created_at"),
        lines=lines,
        shipping_total=shipping,
        tax_total=memo.tax,
        adjustment_total=memo.total - explained,
        total=memo.total,
        tenders=tuple(_tenders(payload, memo)),
        note=_note(payload),
    )


def _restocked(
    memo: Memo, memos: Sequence[Memo], rows: Mapping[str, Counted], account: Account
) -> dict[str, int]:
    """Of each row, how many of the units that came back go into stock again."""
    made = {}
    for item, back in memo.rows.items():
        before = sum(
            one.rows[item].quantity
            for one in memos
            if item in one.rows and int(one.key) < int(memo.key)
        )
        stayed = _never_left(rows[item], account) - before
        made[item] = max(0, min(back.quantity, stayed))
    return made


def _line(counted: Counted, back: Back, restocked: int, books: Books) -> Iterator[RefundedLine]:
    """The line, in two where only some of its units go back into stock."""
    both = ((restocked, True), (back.quantity - restocked, False))
    pieces = [(units, restock) for units, restock in both if units]
    weights = [Decimal(units) for units, _ in pieces]
    nets = order_money.spread(back.net, weights, books.coin)
    taxes = order_money.spread(back.tax, weights, books.coin)
    for place, (units, restock) in enumerate(pieces):
        yield RefundedLine(
            key=back.key if place == 0 else f"{back.key}:{place + 1}",
            sku=counted.sku,
            product_key=counted.sku,
            title=counted.row.maybe_text("name") or "",
            quantity=units,
            amount=nets[place],
            tax=taxes[place],
            restock=restock,
        )


def _never_left(counted: Counted, account: Account) -> int:
    """Units of a row that go back into stock when refunded.

    A credit memo does not tell, so the setting restock_refunds does. Magento counts refunded units
    among those not shipped as long as there are such.
    """
    wish = account.setting("restock_refunds", "yes")
    row = counted.row
    ordered = row.maybe_decimal("qty_ordered") or ZERO
    if wish == "yes":
        return int(ordered)
    if wish == "no":
        return 0
    sent = max(part.maybe_decimal("qty_shipped") or ZERO for part in (row, *counted.parts))
    return int(ordered - (row.maybe_decimal("qty_canceled") or ZERO) - sent)


def _tenders(payload: Payload, memo: Memo) -> Iterator[GivenBack]:
    for one in memo.given:
        if one.amount:
            main = one is memo.given[0]
            yield GivenBack(
                key=memo.key if main else f"{memo.key}:{one.gateway}",
                gateway=one.gateway,
                amount=one.amount,
                transaction_id=(payload.maybe_text("transaction_id") or "") if main else "",
                parent_id=(payload.maybe_text("invoice_id") or "") if main else "",
            )


def _place(key: str, order: Payload) -> int:
    """The how manieth credit memo of its order it is; they are never deleted, so it stays."""
    keys = sorted(int(row.text("entity_id")) for row in order.rows(MEMOS))
    return keys.index(int(key)) + 1 if int(key) in keys else len(keys) + 1


def _note(payload: Payload) -> str:
    rows = [row.maybe_text("comment") or "" for row in payload.rows("comments")]
    return "\n".join(text for text in rows if text)[:2000]


# --- calls ---------------------------------------------------------------------------------------


def changes(client: StoreClient, cursor: str, now: datetime) -> Page:
    """Credit memos made or changed since the cursor, thin."""

    def notice(row: Mapping[str, Any]) -> Notice:
        return Notice(Entity.REFUND, str(row["entity_id"]), topic="creditmemos/poll")

    return changed(client, "creditmemos", cursor, now, notice=notice)


def read(client: StoreClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each credit memo with its order and that one's credit memos, None for one that is gone."""
    return {key: _read(client, key) for key in keys}


def _read(client: StoreClient, key: str) -> dict[str, Any] | None:
    found = order_reading.one(client, "creditmemo", key)
    if found is None:
        return None
    order_key = str(found["order_id"])
    order = order_reading.order(client, order_key)
    if order is None:
        return None
    memos = order.get(MEMOS)
    if memos is None:
        memos = [dict(row) for row in order_reading.of_order(client, "creditmemos", order_key)]
    # What a list leaves out of a credit memo (gift cards, store credit) the single one has.
    order[MEMOS] = [dict(found) if str(row["entity_id"]) == key else row for row in memos]
    return {**found, ORDER: order}


PORT = EntityPort(normalise=normalise, changes=changes, places=PLACES, read=read)
