"""How orders and refunds keep out of each other's way, so that no money is booked twice.

An order that comes after a refund comes without what it took back: its refund is linked to a name
of its own (`net-...`) with the order, in one transaction, and is left out from then on. Any other
refund is a return ticket of its own, and its order stays as it was delivered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from integrations.connector_kit.base import Learned
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.client import HeartlandClient, matching
from integrations.connectors.heartland.order_fields import OrderFields, TakenOff
from mappings.canonical.record import Entity

_NET = "net-"


def net_id(refund_key: str) -> str:
    """What a refund is linked to that its order came without."""
    return _NET + refund_key


def is_net(linked_id: str) -> bool:
    return linked_id.startswith(_NET)


def contained(order: OrderFields) -> tuple[Learned, ...]:
    """The links to learn with an order that was entered without what its refunds took back."""
    return tuple(
        Learned(Entity.REFUND, refund.key, net_id(refund.key))
        for refund in order.refunds
        if refund.key
    )


def total_there(order: OrderFields, related: Mapping[str, str]) -> Decimal:
    """What an order that was sent before comes to there: refunds since then are returns.

    `related`: ids there of linked refunds, keyed "refund:<key in the store>".
    """
    return sum((refund.amount for refund in _since(order, related)), order.total)


def money_since(order: OrderFields, related: Mapping[str, str]) -> Decimal:
    """What those refunds took off the payments of the order, whose rows there stay as they are."""
    return sum((refund.money for refund in _since(order, related)), Decimal(0))


def _since(order: OrderFields, related: Mapping[str, str]) -> list[TakenOff]:
    return [
        refund
        for refund in order.refunds
        if not is_net(related.get(f"{Entity.REFUND}:{refund.key}", ""))
    ]


def must_have_no_returns(client: HeartlandClient, sales: Sequence[str], name: str) -> None:
    """Raises Rejected when a return of one of these sales was entered: cancelling books it twice."""
    parents = {"parent_transaction_id": {"$in": [int(sale) for sale in sales]}}
    rows = client.every("/sales/tickets", (matching(parents),))
    there = [
        str(row.get("public_id") or row["id"])
        for row in rows
        if str(row.get("type")).lower() == "return" and not row.get("voided?")
    ]
    if there:
        raise Rejected(
            f"{name} was cancelled in the store, and {', '.join(there)} has taken a part of it back"
            " already; voiding it would give that part back twice.",
            field="state",
            said="cancelled",
            advice="Take the rest of the goods back as a return in Heartland.",
        )
