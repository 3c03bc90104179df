"""Credit memos: what goes back to the buyer, and what goes back on the shelf."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.sales import (
    documents,
    memo_amounts,
    money_flow,
    states,
)
from integrations.connectors.magento.sandbox.sales.amounts import (
    ZERO,
    cents,
    paired,
)
from integrations.connectors.magento.sandbox.sales.documents import Quantities
from integrations.connectors.magento.sandbox.sales.records import (
    NONE,
    CreditMemo,
    DocumentItem,
    Invoice,
    Item,
    Order,
)

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

NOT_SAVED = "Could not save a Creditmemo, see error log for details"

_ON_ORDER = (
    ("subtotal_refunded", "subtotal"),
    ("tax_refunded", "tax_amount"),
    ("discount_refunded", "discount_amount"),
    ("discount_tax_compensation_refunded", "discount_tax_compensation_amount"),
    ("shipping_refunded", "shipping_amount"),
    ("shipping_tax_refunded", "shipping_tax_amount"),
    ("adjustment_positive", "adjustment_positive"),
    ("adjustment_negative", "adjustment_negative"),
)


@dataclass(frozen=True)
class Plan:
    """What is to be refunded. `items` empty: everything left. `shipping` in the base currency and
    without tax, None for all that is left. `restock`: ids of rows whose units go back on the shelf."""

    items: Quantities = field(default_factory=dict)
    shipping: Decimal | None = None
    plus: Decimal = ZERO
    minus: Decimal = ZERO
    restock: Collection[int] = ()
    invoice: Invoice | None = None
    is_online: bool = False


def refund(shop: Shop, order: Order, plan: Plan) -> CreditMemo:
    """Books the credit memo. Raises Refusal, changing nothing. The caller holds the shop's lock."""
    _check_order(order)
    if plan.is_online and not (plan.invoice is not None and plan.invoice.transaction_id):
        raise Refusal(NOT_SAVED)
    wanted = _wanted(order, plan)
    made = _memo(shop, order, plan, wanted)
    _check(order, plan, made)
    made.id = shop.next_id("creditmemo")
    made.increment_id = shop.sales.increment("creditmemo")
    for row in made.items:
        row.id = shop.next_id("creditmemo item")
    book(shop, order, made, plan.restock)
    return made


def due(shop: Shop, order: Order, plan: Plan) -> Decimal:
    """What a plan comes to in the order's currency. Raises Refusal."""
    return _memo(shop, order, plan, _wanted(order, plan)).amounts.get("grand_total")[0]


def adjusted(order: Order, plan: Plan, over: Decimal) -> Plan:
    """The plan with so much more for the buyer, or less, in the order's currency."""
    base = cents(over / order.rate)
    return replace(plan, plus=max(base, ZERO), minus=max(-base, ZERO))


def book(shop: Shop, order: Order, made: CreditMemo, restock: Collection[int]) -> None:
    """Writes a credit memo that has passed all checks into the order, the stock and the money."""
    money_flow.take_off(order, made.amounts, made.extension, "refunded")
    for row in made.items:
        above = row.item.parent
        is_back = row.item.id in restock or (above is not None and above.id in restock)
        _move_stock(shop, order, row, is_back=is_back)
    for row in made.items:
        row.item.refunded += row.qty
        if not row.item.is_dummy:
            for there, here in paired(row.item.amounts, row.amounts):
                for _, done, name in memo_amounts.OF_ROW:
                    there[done] = there.get(done, ZERO) + here.get(name, ZERO)
    order.amounts.add_all(made.amounts, _ON_ORDER)
    money_flow.give_back(shop, order, made)
    order.memos.append(made)
    shop.sales.memos[made.id] = made
    if made.invoice is not None:
        made.invoice.is_used_for_refund = True
    states.settle(order, made.created_at)
    shop.sales.comment(order, None, entity="creditmemo")
    shop.emit("sales.creditmemo.created", made.id)
    shop.emit("sales.order.updated", order.id)


def _check_order(order: Order) -> None:
    if order.state in (states.REVIEW, states.HOLDED, states.CANCELED, states.CLOSED):
        raise documents.refused(
            "Creditmemo",
            [f"A creditmemo can not be created when an order has a status of {order.status}"],
        )
    if not states.can_refund(order):
        raise documents.refused(
            "Creditmemo", ["The order does not allow a creditmemo to be created."]
        )


