"""Returns at the till as refunds of the Shopify order.

Shopify: refundCreate, which takes an idempotency key. The note of the refund bears the id of the
return, and is looked for before anything is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import complete
from integrations.connectors.shopify.refund_mark import marked, note_of
from integrations.connectors.shopify.refund_plan import Wanted, money, refund_lines, wanted_of
from integrations.connectors.shopify.user_errors import refuse, user_errors
from mappings.canonical.record import Entity, Skipped

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_KEYS = uuid.UUID("0d0f8a55-6f38-4f0c-9d3b-0f6f4b1a6c11")
_BUSY = "concurrent"
# A key whose first use broke down is spent; what it did is looked for before another one is used.
_SPENT = "new idempotency key"


def write(client: ShopClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Enters the return as a refund, once; may be called again after any crash.

    Raises Rejected when the order has not as many units left, or comes to another amount, and
    Skipped when there is nothing to enter.
    """
    wanted = wanted_of(outgoing)
    order = _order(client, outgoing)
    label = str(order["name"])
    if outgoing.linked_id:
        return Receipt(outgoing.linked_id, Outcome.UNCHANGED, label=label)
    found = _find(order, outgoing.key)
    if found:
        return Receipt(found, Outcome.CREATED, label=label)
    given = _input(client, outgoing, order, wanted)
    return Receipt(_create(client, outgoing, given, save), Outcome.CREATED, label=label)


def _order(client: ShopClient, outgoing: Outgoing) -> Mapping[str, Any]:
    linked = [key for name, key in outgoing.related.items() if name.startswith(f"{Entity.ORDER}:")]
    if len(linked) != 1:
        raise Rejected(
            "The return is not linked to a Shopify order",
            field="order_key",
            advice="Link the order of this return to its Shopify order, then replay.",
        )
    identifier = to_gid("Order", linked[0])
    order = complete(client.run("RefundOrder", {"id": identifier}))["order"]
    if order is None:
        raise Rejected(
            "The linked order is not in Shopify",
            field="order_key",
            said=linked[0],
            advice="The order was deleted, or is older than the app may see (60 days).",
        )
    if order["cancelledAt"]:
        raise Skipped("The order was cancelled in Shopify, which takes all of it back")
    lines = order["lineItems"]
    nodes, page = list(lines["nodes"]), lines["pageInfo"]
    while page["hasNextPage"]:
        variables = {"id": identifier, "after": page["endCursor"]}
        more = complete(client.run("RefundOrderLines", variables))["order"]["lineItems"]
        nodes.extend(more["nodes"])
        page = more["pageInfo"]
    return {**order, "lineItems": nodes}


def _find(order: Mapping[str, Any], key: str) -> str:
    """Id of the refund that was made for this return, "" when there is none."""
    for refund in order["refunds"]:
        if marked(refund["note"]) == key:
            return str(refund["legacyResourceId"])
    return ""


def _input(
    client: ShopClient, outgoing: Outgoing, order: Mapping[str, Any], wanted: Wanted
) -> dict[str, Any]:
    account = client.account
    lines = refund_lines(order, wanted, outgoing.related, account.setting("location_id"))
    moves_money = account.setting("till_return_money", "record") == "give_back"
    if not (lines or wanted.shipping or moves_money):
        raise Skipped("It names no article of the order, and the money was given back at the till")
    given: dict[str, Any] = {
        "orderId": order["id"],
        "note": note_of(wanted.number, outgoing.key, wanted.note),
        "notify": False,
        "refundLineItems": lines,
    }
    if wanted.shipping:
        given["shipping"] = {"amount": str(wanted.shipping)}
    if lines or wanted.shipping:
        _check_amount(client, order, wanted, lines)
    if moves_money and wanted.total > 0:
        given["transactions"] = money(order, wanted)
        if wanted.adjustment:
            given["discrepancyReason"] = "OTHER"
    return given


def _check_amount(
    client: ShopClient,
    order: Mapping[str, Any],
    wanted: Wanted,
    lines: Sequence[Mapping[str, Any]],
) -> None:
    """Raises Rejected when Shopify reckons another amount for these goods and this shipping."""
    bare = [{name: row[name] for name in ("lineItemId", "quantity")} for row in lines]
    variables = {"id": order["id"], "lines": bare, "shipping": str(wanted.shipping)}
    found = complete(client.run("RefundSuggested", variables))["order"]["suggestedRefund"]
    theirs = Payload(found).child("amountSet").child("shopMoney").decimal("amount")
    ours = wanted.total - wanted.adjustment
    if abs(theirs - ours) >= _CENT:
        raise Rejected(
            f"Return {wanted.number} of order {order['name']}: the till gave back {ours} for these"
            f" articles, Shopify comes to {theirs}.",
            field="total",
            said=f"till {ours}, Shopify {theirs}, difference {theirs - ours}",
            advice=f"Till: {wanted.arithmetic()}. Correct the return at the till, or enter the"
            " refund in Shopify by hand and dismiss this record.",
        )


def _create(client: ShopClient, outgoing: Outgoing, given: Mapping[str, Any], save: Save) -> str:
    use = int(outgoing.progress.get("key_use") or 1)
    key = str(uuid.uuid5(_KEYS, f"{outgoing.delivery_id}/{use}"))
    payload = client.run("RefundCreate", {"input": given, "key": key}).data["refundCreate"]
    said = " ".join(str(error.get("message")) for error in user_errors(payload)).lower()
    if _BUSY in said:
        raise TryLater("Shopify is still at work on this refund.", after=5, of_record=True)
    if _SPENT in said or "different operation parameters" in said:
        save("key_use", str(use + 1))
        raise TryLater("Shopify lost the first attempt at this refund.", after=5, of_record=True)
    refuse(
        payload,
        "refund",
        advice="Compare the order in Shopify with the return at the till, then replay.",
    )
    return str(payload["refund"]["legacyResourceId"])
