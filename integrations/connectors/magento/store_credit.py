"""Store credit of Adobe Commerce: what a customer has left, where the shop tells it.

Magento: customers/{id}/balance/{website}, new in 2.4.9. No version lets it be written, so it stays in
the shop; what an order was paid with by it is a payment like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from integrations.connector_kit.audit import Finding, Weight
from integrations.connectors.magento.answers import NoRoute, NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria
from integrations.connectors.magento.shape import STORE_CREDIT
from integrations.connectors.magento.websites import website_id

_CUSTOMERS = "customers/search"


def is_wanted(client: StoreClient) -> bool:
    """Whether the balance is read with each customer."""
    return client.account.setting("store_credit", "leave") == "read"


def balance_of(client: StoreClient, customer: str) -> Decimal | None:
    """What is left, in the base currency of the website; None where the shop does not tell it."""
    website = website_id(client)
    if website is None or not client.shape.has(STORE_CREDIT):
        return None
    try:
        row = client.get(f"customers/{customer}/balance/{website}")
    except NotFound:
        return None
    return Decimal(str(row.get("amount") or 0)).quantize(Decimal("0.01"))


def findings(client: StoreClient) -> Sequence[Finding]:
    """Where customers have store credit: that it stays in the shop, and whether it can be read."""
    if not client.shape.has(STORE_CREDIT):
        return []
    told = (
        "can be read, and" if _is_told(client) else "can be read from Magento 2.4.9 on alone, and"
    )
    return [
        Finding(
            kind="store_credit",
            said=f"Customers of the shop may have store credit. It {told} no version of Magento lets it"
            " be changed from outside, so it stays in the shop.",
            fix="Nothing needs to be done: what an order was paid with by store credit arrives as a"
            " payment, and the setting “Store credit” reads what a customer has left. Give refunds of the till as money or on a gift card.",
            weight=Weight.NOTICE,
        )
    ]


def _is_told(client: StoreClient) -> bool:
    """Asked of any customer: a shop that lacks the call knows no such address."""
    criteria = Criteria(sort=(("entity_id", "DESC"),), size=1, fields="items[id],total_count")
    rows = client.search(_CUSTOMERS, criteria).items
    website = website_id(client)
    if not rows or website is None:
        return False
    try:
        client.get(f"customers/{rows[0]['id']}/balance/{website}")
    except NoRoute:
        return False
    except NotFound:
        # The customer has none; the call is there.
        return True
    return True
