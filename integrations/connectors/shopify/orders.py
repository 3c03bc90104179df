"""Orders: the webhook body or a GraphQL answer -> our order; polling and reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Account, Notice, Page
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify import addresses, order_lines, order_refunds, order_shape
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.order_lines import (
    maybe_shop_amount,
    shop_amount,
    taxes,
    two_places,
)
from integrations.connectors.shopify.polling import changed, complete, version
from mappings.canonical.money import Money, to_minor
from mappings.canonical.order import (
    Fulfilment,
    Order,
    OrderCustomer,
    OrderPayment,
    OrderState,
    PaymentState,
    ShippingCharge,
)
from mappings.canonical.record import Entity, Skipped

ZERO = Decimal(0)

# Their word -> ours. GraphQL's EXPIRED (an authorisation that ran out) has no word of ours: such
# an order waits for a person.
PAYMENT_STATE = {
    "pending": PaymentState.PENDING,
    "authorized": PaymentState.AUTHORISED,
    "partially_paid": PaymentState.PARTIALLY_PAID,
    "paid": PaymentState.PAID,
    "partially_refunded": PaymentState.PARTIALLY_REFUNDED,
    "refunded": PaymentState.REFUNDED,
    "voided": PaymentState.VOIDED,
}

# GraphQL has more words than webhook bodies; what they add means that nothing has left yet.
FULFILMENT = {
    "": Fulfilment.NONE,
    "unfulfilled": Fulfilment.NONE,
    "open": Fulfilment.NONE,
    "in_progress": Fulfilment.NONE,
    "on_hold": Fulfilment.NONE,
    "pending_fulfillment": Fulfilment.NONE,
    "request_declined": Fulfilment.NONE,
    "scheduled": Fulfilment.NONE,
    "fulfillment_not_required": Fulfilment.NONE,
    "partial": Fulfilment.PARTIAL,
    "partially_fulfilled": Fulfilment.PARTIAL,
    "fulfilled": Fulfilment.WHOLE,
    "restocked": Fulfilment.RETURNED,
}

_MONEY_CAME = frozenset(
    {
        PaymentState.PAID,
        PaymentState.PARTIALLY_PAID,
        PaymentState.PARTIALLY_REFUNDED,
        PaymentState.REFUNDED,
    }
)
_NEEDS_PAYMENTS = frozenset(word for word, state in PAYMENT_STATE.items() if state in _MONEY_CAME)
_MONEY_IN = frozenset({"sale", "capture"})
_UNPAID = frozenset({PaymentState.PENDING, PaymentState.AUTHORISED})
_DRAFT = "shopify_draft_order"


def normalise(payload: Payload, account: Account) -> Order:
    """Their order as ours, with what is left of it after edits and refunds.

    Raises Rejected naming the field when one is missing or unknown, and Skipped for a test order
    unless the setting skip_test_orders is "no", and for a draft nobody has paid for yet unless the
    setting draft_orders is "always".
    """
    if order_shape.is_graphql(payload.raw()):
        payload = Payload(order_shape.webhook_words(payload.raw()))
    is_test = payload.flag("test", default=False)
    if is_test and account.setting("skip_test_orders", "yes") != "no":
        raise Skipped("test order")
    currency = payload.text("currency")
    tip = maybe_shop_amount(payload, "total_tip_received") or ZERO
    state = payload.one_of("financial_status", PAYMENT_STATE)
    _skip_unpaid_draft(payload, state, account)
    return Order(
        key=payload.text("id"),
        number=payload.maybe_text("name") or "",
        updated_at=payload.instant("updated_at"),
        currency=currency,
        state=_state(payload),
        payment=state,
        placed_at=payload.maybe_instant("processed_at") or payload.instant("created_at"),
        fulfilment=_fulfilment(payload),
        is_test=is_test,
        source=payload.maybe_text("source_name") or "",
        customer=_customer(payload),
        billing=addresses.normalise(payload.maybe_child("billing_address")),
        shipping=addresses.normalise(payload.maybe_child("shipping_address")),
        lines=order_lines.normalise(payload, currency, tip),
        charges=_charges(payload, currency),
        payments=_payments(payload, state),
        taxes_included=payload.flag("taxes_included", default=False),
        tax_total=_current(payload, "total_tax") or ZERO,
        tip_total=tip,
        duty_total=_duties(payload),
        total=_total(payload),
        refunds=order_refunds.taken_off(payload),
        presentment=_presentment(payload, currency),
        note=payload.maybe_text("note") or "",
        tags=tuple(sorted(split_tags(payload.maybe_text("tags")))),
        attributes={
            pair.text("name"): pair.maybe_text("value") or ""
            for pair in payload.rows("note_attributes")
        },
    )


def _skip_unpaid_draft(payload: Payload, state: PaymentState, account: Account) -> None:
    if (
        payload.maybe_text("source_name") == _DRAFT
        and state in _UNPAID
        and not payload.has("cancelled_at")
        and account.setting("draft_orders", "when_paid") != "always"
    ):
        raise Skipped("a draft order that is not paid yet; it is sent when it is")


def _fulfilment(payload: Payload) -> Fulfilment:
    if not payload.has("fulfillment_status"):
        return Fulfilment.NONE
    return payload.one_of("fulfillment_status", FULFILMENT)


def _presentment(payload: Payload, currency: str) -> Money | None:
    """What the buyer saw, where that was another currency than the shop's."""
    shown = payload.maybe_text("presentment_currency")
    both = payload.maybe_child("current_total_price_set") or payload.maybe_child("total_price_set")
    money = None if both is None else both.maybe_child("presentment_money")
    if not shown or shown == currency or money is None:
        return None
    return Money(amount=two_places(money.decimal("amount")), currency=shown)


