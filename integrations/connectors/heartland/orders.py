"""Web orders into Heartland Retail."""

from __future__ import annotations

from integrations.connector_kit.base import Account, Client, Outgoing, Receipt, Save
from integrations.connectors.heartland.client import client_of
from integrations.connectors.heartland.order_changes import cancel, write_linked
from integrations.connectors.heartland.order_fields import CANCELLED, order_fields
from integrations.connectors.heartland.order_plan import plan
from integrations.connectors.heartland.order_run import run_of
from integrations.connectors.heartland.order_saga import write_new
from integrations.connectors.heartland.order_settings import DEFAULT_PREFIX
from mappings.canonical.record import Record


def reference(record: Record, account: Account) -> str:
    """The number the order bears in Heartland: "S-1001" for "#1001"."""
    number = (record.number or record.key).replace("#", "").strip()
    return account.setting("order_prefix", DEFAULT_PREFIX) + number


def rehearse(client: Client, outgoing: Outgoing) -> None:
    """Looks up every article of the order and adds it up, as a write does first. Raises Rejected."""
    order = order_fields(outgoing)
    run = run_of(client_of(client), outgoing, order, _keep_nothing)
    if order.state != CANCELLED:
        plan(run.client, run.order, run.settings, run.related)


def _keep_nothing(step: str, value: str) -> None:
    """A rehearsal makes nothing that could be resumed."""


def write(client: Client, outgoing: Outgoing, save: Save) -> Receipt:
    """Creates the order, brings it up to date, or cancels it; safe to call again after any crash."""
    order = order_fields(outgoing)
    run = run_of(client_of(client), outgoing, order, save)
    if order.state == CANCELLED:
        return cancel(run, outgoing.linked_id)
    if outgoing.linked_id:
        return write_linked(run, outgoing.linked_id)
    return write_new(run)
