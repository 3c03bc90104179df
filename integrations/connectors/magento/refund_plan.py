"""Which credit memo a return makes, and what Magento will reckon it comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import order_money
from integrations.connectors.magento.order_money import Books
from integrations.connectors.magento.sold_rows import ZERO, Row, money_rows, rows_of, skus_of
from mappings.canonical.money import minor_unit, to_minor
from mappings.canonical.record import Entity

_RESTOCK = {"yes": True, "no": False}


@dataclass(frozen=True)
class Back:
    """Units of one article. `product_key` is its id at the till."""

    path: str
    sku: str
    product_key: str
    quantity: int
    restock: bool


@dataclass(frozen=True)
class Wanted:
    """A return as the mapping rules leave it. Amounts are above zero but `adjustment`."""

    number: str
    note: str
    currency: str
    lines: tuple[Back, ...]
    shipping: Decimal
    adjustment: Decimal
    total: Decimal


@dataclass(frozen=True)
class Memo:
    """A credit memo to be made. `shipping`: before discount, as Magento is asked for it.

    `items`: units by order item; those of 0 units only hold the place of an amount. `rounding`: what
    the till gave back beyond Magento's sum, never more than a coin for the goods and one for the tax
    of each line.
    """

    items: Mapping[int, Decimal]
    restock: Sequence[int]
    shipping: Decimal
    adjustment: Decimal
    rounding: Decimal


@dataclass(frozen=True)
class Prices:
    """The currency the point of sale sells in, and what one of the base currency is in it.

    Credit memos are asked for in the base currency.
    """

    books: Books
    rate: Decimal

    @property
    def currency(self) -> str:
        return self.books.currency

    def of(self, row: Payload, name: str) -> Decimal:
        return self.books.exact(row, name)

    def to_base(self, amount: Decimal) -> Decimal:
        return amount if self.rate == 1 else (amount / self.rate).quantize(Decimal("0.0001"))


def wanted_of(outgoing: Outgoing) -> Wanted:
    """Raises Rejected naming the field that is missing or of another type."""
    fields = Payload(outgoing.fields)
    return Wanted(
        number=fields.maybe_text("number") or outgoing.key,
        note=fields.maybe_text("note") or "",
        currency=fields.maybe_text("currency") or "",
        lines=tuple(_back(row, index) for index, row in enumerate(fields.rows("lines"))),
        shipping=fields.maybe_decimal("shipping_total") or ZERO,
        adjustment=fields.maybe_decimal("adjustment_total") or ZERO,
        total=fields.decimal("total"),
    )


def _back(row: Payload, index: int) -> Back:
    return Back(
        path=f"lines[{index}]",
        sku=row.maybe_text("sku") or "",
        product_key=row.maybe_text("product_key") or "",
        quantity=row.integer("quantity"),
        restock=row.has("restock") and row.one_of("restock", _RESTOCK),
    )


def prices_of(order: Mapping[str, Any], wanted: Wanted, account: Account) -> Prices:
    """By the setting order_currency. Raises Rejected when the till gave back another currency."""
    payload = Payload(order)
    books = order_money.books(payload, account)
    rate = Decimal(1) if books.is_base else payload.maybe_decimal("base_to_order_rate")
    if wanted.currency and wanted.currency != books.currency:
        raise Rejected(
            f"Return {wanted.number} is in {wanted.currency}, the order in {books.currency}",
            field="currency",
            said=wanted.currency,
            advice="Look at the setting Currency of orders of the Magento connection, and at the"
            " currency in the settings of the point of sale. Enter this refund in Magento by hand.",
        )
    return Prices(books, rate or Decimal(1))


def memo_of(
    order: Mapping[str, Any], wanted: Wanted, related: Mapping[str, str], prices: Prices
) -> Memo:
    """Raises Rejected, before anything is sent, naming what the order cannot give back."""
    rows = rows_of(order)
    items = _items(order, rows, wanted, related)
    share = _share_of_shipping(order, wanted, prices)
    return Memo(
        items=items or {row.id: ZERO for row in money_rows(rows) if row.invoiced > row.refunded},
        restock=_restocked(rows, items, wanted, related),
        shipping=to_minor(prices.of(Payload(order), "shipping_amount") * share, prices.currency),
        adjustment=wanted.adjustment,
        rounding=_rounding(order, rows, items, wanted, prices, share),
    )


def _items(
    order: Mapping[str, Any], rows: Sequence[Row], wanted: Wanted, related: Mapping[str, str]
) -> dict[int, Decimal]:
    countable = money_rows(rows)
    left = {row.id: row.invoiced - row.refunded for row in countable}
    taken: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in wanted.lines:
        needed = Decimal(line.quantity)
        sku = _sku(line, related)
        found = [row for row in countable if sku and sku in skus_of(rows, row)]
        for row in found:
            count = max(min(needed, left[row.id]), ZERO)
            taken[row.id] += count
            left[row.id] -= count
            needed -= count
        if needed:
            _explain(order, wanted, line, needed, found)
    return {item: units for item, units in taken.items() if units}


def _sku(line: Back, related: Mapping[str, str]) -> str:
    """The one the article is linked to, else the one the till calls it by."""
    return related.get(f"{Entity.PRODUCT}:{line.product_key}") or line.sku


def _explain(
    order: Mapping[str, Any], wanted: Wanted, line: Back, short: Decimal, found: Sequence[Row]
) -> None:
    name = order.get("increment_id")
    if any(row.ordered - row.canceled > row.invoiced for row in found):
        advice = (
            "Magento takes back only what is invoiced. Invoice the order there, or let the setting"
            " Invoice on shipment do it, then replay."
        )
    else:
        advice = (
            "It may have been refunded in Magento already. Compare both, then enter the rest in"
            " Magento by hand or dismiss this record."
        )
    raise Rejected(
        f"Return {wanted.number}: order {name} has {short:f} of {line.sku} fewer left to take back"
        " than the till took.",
        field=f"{line.path}.quantity",
        said=f"{line.sku}: {line.quantity}",
        advice=advice,
    )


def _restocked(
    rows: Sequence[Row], items: Mapping[int, Decimal], wanted: Wanted, related: Mapping[str, str]
) -> list[int]:
    """Order items whose units Magento shall have back.

    Units that never left it are always released: they are still taken off its salable quantity.
    """
    named = {_sku(line, related) for line in wanted.lines if line.restock}
    return [
        row.id
        for row in rows
        if row.id in items
        and not row.is_virtual
        and (named.intersection(skus_of(rows, row)) or not _has_left(rows, row))
    ]


def _has_left(rows: Sequence[Row], row: Row) -> bool:
    family = {row.id, row.parent}
    return any(one.shipped for one in rows if one.id in family or one.parent == row.id)


def _share_of_shipping(order: Mapping[str, Any], wanted: Wanted, prices: Prices) -> Decimal:
    """Which part of the order's shipping goes back. Raises Rejected when less than that is left.

    The point of sale was told the shipping after its discount; Magento is asked for it before.
    """
    if not wanted.shipping:
        return ZERO
    head = Payload(order)
    charged = prices.of(head, "shipping_amount")
    whole = charged + _beside_shipping(head, prices)
    done = prices.of(head, "shipping_refunded") / charged if charged else Decimal(1)
    left = to_minor(whole * (1 - done), prices.currency)
    if whole <= 0 or wanted.shipping > left:
        raise Rejected(
            f"Return {wanted.number}: the till gave back {wanted.shipping} of shipping, order"
            f" {order.get('increment_id')} has {left} left",
            field="shipping_total",
            said=str(wanted.shipping),
            advice="Compare the refunds of the order in Magento, then enter the rest by hand.",
        )
    return wanted.shipping / whole


def _beside_shipping(head: Payload, prices: Prices) -> Decimal:
    """What the discount changes of the shipping, below zero."""
    hidden = prices.of(head, "shipping_discount_tax_compensation_amount")
    return hidden - abs(prices.of(head, "shipping_discount_amount"))


def _rounding(
    order: Mapping[str, Any],
    rows: Sequence[Row],
    items: Mapping[int, Decimal],
    wanted: Wanted,
    prices: Prices,
    share: Decimal,
) -> Decimal:
    """What the till gave back beyond Magento's sum. Raises Rejected when it is no rounding."""
    if not items and not wanted.shipping:
        return ZERO
    goods = sum((_amount_of(row, items[row.id], prices) for row in rows if row.id in items), ZERO)
    tax = prices.of(Payload(order), "shipping_tax_amount") * share
    shipping = wanted.shipping + to_minor(tax, prices.currency)
    theirs = to_minor(goods + shipping, prices.currency)
    ours = wanted.total - wanted.adjustment
    if abs(ours - theirs) > minor_unit(prices.currency) * 2 * len(wanted.lines):
        raise Rejected(
            f"Return {wanted.number} of order {order.get('increment_id')}: the till gave back"
            f" {ours} for these articles, Magento comes to {theirs}.",
            field="total",
            said=f"till {ours}, Magento {theirs}, difference {theirs - ours}",
            advice=f"Till: {wanted.total} with an adjustment of {wanted.adjustment}. Magento: goods"
            f" with tax {to_minor(goods, prices.currency)} + shipping with tax"
            f" {to_minor(shipping, prices.currency)} = {theirs} {prices.currency}. Correct the"
            " return at the till, or enter the credit memo in Magento by hand and dismiss this"
            " record.",
        )
    return ours - theirs


def _amount_of(row: Row, units: Decimal, prices: Prices) -> Decimal:
    """What the units come to: of what is invoiced and not refunded, their share.

    Magento: Sales/Model/Order/Creditmemo/Total/*.
    """
    of, left = prices.of, row.invoiced - row.refunded
    rest = {
        "row": of(row.payload, "row_invoiced") - of(row.payload, "amount_refunded"),
        "tax": of(row.payload, "tax_invoiced") - of(row.payload, "tax_refunded"),
        "compensation": of(row.payload, "discount_tax_compensation_invoiced")
        - of(row.payload, "discount_tax_compensation_refunded"),
        "discount": of(row.payload, "discount_refunded") - of(row.payload, "discount_invoiced"),
    }
    return sum((to_minor(one * units / left, prices.currency) for one in rest.values()), ZERO)
