"""Returns at the till as credit memos of the Magento order.

Magento: POST /V1/order/{id}/refund, offline, because the till has given the money back; online by
POST /V1/invoice/{id}/refund only where the setting says that it has not. Neither has an idempotency
key: the comment of the credit memo bears our mark, and is looked for before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connectors.magento import order_refunds, order_shape
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.marks import RETURN, comment_of, marks
from integrations.connectors.magento.order_documents import documents, linked_order
from integrations.connectors.magento.patience import noting, wait_for_earlier
from integrations.connectors.magento.refund_plan import (
    Memo,
    Prices,
    Wanted,
    memo_of,
    prices_of,
    wanted_of,
)
from integrations.connectors.magento.sold_rows import rows_of
from mappings.canonical.record import Skipped

ZERO = Decimal(0)
_PAID = 2


def write(client: StoreClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Enters the return as a credit memo, once; may be called again after any crash.

    Raises Rejected when the order has not as many units left, or comes to another amount, and
    Skipped when there is nothing to enter.
    """
    wanted = wanted_of(outgoing)
    order = linked_order(client, outgoing, "return")
    label = str(order["increment_id"])
    if outgoing.linked_id:
        return Receipt(outgoing.linked_id, Outcome.UNCHANGED, label=label)
    found = _find(client, order, outgoing.key)
    if found is None:
        _refuse_cancelled(order)
        prices = _prices(client, order, wanted)
        memo = _memo(order, wanted, outgoing, prices)
        wait_for_earlier(outgoing)
        identifier = noting(save, lambda: _create(client, outgoing, order, wanted, memo, prices))
        save("creditmemo_id", identifier)
        found = client.get(f"creditmemo/{identifier}")
    if "checked" not in outgoing.progress:
        save("checked", "yes")
        _check(client, order, found, wanted)
    return Receipt(str(found["entity_id"]), Outcome.CREATED, label=label)


