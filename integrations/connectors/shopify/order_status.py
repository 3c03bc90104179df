"""How far an order is in the point of sale, kept with the order in Shopify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.payload import Payload
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.gid import to_gid
from integrations.connectors.shopify.polling import complete
from integrations.connectors.shopify.user_errors import refuse
from mappings.canonical.record import Skipped

NAMESPACE = "clarity"
NOT_OURS = "it is no order of the store"


def write(client: ShopClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Metafields and tags of the order, and its cancellation where the settings say so.

    Writes only what differs, so it may be called again. Raises Skipped for an order that never was
    in the store.
    """
    if not outgoing.linked_id:
        raise Skipped(NOT_OURS)
    fields = Payload(outgoing.fields)
    owner = to_gid("Order", outgoing.linked_id)
    order = complete(client.run("OrderStatusRead", {"id": owner}))["order"]
    if order is None:
        raise Rejected(
            f"The order {outgoing.linked_id} is not in the store any more.",
            field="id",
            said=outgoing.linked_id,
            advice="Leave it as it is in the point of sale; nothing needs to be done here.",
        )
    done = [
        _keep_metafields(client, owner, order, fields.maybe_child("metafields")),
        _add_tags(client, owner, order, fields.texts("tags")),
        fields.flag("cancelled", default=False) and _cancel(client, owner, order, outgoing),
    ]
    outcome = Outcome.UPDATED if any(done) else Outcome.UNCHANGED
    return Receipt(outgoing.linked_id, outcome, label=order["name"])


def _keep_metafields(
    client: ShopClient, owner: str, order: Mapping[str, Any], wanted: Payload | None
) -> bool:
    there = {row["key"]: row["value"] for row in order["metafields"]["nodes"]}
    given = {} if wanted is None else {key: wanted.maybe_text(key) for key in wanted.raw()}
    news = {key: value for key, value in given.items() if value and there.get(key) != value}
    if not news:
        return False
    rows = [
        {
            "ownerId": owner,
            "namespace": NAMESPACE,
            "key": key,
            "type": "single_line_text_field",
            "value": value,
        }
        for key, value in news.items()
    ]
    refuse(client.run("MetafieldsSet", {"metafields": rows}).data["metafieldsSet"], "metafields")
    return True


def _add_tags(client: ShopClient, owner: str, order: Mapping[str, Any], tags: list[str]) -> bool:
    """Tags are added and never taken away: people have their own."""
    news = [tag for tag in tags if tag and tag not in order["tags"]]
    if news:
        refuse(client.run("TagsAdd", {"id": owner, "tags": news}).data["tagsAdd"], "tags")
    return bool(news)


def _cancel(client: ShopClient, owner: str, order: Mapping[str, Any], outgoing: Outgoing) -> bool:
    """No money goes back and no stock: the first is a person's choice, the second the till's."""
    chosen = client.account.setting("cancelled_at_pos", "mark")
    if chosen != "cancel" or order["cancelledAt"] is not None:
        return False
    note = f"Cancelled in the point of sale ({outgoing.reference})"[:255]
    made = client.run("OrderCancel", {"id": owner, "note": note}).data["orderCancel"]
    errors = made["orderCancelUserErrors"]
    if errors:
        said = "; ".join(str(error["message"]) for error in errors)
        raise Rejected(
            f"Shopify does not cancel the order {order['name']}: {said}",
            field="cancelled",
            said=said,
            advice="Cancel it in Shopify by hand, or take up the order again in the point of sale.",
        )
    return True
