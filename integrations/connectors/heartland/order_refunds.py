"""How orders and refunds keep out of each other's way, so that no money is booked twice.

An order that comes after a refund comes without what it took back: its refund is linked to a name
of its own (`net-...`) with the order, in one transaction, and is left out from then on. Any other
refund is a return ticket of its own, and its order stays as it was delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from integrations.connector_kit.base import Learned
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland.client import HeartlandClient, matching
from mappings.canonical.record import Entity

_NET = "net-"


def net_id(refund_key: str) -> str:
    """What a refund is linked to that its order came without."""
    return _NET + refund_key


def is_net(linked_id: str) -> bool:
    return linked_id.startswith(_NET)


def contained(refund_keys: Iterable[str]) -> tuple[Learned, ...]:
    """The links to learn with an order that was entered without what these refunds took back."""
    return tuple(Learned(Entity.REFUND, key, net_id(key)) for key in refund_keys)


def is_contained(refund_key: str, related: Mapping[str, str]) -> bool:
    return is_net(related.get(f"{Entity.REFUND}:{refund_key}", ""))


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