def _wanted(order: Order, plan: Plan) -> list[tuple[Item, Decimal]]:
    limits = _limits(plan.invoice)
    found: Quantities = {}
    for item in order.items:
        if item.is_dummy:
            continue
        left = item.to_refund if limits is None else min(item.to_refund, limits.get(item.id, NONE))
        found[item.id] = left if not plan.items else plan.items.get(item.id, NONE)
    for item in order.items:
        if not item.is_dummy:
            continue
        if item.parent is not None:
            found[item.id] = found.get(item.parent.id, NONE) * item.per_parent
        elif any(found.get(child.id) for child in item.children):
            found[item.id] = plan.items.get(item.id, item.invoiced - item.refunded)
    return [(item, found[item.id]) for item in order.items if found.get(item.id, NONE) > 0]


def _limits(invoice: Invoice | None) -> Quantities | None:
    """What is left of the units of one invoice, None when the refund is not made of one."""
    if invoice is None:
        return None
    left: Quantities = {row.item.id: row.qty for row in invoice.items}
    for memo in invoice.order.memos:
        if memo.invoice is invoice:
            for row in memo.items:
                left[row.item.id] = left.get(row.item.id, NONE) - row.qty
    return left


def _memo(shop: Shop, order: Order, plan: Plan, wanted: list[tuple[Item, Decimal]]) -> CreditMemo:
    moment = shop.now()
    rows = [DocumentItem(0, item, qty, memo_amounts.of_row(item, qty)) for item, qty in wanted]
    return CreditMemo(
        id=0,
        increment_id="",
        order=order,
        created_at=moment,
        updated_at=moment,
        items=rows,
        amounts=memo_amounts.of_memo(
            order, rows, shipping=plan.shipping, plus=plan.plus, minus=plan.minus
        ),
        invoice=plan.invoice,
        is_online=plan.is_online,
    )


def _check(order: Order, plan: Plan, made: CreditMemo) -> None:
    messages = [
        f'The creditmemo contains product SKU "{number}" that is not part of the original order.'
        for number in documents.unknown(order, plan.items)
    ]
    limits = _limits(plan.invoice)
    for row in made.items:
        item = row.item
        most = item.to_refund if limits is None else min(item.to_refund, limits.get(item.id, NONE))
        if not item.is_dummy and row.qty > most:
            messages.append(
                "The quantity to creditmemo must not be greater than the unrefunded quantity "
                f'for product SKU "{item.sku}".'
            )
    total = made.amounts.get("grand_total")
    if total[0] <= 0:
        messages.append("The credit memo's total must be positive.")
    elif not made.items and not _has_shipping_left(order):
        messages.append("You can't create a creditmemo without products.")
    available = states.left_to_refund(order)[1]
    if not messages and total[1] > available:
        messages.append(
            f"The most money available to refund is {order.base_currency} {available:.2f}."
        )
    if messages:
        raise documents.refused("Creditmemo", messages)


def _has_shipping_left(order: Order) -> bool:
    """Magento refuses a refund of nothing but an adjustment once the shipping is refunded."""
    own = order.amounts
    return own.get("shipping_amount")[0] != own.get("shipping_refunded")[0]


def _move_stock(shop: Shop, order: Order, row: DocumentItem, *, is_back: bool) -> None:
    """Units that had not left are given free again, or taken out of the stock when they are not to go
    back; units that had left go back on the shelf when asked."""
    item = row.item
    if not item.stock_sku:
        return
    waiting = min(row.qty, item.reserved)
    item.reserved -= waiting
    if waiting and is_back:
        shop.stock.release(item.stock_sku, waiting, order.id, "creditmemo_created")
    elif waiting:
        shop.stock.deduct(item.stock_sku, waiting, "default", order.id)
    if is_back and row.qty > waiting:
        shop.stock.put_back(item.stock_sku, row.qty - waiting, _source(order))


def _source(order: Order) -> str:
    return next((made.source_code for made in order.shipments if made.source_code), "default")
