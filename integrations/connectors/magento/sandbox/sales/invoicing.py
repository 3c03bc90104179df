"""Invoices: which units, for how much, and what they change on the order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.sales import documents, money_flow, pricing, states
from integrations.connectors.magento.sandbox.sales.amounts import (
    ZERO,
    Amounts,
    cents,
    paired,
    share,
)
from integrations.connectors.magento.sandbox.sales.documents import Quantities
from integrations.connectors.magento.sandbox.sales.records import (
    NONE,
    DocumentItem,
    Invoice,
    Item,
    Order,
)

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

OPEN, PAID = 1, 2

# What a row keeps of its invoices, and the figure it is a part of.
_INVOICED = (
    ("row_invoiced", "row_total"),
    ("tax_invoiced", "tax_amount"),
    ("discount_invoiced", "discount_amount"),
    ("discount_tax_compensation_invoiced", "discount_tax_compensation_amount"),
)
_ON_ORDER = (
    ("subtotal_invoiced", "subtotal"),
    ("tax_invoiced", "tax_amount"),
    ("discount_invoiced", "discount_amount"),
    ("discount_tax_compensation_invoiced", "discount_tax_compensation_amount"),
    ("shipping_invoiced", "shipping_amount"),
    ("total_invoiced", "grand_total"),
)


def invoice(shop: Shop, order: Order, asked: Quantities, *, capture: bool) -> Invoice:
    """Invoices what was asked, everything left when nothing was. Raises Refusal, changing nothing.
    The caller holds the shop's lock."""
    _check(order, asked)
    sales = shop.sales
    moment = shop.now()
    wanted = _wanted(order, asked)
    is_first = not any(done.amounts.get("shipping_amount")[0] for done in order.invoices)
    made = Invoice(
        id=shop.next_id("invoice"),
        increment_id=sales.increment("invoice"),
        order=order,
        created_at=moment,
        updated_at=moment,
        items=[
            DocumentItem(shop.next_id("invoice item"), item, qty, _figures(item, qty))
            for item, qty in wanted
        ],
        amounts=Amounts(),
    )
    _total(made, with_shipping=is_first)
    money_flow.take_off(order, made.amounts, made.extension, "invoiced")
    _register(order, made)
    order.invoices.append(made)
    sales.invoices[made.id] = made
    if capture or not order.payment.is_online:
        money_flow.pay(shop, order, made)
    else:
        made.state = OPEN
    for item, qty in wanted:
        _deliver_virtual(shop, order, item, qty)
    states.settle(order, moment, in_process=True)
    sales.comment(order, None, entity="invoice")
    shop.emit("sales.invoice.created", made.id)
    if made.state == PAID:
        shop.emit("sales.invoice.paid", made.id)
    shop.emit("sales.order.updated", order.id)
    return made


def _check(order: Order, asked: Quantities) -> None:
    if order.state in (states.HOLDED, states.REVIEW, states.CANCELED) or order.state in (
        states.COMPLETE,
        states.CLOSED,
    ):
        raise documents.refused(
            "Invoice",
            [f"An invoice cannot be created when an order has a status of {order.status}."],
        )
    messages = []
    if not states.can_invoice(order):
        messages.append("The order does not allow an invoice to be created.")
    if documents.unknown(order, asked):
        messages.append(
            "The invoice contains one or more items that are not part of the original order."
        )
    for number, qty in asked.items():
        item = order.item(number)
        if item is not None and not item.is_dummy and qty > item.to_invoice:
            messages.append(
                "The quantity to invoice must not be greater than the uninvoiced quantity "
                f'for product SKU "{item.sku}".'
            )
    if not messages and not any(qty > 0 for _, qty in _wanted(order, asked)):
        messages.append("You can't create an invoice without products.")
    if messages:
        raise documents.refused("Invoice", messages)


def _wanted(order: Order, asked: Quantities) -> list[tuple[Item, Decimal]]:
    """The rows of the invoice in the order's order; rows without money go with their family."""
    chosen: Quantities = {}
    for item in order.items:
        if item.is_dummy:
            continue
        qty = item.to_invoice if not asked else asked.get(item.id, _by_parent(item, asked))
        if qty > 0:
            chosen[item.id] = min(qty, item.to_invoice)
    for item in order.items:
        if not item.is_dummy:
            continue
        if item.parent is not None and item.parent.id in chosen:
            chosen[item.id] = chosen[item.parent.id] * item.per_parent
        elif any(child.id in chosen for child in item.children):
            chosen[item.id] = asked.get(item.id, item.ordered - item.invoiced - item.canceled)
    return [(item, chosen[item.id]) for item in order.items if item.id in chosen]


def _by_parent(item: Item, asked: Quantities) -> Decimal:
    """A dynamic bundle that is named stands for its children."""
    if item.parent is None or item.parent.id not in asked:
        return NONE
    return asked[item.parent.id] * item.per_parent


def _figures(item: Item, qty: Decimal) -> Amounts:
    made = Amounts()
    for there, here in paired(item.amounts, made):
        here["price"] = there["price"]
        if "price_incl_tax" in there:
            here["price_incl_tax"] = there["price_incl_tax"]
        if item.is_dummy:
            continue
        for done, name in _INVOICED:
            here[name] = share(there[name] - there.get(done, ZERO), qty, item.to_invoice)
        whole, before = there["row_total_incl_tax"], item.invoiced
        here["row_total_incl_tax"] = cents(whole * (before + qty) / item.ordered) - cents(
            whole * before / item.ordered
        )
    return made


def _total(made: Invoice, *, with_shipping: bool) -> None:
    """The header of the rows; the first invoice of an order carries its shipping."""
    for side, there in enumerate(made.order.amounts.sides()):
        lines = [row.amounts.sides()[side] for row in made.items if "row_total" in row.amounts.own]
        names = (
            "shipping_amount",
            "shipping_incl_tax",
            "shipping_tax_amount",
            "shipping_discount_amount",
            "shipping_discount_tax_compensation_amount",
        )
        delivery = {name: there[name] if with_shipping else ZERO for name in names}
        found = pricing.header(lines, delivery)
        del found["shipping_discount_amount"]
        made.amounts.sides()[side].update(found)


def _register(order: Order, made: Invoice) -> None:
    for row in made.items:
        row.item.invoiced += row.qty
        row.item.amounts.add_all(row.amounts, _INVOICED if not row.item.is_dummy else ())
    order.amounts.add_all(made.amounts, _ON_ORDER)


def _deliver_virtual(shop: Shop, order: Order, item: Item, qty: Decimal) -> None:
    """Goods without a parcel leave the stock with their invoice."""
    if item.is_virtual and item.stock_sku:
        units = min(qty, item.reserved)
        item.reserved -= units
        shop.stock.deduct(item.stock_sku, units, "default", order.id)