def split_tags(tags: str | None) -> list[str]:
    """Webhooks hold tags as one text with commas."""
    return [tag.strip() for tag in (tags or "").split(",") if tag.strip()]


def _state(payload: Payload) -> OrderState:
    if payload.has("cancelled_at"):
        return OrderState.CANCELLED
    return OrderState.CLOSED if payload.has("closed_at") else OrderState.OPEN


def _customer(payload: Payload) -> OrderCustomer | None:
    known = payload.maybe_child("customer")
    email, phone = payload.maybe_text("email"), payload.maybe_text("phone")
    if known is None:
        return OrderCustomer(email=email or "", phone=phone or "") if email or phone else None
    return OrderCustomer(
        key=known.text("id"),
        email=email or known.maybe_text("email") or "",
        first_name=known.maybe_text("first_name") or "",
        last_name=known.maybe_text("last_name") or "",
        phone=phone or known.maybe_text("phone") or "",
    )


def _charges(payload: Payload, currency: str) -> tuple[ShippingCharge, ...]:
    made = []
    for row in payload.rows("shipping_lines"):
        if row.flag("is_removed", default=False):
            continue
        before = maybe_shop_amount(row, "discounted_price")
        if before is None:
            before = shop_amount(row, "price")
        now = maybe_shop_amount(row, "current_discounted_price")
        amount, tax = before if now is None else now, taxes(row)
        if amount != before:
            tax = to_minor(tax * amount / before, currency) if before else ZERO
        made.append(
            ShippingCharge(
                title=row.maybe_text("title") or "",
                code=row.maybe_text("code") or "",
                amount=amount,
                tax=tax,
            )
        )
    return tuple(made)


def _payments(payload: Payload, state: PaymentState) -> tuple[OrderPayment, ...]:
    """Money that came, without what went back for goods and shipping that are gone."""
    if state not in _MONEY_CAME:
        return ()
    if payload.raw().get("transactions") is not None:
        rows = list(payload.rows("transactions"))
        return tuple(_single_payments(rows, order_refunds.money_back(payload)))
    paid = _total(payload) - (maybe_shop_amount(payload, "total_outstanding") or ZERO)
    if paid <= 0:
        return ()
    gateways = payload.texts("payment_gateway_names")
    if len(gateways) != 1:
        raise Rejected(
            "The order does not say what was paid through which gateway",
            field="payment_gateway_names",
            said=", ".join(gateways),
            advice="Replay the order so that it is read again with its transactions.",
        )
    key = f"{payload.text('id')}:paid"
    return (OrderPayment(key=key, gateway=gateways[0], amount=paid, is_sum=True),)


