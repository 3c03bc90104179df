"""Credit memos: what goes back to the buyer, and what goes back on the shelf."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.sales import documents, money_flow, pricing, states
from integrations.connectors.magento.sandbox.sales.amounts import (
    ZERO,
    Amounts,
    Figures,
    cents,
    paired,
    share,
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

# (what the row has of it, what of that is refunded already, the figure on the memo's row)
_ROW = (
    ("row_invoiced", "amount_refunded", "row_total"),
    ("tax_invoiced", "tax_refunded", "tax_amount"),
    ("discount_invoiced", "discount_refunded", "discount_amount"),
    (
        "discount_tax_compensation_invoiced",
        "discount_tax_compensation_refunded",
        "discount_tax_compensation_amount",
    ),
)
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
_SHIPPING = (
    "shipping_amount",
    "shipping_tax_amount",
    "shipping_discount_amount",
    "shipping_discount_tax_compensation_amount",
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
                for _, done, name in _ROW:
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
    made = CreditMemo(
        id=0,
        increment_id="",
        order=order,
        created_at=moment,
        updated_at=moment,
        items=[DocumentItem(0, item, qty, _figures(item, qty)) for item, qty in wanted],
        amounts=Amounts(),
        invoice=plan.invoice,
        is_online=plan.is_online,
    )
    part = _shipping_part(order, plan)
    for side, there in enumerate(order.amounts.sides()):
        lines = [row.amounts.sides()[side] for row in made.items if not row.item.is_dummy]
        figures = made.amounts.sides()[side]
        figures.update(pricing.header(lines, _shipping(order, there, part, side)))
        # What a person adds is typed in the base currency.
        rate = Decimal(1) if side else order.rate
        figures["adjustment_positive"] = cents(plan.plus * rate)
        figures["adjustment_negative"] = cents(plan.minus * rate)
        figures["adjustment"] = figures["adjustment_positive"] - figures["adjustment_negative"]
        figures["grand_total"] += figures["adjustment"]
        del figures["shipping_discount_amount"]
    return made


def _figures(item: Item, qty: Decimal) -> Amounts:
    made = Amounts()
    left = item.to_refund
    for there, here in paired(item.amounts, made):
        here["price"] = there["price"]
        if "price_incl_tax" in there:
            here["price_incl_tax"] = there["price_incl_tax"]
        if item.is_dummy:
            continue
        for whole, done, name in _ROW:
            rest = there.get(whole, ZERO) - there.get(done, ZERO)
            here[name] = share(rest, qty, left) if left else ZERO
        here["row_total_incl_tax"] = cents(there["row_total_incl_tax"] * qty / item.ordered)
    return made


def _shipping_part(order: Order, plan: Plan) -> Decimal | None:
    """The part of the order's shipping that goes back, None for all that is left. Raises Refusal."""
    whole = order.amounts.get("shipping_amount")[1]
    left = whole - order.amounts.get("shipping_refunded")[1]
    if plan.shipping is None or (plan.shipping == left and plan.shipping > 0):
        return None
    if plan.shipping > left:
        raise Refusal(
            "Maximum shipping amount allowed to refund is: %1",
            parameters=[f"{order.base_currency} {left:.2f}"],
        )
    return plan.shipping / whole if whole else Decimal(0)


def _shipping(order: Order, there: Figures, part: Decimal | None, side: int) -> Figures:
    found: Figures = {}
    for name in _SHIPPING:
        whole = there.get(name, ZERO)
        before = sum((memo.amounts.sides()[side].get(name, ZERO) for memo in order.memos), ZERO)
        found[name] = whole - before if part is None else cents(whole * part)
    found["shipping_discount_amount"] = _shipping_discount(order, there, part, side)
    found["shipping_incl_tax"] = cents(
        found["shipping_amount"]
        + (
            found["shipping_amount"]
            * (there["shipping_incl_tax"] - there["shipping_amount"])
            / there["shipping_amount"]
            if there["shipping_amount"]
            else ZERO
        )
    )
    return found


def _shipping_discount(order: Order, there: Figures, part: Decimal | None, side: int) -> Decimal:
    """Memos do not show it apart from the goods' discount, so it goes by the shipping refunded."""
    whole, shipping = there.get("shipping_discount_amount", ZERO), there["shipping_amount"]
    if part is not None:
        return cents(whole * part)
    done = order.amounts.sides()[side].get("shipping_refunded", ZERO)
    return whole - (cents(whole * done / shipping) if shipping else ZERO)


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
    available = _available(order)
    if not messages and total[1] > available:
        messages.append(
            f"The most money available to refund is {order.base_currency} {available:.2f}."
        )
    if messages:
        raise documents.refused("Creditmemo", messages)


def _available(order: Order) -> Decimal:
    """Money and credits that were paid and not given back yet, in the base currency."""
    left = order.amounts.get("total_paid")[1] - order.amounts.get("total_refunded")[1]
    for name in ("gift_cards", "customer_balance"):
        left += (
            order.extension.get(f"{name}_invoiced")[1] - order.extension.get(f"{name}_refunded")[1]
        )
    return left


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
