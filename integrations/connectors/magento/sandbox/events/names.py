"""What an event of the shop is called by each module that sends events."""

from __future__ import annotations

# Mage-OS async events: the names its common events module declares.
ASYNC_NAMES = frozenset(
    {
        "sales.order.created",
        "sales.order.updated",
        "sales.order.cancelled",
        "sales.invoice.created",
        "sales.invoice.paid",
        "sales.shipment.created",
        "sales.shipment.updated",
        "sales.creditmemo.created",
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.address.created",
        "customer.address.updated",
        "catalog.product.created",
        "catalog.product.updated",
    }
)

# Adobe I/O Events name the observer that saw the save.
_IO = {
    "sales.order": "observer.sales_order_save_commit_after",
    "sales.invoice": "observer.sales_order_invoice_save_after",
    "sales.shipment": "observer.sales_order_shipment_save_after",
    "sales.creditmemo": "observer.sales_order_creditmemo_save_after",
    "customer": "observer.customer_save_commit_after",
    "catalog.product": "observer.catalog_product_save_commit_after",
}
# Mageplaza's hook types; an order's hook fires whenever the order is saved.
_MAGEPLAZA = {
    "sales.order.created": "order",
    "sales.order.updated": "order",
    "sales.invoice.created": "new_invoice",
    "sales.shipment.created": "new_shipment",
    "sales.creditmemo.created": "new_creditmemo",
    "customer.created": "new_customer",
    "customer.updated": "update_customer",
    "customer.deleted": "delete_customer",
    "catalog.product.created": "new_product",
    "catalog.product.updated": "update_product",
    "catalog.product.deleted": "delete_product",
}
HOOK_TYPES = frozenset((*_MAGEPLAZA.values(), "new_order_comment"))


def subject(event: str) -> str:
    """ "sales.order" of "sales.order.created"."""
    return event.rpartition(".")[0]


def io_name(event: str) -> str:
    """ "" for an event that Adobe's module does not send: a deletion is no save."""
    return "" if event.endswith(".deleted") else _IO.get(subject(event), "")


def hook_type(event: str) -> str:
    """ "" for an event without a hook."""
    return _MAGEPLAZA.get(event, "")