def _find(client: StoreClient, order: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """The credit memo that was made for this return. A new order has none to look through."""
    if not order_refunds.needs_memos(Payload(order)):
        return None
    memos = documents(client, "creditmemos", order)
    return next((memo for memo in memos if key in marks(memo, RETURN)), None)


def _refuse_cancelled(order: Mapping[str, Any]) -> None:
    if order.get("state") == "canceled":
        raise Skipped("The order was cancelled in Magento, which takes all of it back")


def _memo(order: Mapping[str, Any], wanted: Wanted, outgoing: Outgoing, prices: Prices) -> Memo:
    if wanted.total <= 0:
        raise Skipped(
            "The goods were exchanged and no money was given back; Magento keeps no credit memo of"
            " nothing"
        )
    return memo_of(order, wanted, outgoing.related, prices)


def _create(
    client: StoreClient,
    outgoing: Outgoing,
    order: Mapping[str, Any],
    wanted: Wanted,
    memo: Memo,
    prices: Prices,
) -> str:
    invoice = ""
    words = wanted.note or f"Return {wanted.number} at the till"
    if _moves_money(client, order):
        invoice = _invoice(client, order, wanted, prices)
    elif _gives_back(client):
        words += f". Paid by {order_shape.method(Payload(order))}: give the money back by hand"
    given = _given(outgoing, words, memo, prices)
    path = f"order/{order['entity_id']}/refund"
    if invoice:
        path, given = f"invoice/{invoice}/refund", {**given, "isOnline": True}
    try:
        return str(client.post(path, given))
    except Rejected as refused:
        _was_overtaken(client, order)
        raise Rejected(
            f"Magento makes no credit memo for order {order['increment_id']}: {refused.said}",
            field="body",
            said=refused.said,
            advice="Compare the order in Magento with the return at the till. Enter the refund in"
            " Magento by hand and dismiss this record, or replay it once the order allows it.",
        ) from refused


def _given(outgoing: Outgoing, words: str, memo: Memo, prices: Prices) -> dict[str, Any]:
    if memo.rounding:
        words += f" (rounding {memo.rounding:+})"
    more = memo.adjustment + memo.rounding
    arguments: dict[str, Any] = {
        # Left out, all shipping that is left would go back.
        "shipping_amount": prices.to_base(memo.shipping),
        "adjustment_positive": prices.to_base(max(more, ZERO)),
        "adjustment_negative": prices.to_base(max(-more, ZERO)),
    }
    if memo.restock:
        arguments["extension_attributes"] = {"return_to_stock_items": list(memo.restock)}
    return {
        "items": [{"order_item_id": item, "qty": units} for item, units in memo.items.items()],
        "notify": False,
        "appendComment": False,
        "comment": {
            "comment": comment_of(RETURN, outgoing.key, words),
            "is_visible_on_front": 0,
        },
        "arguments": arguments,
    }


def _invoice(client: StoreClient, order: Mapping[str, Any], wanted: Wanted, prices: Prices) -> str:
    """The paid invoice the money goes back from. Raises Rejected when no single one has enough."""
    paid = [
        row for row in documents(client, "invoices", order) if int(row.get("state") or 0) == _PAID
    ]
    enough = [row for row in paid if prices.of(Payload(row), "grand_total") >= wanted.total]
    if len(paid) != 1 or not enough:
        raise Rejected(
            f"Return {wanted.number}: order {order['increment_id']} has {len(paid)} paid invoices,"
            f" and the {wanted.total} must go back from one that can be told",
            field="total",
            said=str(wanted.total),
            advice="Make the credit memo in Magento by hand, from the invoice it belongs to, and"
            " dismiss this record.",
        )
    return str(enough[0]["entity_id"])


def _was_overtaken(client: StoreClient, order: Mapping[str, Any]) -> None:
    """Raises TryLater when the order was refunded while we wrote: perhaps by an earlier attempt."""
    now = client.get(f"orders/{order['entity_id']}")
    if _refunded(now) != _refunded(order):
        raise TryLater(
            "The order changed in Magento while the return was entered.", after=5, of_record=True
        )


def _refunded(order: Mapping[str, Any]) -> tuple[Any, ...]:
    return (order.get("base_total_refunded"), *(row.refunded for row in rows_of(order)))


def _check(
    client: StoreClient, order: Mapping[str, Any], memo: Mapping[str, Any], wanted: Wanted
) -> None:
    """Raises Rejected once when the credit memo stands there, but not as the till has it."""
    prices = _prices(client, order, wanted)
    # With what went back to gift cards and store credit, which its total is without.
    made = order_refunds.memo(Payload(memo), Payload(order), prices.books, ()).total
    number = memo.get("increment_id")
    if made != wanted.total:
        raise Rejected(
            f"Credit memo {number} was entered for return {wanted.number}, but Magento made it"
            f" {made} and the till gave back {wanted.total}",
            field="total",
            said=f"till {wanted.total}, Magento {made}",
            advice="Correct the difference in Magento by hand. A replay then closes this record and"
            " writes nothing.",
        )
    if not _moves_money(client, order):
        return
    now = Payload(client.get(f"orders/{order['entity_id']}"))
    if prices.of(now, "total_online_refunded") < prices.of(Payload(memo), "grand_total"):
        raise Rejected(
            f"Credit memo {number} was entered for return {wanted.number}, but the payment service"
            f" gave no money back; the buyer still waits for {made} {prices.currency}",
            field="total",
            said=str(made),
            advice="Give the money back at the payment service by hand. A replay then closes this"
            " record and writes nothing.",
        )


def _moves_money(client: StoreClient, order: Mapping[str, Any]) -> bool:
    return _gives_back(client) and not order_shape.is_offline(Payload(order), client.account)


def _gives_back(client: StoreClient) -> bool:
    return client.account.setting("till_return_money", "record") == "give_back"


def _prices(client: StoreClient, order: Mapping[str, Any], wanted: Wanted) -> Prices:
    return prices_of(order, wanted, client.account)
