"""What a change makes the shop tell its subscribers."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.connectors.shopify.sandbox.bodies import (
    catalogue_bodies,
    order_body,
    people_bodies,
)
from integrations.connectors.shopify.sandbox.records import (
    Customer,
    Fulfillment,
    Level,
    Order,
    Product,
    Refund,
    Transaction,
)
from integrations.connectors.shopify.sandbox.shop import Shop


def order_changed(shop: Shop, order: Order, *topics: str) -> None:
    for topic in topics:
        if shop.wants(topic):
            shop.emit(topic, order_body.order(shop, order))


def money_moved(shop: Shop, order: Order, made: Transaction) -> None:
    """Only of a transaction that has ended, well or badly."""
    if made.status in ("SUCCESS", "FAILURE", "ERROR") and shop.wants("order_transactions/create"):
        shop.emit("order_transactions/create", order_body.transaction(order, made))


def refunded(shop: Shop, order: Order, refund: Refund) -> None:
    if shop.wants("refunds/create"):
        shop.emit("refunds/create", order_body.refund(order, refund))


def shipped(shop: Shop, fulfillment: Fulfillment) -> None:
    if shop.wants("fulfillments/create"):
        shop.emit("fulfillments/create", order_body.fulfillment(shop, fulfillment))


def stock_changed(shop: Shop, levels: Iterable[Level]) -> None:
    """Shopify tells what is available, and nothing of what is on hand."""
    if shop.wants("inventory_levels/update"):
        for level in levels:
            shop.emit("inventory_levels/update", catalogue_bodies.level(level))


def products_ordered(shop: Shop, order: Order) -> None:
    """products/update also fires when a product is ordered (Shopify: products/update topic)."""
    products = {line.variant.product.id: line.variant.product for line in order.lines}
    for product in products.values():
        product_changed(shop, product)


def product_changed(shop: Shop, product: Product, topic: str = "products/update") -> None:
    if shop.wants(topic):
        shop.emit(topic, catalogue_bodies.product(product))


def product_deleted(shop: Shop, product: Product) -> None:
    """Nothing but the id is told of what is gone."""
    if shop.wants("products/delete"):
        shop.emit("products/delete", {"id": product.id})


def customer_changed(shop: Shop, customer: Customer, topic: str) -> None:
    if shop.wants(topic):
        shop.emit(topic, people_bodies.customer(shop, customer))


def uninstalled(shop: Shop) -> None:
    """The token is dead at once and the subscriptions go; one last event says so."""
    if shop.wants("app/uninstalled"):
        shop.emit("app/uninstalled", people_bodies.shop(shop))
    shop.subscriptions.clear()
    shop.tokens.revoke_all()
    shop.is_installed = False
