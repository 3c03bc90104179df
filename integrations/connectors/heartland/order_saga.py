"""The documented way of a web order into Heartland Retail, step by step and resumable.

customer -> address -> order -> lines -> ship-from -> totals compared -> payments -> open -> invoice.
Heartland has no idempotency key: each step looks at what is there before it writes, and each id is
saved before the next step starts. All writes follow one another; parallel ones were seen to fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from integrations.connector_kit.base import Outcome, Receipt
from integrations.connector_kit.errors import Rejected
from integrations.connectors.heartland import people
from integrations.connectors.heartland.address_fields import Place
from integrations.connectors.heartland.answers import Refused
from integrations.connectors.heartland.client import Row, matching
from integrations.connectors.heartland.order_fields import OrderFields
from integrations.connectors.heartland.order_lines import complete_lines
from integrations.connectors.heartland.order_plan import Plan, plan
from integrations.connectors.heartland.order_refunds import contained
from integrations.connectors.heartland.order_run import Run
from integrations.connectors.heartland.order_settlement import (
    check_total,
    invoice,
    pay,
    status_of,
)
from mappings.canonical.record import Entity

ORDERS = "/sales/orders"


def write_new(run: Run) -> Receipt:
    """Brings the order to where the settings want it; safe to call again after any crash.

    Raises Rejected before anything is written for an unknown SKU, and before payment and opening
    when Heartland's total differs from the store's.
    """
    wanted = plan(run.client, run.order, run.settings, run.related)
    found = find_order(run)
    order_id = found or _create(run)
    was_there = bool(found)
    complete_lines(run, order_id, wanted, fresh=not was_there)
    there = run.client.get(f"{ORDERS}/{order_id}", what=run.name)
    check_total(run, there)
    _settle(run, order_id, there, fresh=not was_there)
    made = receipt(run, order_id, wanted, Outcome.CREATED)
    return replace(made, learned=(*made.learned, *contained(run.order)))


def receipt(run: Run, order_id: str, wanted: Plan, outcome: Outcome) -> Receipt:
    return Receipt(
        id=order_id,
        outcome=outcome,
        label=run.order.public_id,
        learned=wanted.learned(run.related),
        touched=tuple((Entity.INVENTORY, item) for item in wanted.items),
    )


def find_order(run: Run) -> str:
    """Id of the order there: from a checkpoint, else by its number; "" when there is none."""
    if run.steps.get("order_id"):
        return run.steps["order_id"]
    rows = run.client.page(ORDERS, (matching({"public_id": run.order.public_id}),))
    if not rows:
        return ""
    _must_be_ours(run, rows[0])
    return run.keep("order_id", str(rows[0]["id"]))


def _must_be_ours(run: Run, row: Row) -> None:
    custom = row.get("custom")
    other = str((custom if isinstance(custom, Mapping) else {}).get("external_order_id") or "")
    if other and other != run.order.external_id:
        raise Rejected(
            f"{run.name}: Heartland already has another order with this number"
            f" (store order {other}).",
            field="public_id",
            said=run.order.public_id,
            advice="Choose another order prefix in the settings of the connection, then replay.",
        )


def _create(run: Run) -> str:
    body: dict[str, object] = {
        "public_id": run.order.public_id,
        "customer_id": int(_customer(run)),
        "station_id": int(run.settings.station_id),
        "source_location_id": int(run.settings.location_id),
        "custom": {**run.order.custom, "external_order_id": run.order.external_id},
    }
    known: dict[Place, str] = {}
    for kind, place in _places(run.order).items():
        known[place] = (
            run.steps.get(f"{kind}_address_id") or known.get(place) or _address(run, place)
        )
        body[f"{kind}_address_id"] = int(run.keep(f"{kind}_address_id", known[place]))
    if run.settings.shipping_is_charge and run.order.shipping_total:
        body["shipping_charge"] = run.order.shipping_total
    try:
        made = run.client.create(ORDERS, body, what=run.name)
    except Refused as refused:
        if refused.about("shipping_charge"):
            refused.advice = (
                "Set shipping to be booked as an item in the settings of the connection, then"
                " replay."
            )
        raise
    return run.keep("order_id", made)


def _customer(run: Run) -> str:
    buyer = run.order.buyer
    linked = run.related.get(f"{Entity.CUSTOMER}:{buyer.key}", "") if buyer.key else ""
    known = run.steps.get("customer_id") or linked
    return run.keep("customer_id", known or people.customer_for(run.client, buyer))


def _places(order: OrderFields) -> dict[str, Place]:
    """The addresses the order can carry. Heartland refuses incomplete ones, so they stay out."""
    both = {"shipping": order.shipping_address, "billing": order.billing_address}
    return {kind: place for kind, place in both.items() if place and place.is_complete}


def _address(run: Run, place: Place) -> str:
    buyer = run.order.buyer
    columns = place.columns(first_name=buyer.first_name, last_name=buyer.last_name)
    if not columns.get("phone") and buyer.phone:
        # Heartland keeps phone numbers on addresses, not on customers.
        columns["phone"] = buyer.phone
    return people.address_id(run.client, run.steps["customer_id"], columns)


def _settle(run: Run, order_id: str, there: Row, *, fresh: bool) -> None:
    pay(run, order_id, fresh=fresh)
    if status_of(there) == "pending":
        run.client.update(f"{ORDERS}/{order_id}", {"status": "open"}, what=run.name)
        run.keep("opened", "yes")
    if run.settings.invoices:
        invoice(run, order_id, fresh=fresh)