def _single_payments(
    rows: Sequence[Payload], back: Mapping[str, Decimal]
) -> Iterator[OrderPayment]:
    for row in rows:
        if row.text("status").lower() != "success" or row.text("kind").lower() not in _MONEY_IN:
            continue
        amount = shop_amount(row, "amount") - back.get(row.text("id"), ZERO)
        if amount > 0:
            yield OrderPayment(
                key=row.text("id"),
                gateway=row.text("gateway"),
                amount=amount,
                transaction_id=row.text("id"),
                paid_at=row.maybe_instant("processed_at"),
            )


def _duties(payload: Payload) -> Decimal:
    return _current(payload, "total_duties") or ZERO


def _total(payload: Payload) -> Decimal:
    total = _current(payload, "total_price")
    return shop_amount(payload, "total_price") if total is None else total


def _current(payload: Payload, name: str) -> Decimal | None:
    """The amount after edits and refunds; bodies too old to have it hold the ordered one."""
    now = maybe_shop_amount(payload, f"current_{name}")
    return maybe_shop_amount(payload, name) if now is None else now


def is_whole(body: Mapping[str, Any]) -> bool:
    """Whether a webhook body says all we need.

    It has no transactions, so a paid order with another number of gateways than one must be read,
    and one whose refunds gave back more or less than they took off; one that cost nothing has none.
    """
    if body.get("financial_status") not in _NEEDS_PAYMENTS:
        return True
    if not ("transactions" in body or order_refunds.is_plain(Payload(body))):
        return False
    total = body.get("current_total_price", body.get("total_price"))
    if total is not None and not Decimal(str(total)):
        return True
    return len(body.get("payment_gateway_names") or ()) == 1 or "transactions" in body


# --- calls ---------------------------------------------------------------------------------------


def changes(client: ShopClient, cursor: str, now: datetime) -> Page:
    """Orders changed since the cursor, oldest change first, whole."""

    def notice(row: Mapping[str, Any]) -> Notice:
        return Notice(
            entity=Entity.ORDER,
            key=str(row["legacyResourceId"]),
            topic="orders/poll",
            version=version(row["updatedAt"]),
            payload=_with_all_lines(client, row),
        )

    # Without status:any the search leaves cancelled and closed orders out.
    return changed(
        client,
        cursor,
        now,
        operation="OrdersPage",
        root="orders",
        extra="status:any",
        notices=lambda row: [notice(row)],
    )


def newest(client: ShopClient, count: int) -> list[str]:
    """Ids of the newest orders, newest first, in whatever state."""
    rows = complete(client.run("OrdersNewest", {"first": count}))["orders"]["nodes"]
    return [str(row["legacyResourceId"]) for row in rows]


def read(client: ShopClient, keys: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Each order as it is now, None for one that is gone. Raises NeedsOwner on a hidden field."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for key in keys:
        row = complete(client.run("OrderOne", {"id": to_gid("Order", key)}))["order"]
        found[key] = None if row is None else _with_all_lines(client, row)
    return found


def _with_all_lines(client: ShopClient, order: Mapping[str, Any]) -> Mapping[str, Any]:
    lines = order["lineItems"]
    nodes, page = list(lines["nodes"]), lines["pageInfo"]
    while page["hasNextPage"]:
        variables = {"id": order["id"], "after": page["endCursor"]}
        more = complete(client.run("OrderLines", variables))["order"]["lineItems"]
        nodes.extend(more["nodes"])
        page = more["pageInfo"]
    return {**order, "lineItems": {"nodes": nodes}}
