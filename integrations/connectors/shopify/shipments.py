"""Shipments as a target: what left the house becomes fulfilments of the Shopify order.

Shopify: fulfillmentCreate. It has no idempotency key and takes one location a call, so each call
is announced by a checkpoint first and looked for before it is made again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.fulfilment_plan import (
    Call,
    Part,
    Units,
    plan,
    shipped_by,
    vanished,
)
from integrations.connectors.shopify.gid import to_gid, to_number
from integrations.connectors.shopify.polling import complete
from integrations.connectors.shopify.user_errors import refuse, user_errors
from mappings.canonical.record import Entity

# Shopify may tell of an order before it can be read; only then is it taken to be gone.
LOOKS_FOR_ORDER = 6

_ANNOUNCED, _CREATED = "announced:", "created:"


def write(client: ShopClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Fulfils the shipped units, one fulfilment a location. May be called again after any crash.

    Raises Rejected when the order cannot be fulfilled as asked (on hold, cancelled, another SKU).
    """
    order = _order(client, outgoing)
    numbers = [parcel["number"] for parcel in _parcels(outgoing.fields)]
    ids = _saved(outgoing, _CREATED)
    own = _made_earlier(outgoing, order, list(ids.values()), numbers)
    left = _wanted(outgoing.fields) - own
    made = []
    for call in plan(order, left, own):
        save(f"{_ANNOUNCED}{call.location}", json.dumps([asdict(part) for part in call.parts]))
        identifier = _create(client, outgoing.fields, call)
        save(f"{_CREATED}{call.location}", identifier)
        made.append(identifier)
    everything = [*ids.values(), *made]
    return Receipt(
        id=to_number(everything[0] if everything else str(order["id"])),
        outcome=Outcome.CREATED if everything else Outcome.UNCHANGED,
        label=", ".join(numbers) or str(order["name"]),
    )


def _order(client: ShopClient, outgoing: Outgoing) -> Mapping[str, Any]:
    linked = [key for name, key in outgoing.related.items() if name.startswith(f"{Entity.ORDER}:")]
    if len(linked) != 1:
        raise Rejected(
            "The shipment is not linked to a Shopify order",
            field="order_key",
            advice="Link the order of this shipment to its Shopify order, then replay.",
        )
    variables = {"id": to_gid("Order", linked[0])}
    order: Mapping[str, Any] | None = complete(client.run("ShipmentOrder", variables))["order"]
    if order is None and outgoing.attempt <= LOOKS_FOR_ORDER:
        raise TryLater("The linked order cannot be read in Shopify yet.", of_record=True)
    if order is None:
        raise Rejected(
            "The linked order is not in Shopify",
            field="order_key",
            said=linked[0],
            advice="The order was deleted, or is older than the app may see (60 days).",
        )
    return order


def _wanted(fields: Mapping[str, Any]) -> Units:
    found: Units = Counter()
    for index, line in enumerate(fields.get("lines") or ()):
        sku, quantity = str(line.get("sku") or ""), line.get("quantity")
        if not sku or not isinstance(quantity, int) or quantity < 1:
            raise Rejected(
                f"lines[{index}] needs a SKU and a whole number of units",
                field=f"lines[{index}]",
                said=f"{sku}: {quantity}",
                advice="Correct the shipment in the point of sale, then replay.",
            )
        found[sku] += quantity
    if not found:
        raise Rejected(
            "The shipment has no lines", field="lines", advice="Nothing to fulfil; dismiss it."
        )
    return found


def _made_earlier(
    outgoing: Outgoing, order: Mapping[str, Any], ids: Sequence[str], numbers: Sequence[str]
) -> Units:
    """What this shipment has fulfilled already, an earlier attempt without an answer included."""
    found = shipped_by(order, ids=ids, numbers=numbers)
    if numbers:
        # A lost call carries the tracking number, so it was found with certainty above.
        return found
    created = _saved(outgoing, _CREATED)
    for location, text in _saved(outgoing, _ANNOUNCED).items():
        if location not in created:
            found += vanished(order, [Part(**part) for part in json.loads(text)])
    return found


def _saved(outgoing: Outgoing, prefix: str) -> dict[str, str]:
    return {
        step.removeprefix(prefix): str(value)
        for step, value in outgoing.progress.items()
        if step.startswith(prefix)
    }


def _create(client: ShopClient, fields: Mapping[str, Any], call: Call) -> str:
    given: dict[str, Any] = {
        "lineItemsByFulfillmentOrder": call.lines(),
        "notifyCustomer": _notify(client, fields),
    }
    tracking = _tracking(_parcels(fields))
    if tracking:
        given["trackingInfo"] = tracking
    payload = client.run("FulfillmentCreate", {"fulfillment": given}).data["fulfillmentCreate"]
    said = " ".join(str(error.get("message")) for error in user_errors(payload))
    if "Invalid fulfillment order line item quantity" in said:
        raise TryLater("The order changed in Shopify while it was being fulfilled.", after=5)
    refuse(
        payload,
        "fulfilment",
        advice="Open the order in Shopify: release a hold or undo a cancellation, then replay.",
    )
    return str(payload["fulfillment"]["id"])


def _notify(client: ShopClient, fields: Mapping[str, Any]) -> bool:
    asked = fields.get("notify_customer")
    if isinstance(asked, bool):
        return asked
    return client.account.setting("notify_customer", "no") == "yes"


def _parcels(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = (
        {
            "company": str(parcel.get("carrier") or ""),
            "number": str(parcel.get("tracking_number") or ""),
            "url": str(parcel.get("tracking_url") or ""),
        }
        for parcel in fields.get("parcels") or ()
    )
    return [row for row in rows if row["number"]]


def _tracking(parcels: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """FulfillmentTrackingInput: the single fields for one parcel, the lists for several."""
    if not parcels:
        return {}
    if len(parcels) == 1:
        return {name: value for name, value in parcels[0].items() if value}
    found: dict[str, Any] = {"numbers": [parcel["number"] for parcel in parcels]}
    # A list of links must match the numbers one by one, so it is all of them or none.
    if all(parcel["url"] for parcel in parcels):
        found["urls"] = [parcel["url"] for parcel in parcels]
    companies = {parcel["company"] for parcel in parcels}
    if len(companies) == 1 and companies != {""}:
        found["company"] = companies.pop()
    return found
