"""Orders: Magento's order -> our order, with what is left of it; polling and reading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, EntityPort, Notice, Page
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import (
    order_charges,
    order_lines,
    order_money,
    order_reading,
    order_refunds,
    order_shape,
    own_fields,
)
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria
from integrations.connectors.magento.order_lines import Counted
from integrations.connectors.magento.order_money import Books, Reading
from integrations.connectors.magento.order_refunds import Given, Memo
from integrations.connectors.magento.polling import PLACES, changed
from mappings.canonical.money import Money
from mappings.canonical.order import (
    Fulfilment,
    Order,
    OrderCustomer,
    OrderPayment,
    OrderState,
    PaymentState,
)
from mappings.canonical.record import Entity, Skipped

ZERO = Decimal(0)

# Their word -> ours. Statuses are the merchant's own words; the state is what Magento goes by.
STATE = {
    "new": OrderState.OPEN,
    "processing": OrderState.OPEN,
    "holded": OrderState.OPEN,
    "pending_payment": OrderState.OPEN,
    "payment_review": OrderState.OPEN,
    "complete": OrderState.CLOSED,
    "closed": OrderState.CLOSED,
    "canceled": OrderState.CANCELLED,
}
_WAITING = {
    "pending_payment": "the buyer has not finished the payment yet; it is sent when Magento has it"
    " in processing",
    "payment_review": "the payment is under review; it is sent when Magento has it in processing",
    "holded": "the order is on hold in Magento; it is sent when it is released",
}


def normalise(payload: Payload, account: Account) -> Order:
    """Their order as ours, with what is left of it after cancelled units and credit memos.

    Raises Rejected naming the field when one is missing or unknown, and Skipped for an order of
    another website or one that waits for its payment or for a person: see the settings orders_of,
    offline_orders and orders_on_hold.
    """
    order_shape.skip_elsewhere(payload, account)
    state = payload.one_of("state", STATE)
    _skip_waiting(payload, account)
    books = order_money.books(payload, account)
    if state is OrderState.CANCELLED:
        return _cancelled(payload, books)
    reading = order_lines.reading(payload, books)
    lines = order_lines.lines(payload, reading)
    memos = order_refunds.memos(payload, books, {line.counted.key for line in lines})
    taken = sum((memo.taken for memo in memos), ZERO)
    left, rest = order_lines.left(lines, memos, books)
    total = order_money.total(payload, reading)
    tax = books.amount(payload, f"tax{reading.end or '_amount'}")
    return _record(payload, books, state).model_copy(
        update={
            "payment": _payment_state(payload, reading, total, memos),
            "fulfilment": _fulfilment([line.counted for line in lines]),
            "lines": left,
            "charges": order_charges.charges(
                payload, reading, lines, memos, rest=rest, before_tax=total - tax
            ),
            "payments": _payments(payload, reading, memos),
            "tax_total": tax - sum((memo.tax for memo in memos), ZERO),
            "total": total - taken,
            "refunds": order_refunds.taken_off(memos),
        }
    )


def _record(payload: Payload, books: Books, state: OrderState) -> Order:
    """What is said of the order but for its money."""
    found = order_shape.extension(payload)
    told = {
        "coupon_code": payload.maybe_text("coupon_code"),
        "original_increment_id": payload.maybe_text("original_increment_id"),
        "replaced_by": payload.maybe_text("relation_child_real_id"),
        "pickup_location_code": found.maybe_text("pickup_location_code"),
    }
    return Order(
        key=payload.text("entity_id"),
        number=payload.maybe_text("increment_id") or "",
        updated_at=order_shape.instant(payload, "updated_at"),
        currency=books.currency,
        state=state,
        payment=PaymentState.VOIDED,
        placed_at=order_shape.instant(payload, "created_at"),
        source=_store_view(payload),
        customer=_customer(payload),
        billing=order_shape.address(payload.maybe_child("billing_address")),
        shipping=order_shape.shipping_address(payload),
        lines=(),
        total=ZERO,
        presentment=_presentment(payload, books),
        note=payload.maybe_text("customer_note") or "",
        attributes=own_fields.order_values(payload.raw())
        | {name: value for name, value in told.items() if value},
    )


def _cancelled(payload: Payload, books: Books) -> Order:
    """Nothing is left of it; Magento lets no order be cancelled that was invoiced in whole."""
    made = _record(payload, books, OrderState.CANCELLED)
    rows = order_lines.counted(payload, books)
    return made.model_copy(update={"fulfilment": _fulfilment(rows)})


def _skip_waiting(payload: Payload, account: Account) -> None:
    state = payload.text("state")
    if state in _WAITING:
        if state == "holded" and account.setting("orders_on_hold", "wait") == "send":
            return
        raise Skipped(_WAITING[state])
    if state != "new" or not payload.maybe_decimal("base_grand_total"):
        # Nothing is left to pay of an order that cost nothing, or that gift cards paid for.
        return
    if account.setting("offline_orders", "when_paid") == "at_once" and order_shape.is_offline(
        payload, account
    ):
        return
    raise Skipped(_not_paid(payload))


def _not_paid(payload: Payload) -> str:
    return (
        f"not paid yet ({order_shape.method(payload) or 'no payment method'});"
        " it is sent once it is invoiced or shipped in Magento"
    )


def _store_view(payload: Payload) -> str:
    """The last name of "Website\\nStore\\nStore view" that is filled."""
    names = (payload.maybe_text("store_name") or "").splitlines()
    return next((name.strip() for name in reversed(names) if name.strip()), "")


def _customer(payload: Payload) -> OrderCustomer | None:
    billing = order_shape.address(payload.maybe_child("billing_address"))
    is_guest = order_shape.is_yes(payload, "customer_is_guest")
    made = OrderCustomer(
        key="" if is_guest else payload.maybe_text("customer_id") or "",
        email=payload.maybe_text("customer_email") or "",
        first_name=payload.maybe_text("customer_firstname")
        or (billing.first_name if billing else ""),
        last_name=payload.maybe_text("customer_lastname") or (billing.last_name if billing else ""),
        phone=billing.phone if billing else "",
    )
    return made if made.key or made.email or made.last_name else None


def _presentment(payload: Payload, books: Books) -> Money | None:
    """What the buyer saw as the total, where that was in another currency than is booked."""
    shown, amount = payload.maybe_text("order_currency_code"), payload.maybe_decimal("grand_total")
    if not shown or shown == books.currency or amount is None:
        return None
    return Money(amount=amount.quantize(Decimal("0.01")), currency=shown)


def _fulfilment(rows: Sequence[Counted]) -> Fulfilment:
    """How much of what can be sent has left. Parts of a bundle may be sent one by one."""
    shipped = [_shipped(one) for one in rows if not _is_virtual(one)]
    if not any(some for some, _ in shipped):
        return Fulfilment.NONE
    return Fulfilment.WHOLE if all(whole for _, whole in shipped) else Fulfilment.PARTIAL


def _is_virtual(one: Counted) -> bool:
    return all(order_shape.is_yes(row, "is_virtual") for row in one.parts or (one.row,))


def _shipped(one: Counted) -> tuple[bool, bool]:
    """Whether some of the units have left, and whether all that are still wanted have."""
    rows = [one.row, *one.parts]
    sent = [row.maybe_decimal("qty_shipped") or ZERO for row in rows]
    wanted = [
        (row.maybe_decimal("qty_ordered") or ZERO)
        - (row.maybe_decimal("qty_canceled") or ZERO)
        - (row.maybe_decimal("qty_refunded") or ZERO)
        for row in rows
    ]
    whole = [gone >= most for gone, most in zip(sent, wanted, strict=True)]
    return any(sent), whole[0] or (len(whole) > 1 and all(whole[1:]))


def _payment_state(
    payload: Payload, reading: Reading, total: Decimal, memos: Sequence[Memo]
) -> PaymentState:
    books = reading.books
    came = books.amount(payload, "total_paid")
    came += sum((one.amount for one in order_money.other_money(payload, reading)), ZERO)
    back = sum((memo.total for memo in memos), ZERO)
    if back:
        return PaymentState.REFUNDED if back >= came else PaymentState.PARTIALLY_REFUNDED
    if came >= total:
        return PaymentState.PAID
    if came:
        return PaymentState.PARTIALLY_PAID
    payment = payload.maybe_child("payment")
    authorised = payment is not None and books.exact(payment, "amount_authorized")
    return PaymentState.AUTHORISED if authorised else PaymentState.PENDING


def _payments(
    payload: Payload, reading: Reading, memos: Sequence[Memo]
) -> tuple[OrderPayment, ...]:
    """Money that came, without what went back for goods and shipping that are gone."""
    key = payload.text("entity_id")
    payment = payload.maybe_child("payment") or Payload({}, "payment")
    rows = [
        OrderPayment(
            key=f"{key}:paid",
            gateway=order_shape.method(payload),
            amount=reading.books.amount(payload, "total_paid"),
            card_brand=payment.maybe_text("cc_type") or "",
            card_last4=order_shape.last4(payment),
            is_sum=True,
        )
    ]
    for one in order_money.other_money(payload, reading):
        name = f"{key}:{one.gateway}:{one.mark}".rstrip(":")
        rows.append(
            OrderPayment(key=name, gateway=one.gateway, amount=one.amount, transaction_id=name)
        )
    stayed = order_refunds.after([Given(row.gateway, row.amount) for row in rows], memos)
    return tuple(
        row.model_copy(update={"amount": amount})
        for row, amount in zip(rows, stayed, strict=True)
        if amount > 0
    )


def is_whole(body: Mapping[str, Any]) -> bool:
    """Whether an order that was pushed, or stood in a list, says all we need.

    It never holds its credit memos, and some shops leave the extension attributes out of lists.
    """
    payload = Payload(body)
    if not {"items", "payment", "state", "updated_at"} <= body.keys():
        return False
    is_placed = order_shape.is_yes(payload, "is_virtual") or order_shape.shipping(payload)
    return bool(is_placed) and not (
        order_refunds.needs_memos(payload) or order_reading.has_own_skus(body)
    )


# --- calls ---------------------------------------------------------------------------------------


def changes(client: StoreClient, cursor: str, now: datetime) -> Page:
    """Orders changed since the cursor, oldest change first; whole where the list shows all."""

    def notice(row: Mapping[str, Any]) -> Notice:
        return Notice(
            entity=Entity.ORDER,
            key=str(row["entity_id"]),
            topic="orders/poll",
            payload=order_reading.placed(client, row) if is_whole(row) else None,
        )

    return changed(client, "orders", cursor, now, notice=notice)


def newest(client: StoreClient, count: int) -> list[str]:
    """Ids of the newest orders, newest first, in whatever state."""
    found = client.search(
        "orders",
        Criteria(sort=(("entity_id", "DESC"),), size=count, fields="items[entity_id],total_count"),
    )
    return [str(row["entity_id"]) for row in found.items][:count]


def read(client: StoreClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each order as it is now with its credit memos, None for one that is gone."""
    return {key: order_reading.order(client, key) for key in keys}


PORT = EntityPort(normalise=normalise, changes=changes, places=PLACES, read=read, newest=newest)
