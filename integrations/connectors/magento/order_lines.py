"""Order lines: every article counted once, what is left of it, with its share of discount and tax.

A configurable product stands twice in an order (the parent with the money, the chosen article at
price 0), a bundle once for itself and once for each part. Which row counts follows from the money
alone, since REST does not tell whether a bundle has a price of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento.order_money import (
    ZERO,
    Books,
    Reading,
    shares,
    spread,
    unnamed_discount,
    whole_units,
)
from integrations.connectors.magento.order_refunds import Memo
from integrations.connectors.magento.order_shape import is_yes
from mappings.canonical.order import OrderLine

# Where `read` leaves the SKUs of articles whose rows bear a longer one for their options.
SKUS = "clarity_skus"
_AFTER_DISCOUNT = ("row_total", "discount_tax_compensation_amount")


@dataclass(frozen=True)
class Counted:
    """A row that carries money. `key`: the item id by which it is shipped and refunded."""

    key: str
    row: Payload
    sku: str
    parts: tuple[Payload, ...] = ()


@dataclass(frozen=True)
class Line:
    """A row with what it came to, before refunds. `gross` is before discount, `net` after."""

    counted: Counted
    quantity: int
    gross: Decimal
    net: Decimal
    tax: Decimal


def counted(order: Payload, books: Books) -> list[Counted]:
    """The rows that count, in the order they stand."""
    rows = list(order.rows("items"))
    parts: dict[str, list[Payload]] = {}
    for row in rows:
        if row.has("parent_item_id"):
            parts.setdefault(row.text("parent_item_id"), []).append(row)
    skus = order.raw().get(SKUS) or {}
    made: list[Counted] = []
    for row in rows:
        if row.has("parent_item_id"):
            continue
        own = tuple(parts.pop(row.text("item_id"), ()))
        if own and _parts_count(row, own, books):
            made += [_counted(part, (), skus) for part in own]
        else:
            made.append(_counted(row, own, skus))
    if parts:
        orphan = next(iter(parts.values()))[0]
        raise Rejected(
            f"{orphan.path('parent_item_id')} names row {orphan.text('parent_item_id')}, which the"
            " order does not have",
            field=orphan.path("parent_item_id"),
            said=orphan.text("parent_item_id"),
            advice="Replay the order so that it is read again whole.",
        )
    return made


def reading(order: Payload, books: Books) -> Reading:
    """What was invoiced, where the rest of the order was cancelled; else what was ordered."""
    rows = counted(order, books)
    return Reading(books, any(one.row.maybe_decimal("qty_canceled") for one in rows))


def _parts_count(row: Payload, parts: Sequence[Payload], books: Books) -> bool:
    """Whether the parts carry the money: a bundle whose price is the sum of them."""
    if row.maybe_text("product_type") == "configurable":
        return False
    own = books.amount(row, "row_total")
    theirs = sum((books.amount(part, "row_total") for part in parts), ZERO)
    if row.maybe_text("product_type") == "bundle" and not own and not theirs:
        # Given away: the articles leave the house all the same.
        return True
    return bool(theirs) and own in (ZERO, theirs)


def _counted(row: Payload, parts: tuple[Payload, ...], skus: Mapping[str, str]) -> Counted:
    sku = row.maybe_text("sku") or ""
    article = row
    if row.maybe_text("product_type") == "configurable" and len(parts) == 1:
        # The parent bears the chosen article's SKU, made longer by options that have one.
        article = parts[0]
        sku = article.maybe_text("sku") or sku
    known = skus.get(article.maybe_text("product_id") or "")
    return Counted(row.text("item_id"), row, known or sku, parts)


def lines(order: Payload, reading: Reading) -> list[Line]:
    """What each row that counts came to, in whole cents that add up to the sum of all rows."""
    rows = counted(order, reading.books)
    coin = reading.books.coin
    off = [reading.row(one.row, "discount_amount") for one in rows]
    before = [reading.row(one.row, *_AFTER_DISCOUNT) for one in rows]
    nets = shares([net - part for net, part in zip(before, off, strict=True)], coin)
    more = unnamed_discount(order, reading, sum(off, ZERO))
    if more:
        nets = [net - part for net, part in zip(nets, spread(more, nets, coin), strict=True)]
    return [
        Line(
            counted=one,
            quantity=_quantity(one.row, reading),
            gross=reading.row(one.row, "row_total"),
            net=net,
            tax=reading.books.cents(reading.row(one.row, "tax_amount")),
        )
        for one, net in zip(rows, nets, strict=True)
    ]


def _quantity(row: Payload, reading: Reading) -> int:
    ordered = row.maybe_decimal("qty_ordered")
    if ordered is None:
        row.decimal("qty_ordered")
    quantity = reading.quantity(row)
    cancelled = row.maybe_decimal("qty_canceled") or ZERO
    if reading.is_invoiced and quantity + cancelled != (ordered or ZERO):
        raise Rejected(
            f"{row.path('qty_canceled')}: of {ordered or ZERO:f} x {row.maybe_text('sku')}"
            f" {quantity:f} were invoiced and {cancelled:f} cancelled; what becomes of the rest"
            " cannot be told",
            field=row.path("qty_canceled"),
            said=f"{cancelled:f}",
            advice="Invoice or cancel the rest in Magento, then replay.",
        )
    return whole_units(row, "qty_ordered", quantity)


def left(
    found: Sequence[Line], memos: Sequence[Memo], books: Books
) -> tuple[tuple[OrderLine, ...], Decimal]:
    """The lines after refunds, and what stayed of rows that are gone (cents mostly)."""
    made: list[OrderLine] = []
    rest = ZERO
    for line in found:
        back = [memo.rows[line.counted.key] for memo in memos if line.counted.key in memo.rows]
        quantity = line.quantity - sum(one.quantity for one in back)
        net = line.net - sum((one.net for one in back), ZERO)
        tax = line.tax - sum((one.tax for one in back), ZERO)
        if quantity > 0:
            # Of goods that were nearly free, rounding may have given back a cent too much.
            rest += min(net, ZERO)
            made.append(_order_line(line, quantity, max(net, ZERO), tax, books))
        else:
            rest += net
    return tuple(made), rest


def _order_line(line: Line, quantity: int, net: Decimal, tax: Decimal, books: Books) -> OrderLine:
    row, parts = line.counted.row, line.counted.parts
    unit = max(_unit(line.gross, line.quantity, books), _unit(net, quantity, books))
    return OrderLine(
        key=line.counted.key,
        sku=line.counted.sku,
        product_key=line.counted.sku,
        title=row.maybe_text("name") or "",
        quantity=quantity,
        unit_price=unit,
        discount=unit * quantity - net,
        tax=tax,
        requires_shipping=not all(is_yes(one, "is_virtual") for one in parts or (row,)),
        is_gift_card=row.maybe_text("product_type") == "giftcard",
    )


def _unit(amount: Decimal, quantity: int, books: Books) -> Decimal:
    """The price of one unit in whole cents; where it does not divide, the next one up, so that the
    rest is a discount of cents and never a surcharge."""
    coins = amount / quantity / books.coin
    return coins.quantize(Decimal(1), rounding=ROUND_CEILING) * books.coin
