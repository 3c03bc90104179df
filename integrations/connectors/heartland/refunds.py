"""Refunds into Heartland Retail."""

from __future__ import annotations

from dataclasses import replace

from integrations.connector_kit.base import Account, Client, Outcome, Outgoing, Receipt, Save
from integrations.connectors.heartland.client import HeartlandClient, client_of
from integrations.connectors.heartland.order_refunds import is_net
from integrations.connectors.heartland.order_settings import DEFAULT_PREFIX
from integrations.connectors.heartland.refund_checks import check_kept
from integrations.connectors.heartland.refund_fields import (
    RefundFields,
    only_adjustment,
    refund_fields,
)
from integrations.connectors.heartland.refund_saga import write_return
from mappings.canonical.record import Entity, Record, Skipped

CONTAINED = "The order came to Heartland after this refund, without what it took back"


def reference(record: Record, account: Account) -> str:
    """The number the return bears in Heartland: "S-1001-R1" for the first refund of "#1001"."""
    number = (record.number or record.key).replace("#", "").strip()
    return account.setting("order_prefix", DEFAULT_PREFIX) + number


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Enters the refund as a return, once. Raises Skipped when its order came without it."""
    refund = refund_fields(outgoing)
    if is_net(outgoing.linked_id):
        if refund.adjustment <= 0:
            _check_kept(client_of(client), outgoing, refund)
            raise Skipped(CONTAINED)
        # The order came without the goods; what was given back beyond them is not booked yet.
        made = write_return(client_of(client), outgoing, only_adjustment(refund), save)
        return replace(made, id=outgoing.linked_id)
    if outgoing.linked_id:
        # A return is a fact: what was entered stays as it is.
        return Receipt(outgoing.linked_id, Outcome.UNCHANGED, label=refund.public_id)
    return write_return(client_of(client), outgoing, refund, save)


def _check_kept(client: HeartlandClient, outgoing: Outgoing, refund: RefundFields) -> None:
    """What was kept of the goods is in the order's payments and in none of its lines; an exchange
    has a new line for it."""
    order_id = outgoing.related.get(f"{Entity.ORDER}:{refund.order_key}", "")
    if refund.adjustment < 0 and order_id:
        check_kept(refund, client.get(f"/sales/orders/{order_id}", what=refund.name))
