"""Addresses as an order keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.connectors.magento.sandbox.people import buyers
from integrations.connectors.magento.sandbox.records import Address
from integrations.connectors.magento.sandbox.sales.records import OrderAddress

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop


def of_guest(shop: Shop, number: int) -> Address:
    """What a buyer types who has no account."""
    return buyers.address_of(shop, number, identifier=0, customer=0)


def copied(shop: Shop, address: Address, kind: str, email: str) -> OrderAddress:
    """`kind`: "billing" or "shipping"."""
    return OrderAddress(
        id=shop.next_id("order_address"),
        kind=kind,
        firstname=address.firstname,
        lastname=address.lastname,
        street=list(address.street),
        city=address.city,
        postcode=address.postcode or "",
        country_id=address.country_id,
        telephone=address.telephone or "",
        email=email,
        region=address.region or "",
        region_code=address.region_code or "",
        region_id=address.region_id,
        company=address.company or "",
        customer_address_id=address.id if address.customer_id else None,
    )
