"""Binds the parts of this folder to the contract."""

from __future__ import annotations

from pathlib import Path

from integrations.connector_kit.base import Connector, Consent, EntityPort
from integrations.connector_kit.manifest import load
from integrations.connector_kit.money import MoneyPort
from integrations.connectors.shopify import (
    admin_pages,
    audit,
    auth,
    backfill,
    customer_writing,
    customers,
    gift_cards,
    inventory,
    money,
    order_status,
    orders,
    own_fields,
    payments,
    polling,
    privacy,
    probe,
    product_writing,
    products,
    refund_writing,
    refunds,
    shipments,
    stock,
    survey,
    webhooks,
)
from integrations.connectors.shopify.client import ShopClient
from mappings.canonical.record import Entity

CONNECTOR = Connector(
    manifest=load(Path(__file__).parent),
    open=ShopClient,
    probe=probe.probe,
    entities={
        Entity.ORDER: EntityPort(
            normalise=orders.normalise,
            changes=orders.changes,
            places=polling.PLACES,
            read=orders.read,
            newest=orders.newest,
            write=order_status.write,
        ),
        Entity.REFUND: EntityPort(
            normalise=refunds.normalise,
            changes=refunds.changes,
            places=polling.PLACES,
            read=refunds.read,
            write=refund_writing.write,
        ),
        Entity.GIFT_CARD: EntityPort(
            normalise=gift_cards.normalise,
            changes=gift_cards.changes,
            places=gift_cards.PLACES,
            read=gift_cards.read,
            write=gift_cards.write,
        ),
        Entity.CUSTOMER: EntityPort(
            normalise=customers.normalise,
            changes=customers.changes,
            places=polling.PLACES,
            read=customers.read,
            write=customer_writing.write,
            pages=backfill.customer_pages,
            count=backfill.count_customers,
            calls_per_write=customer_writing.CALLS_PER_WRITE,
        ),
        Entity.PRODUCT: EntityPort(
            normalise=products.normalise,
            changes=products.changes,
            places=polling.PLACES,
            read=products.read,
            pages=backfill.product_pages,
            count=backfill.count_products,
            write_many=product_writing.write_many,
            batch_size=product_writing.BATCH_SIZE,
            calls_per_write=product_writing.CALLS_PER_WRITE,
            shelf=audit.shelf,
            search=audit.search,
        ),
        Entity.INVENTORY: EntityPort(
            normalise=stock.normalise,
            read=stock.read,
            write_many=inventory.write_many,
            survey=survey.survey,
            listing=backfill.listing,
            count=backfill.count_articles,
            batch_size=inventory.BATCH_SIZE,
        ),
        Entity.PAYMENT: EntityPort(
            normalise=payments.normalise,
            changes=payments.changes,
            places=polling.PLACES,
            read=payments.read,
        ),
        Entity.SHIPMENT: EntityPort(write=shipments.write),
    },
    verify=webhooks.verify,
    notices=webhooks.notices,
    subscribe=webhooks.subscribe,
    subscriptions=webhooks.subscriptions,
    unsubscribe=webhooks.unsubscribe,
    privacy=privacy.PORT,
    choices=probe.choices,
    refresh=ShopClient.refresh,
    audit=audit.audit,
    fields=own_fields.fields,
    record_url=admin_pages.record_url,
    close=ShopClient.close,
    money=MoneyPort(movements=money.movements, orders=money.orders, zone=money.zone),
    consent=Consent(place=auth.place, url=auth.consent_url, grant=auth.grant),
    sandbox="integrations.connectors.shopify.sandbox.app:create",
    witness="integrations.connectors.shopify.sandbox.witness:Witness",
)
