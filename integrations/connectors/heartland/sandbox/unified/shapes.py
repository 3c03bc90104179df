"""How the state looks in PascalCase."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.heartland.sandbox.state import documents, tickets
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.values import Row

STATUS = {"pending": "Draft", "open": "Open", "closed": "Fulfilled", "complete": "Fulfilled"}


def order(account: Account, row: Row) -> Row:
    """A web order, or a finished sale at the till (`Channel` store)."""
    return {
        "OrderID": row["public_id"],
        "CustomerID": _customer_id(account, row["customer_id"]),
        "OrderDate": row["completed_at"] if "type" in row else row["created_at"],
        "Status": STATUS.get(row["status"], "Cancelled"),
        "PaymentStatus": payment_status(account, row),
        "TotalAmount": row["total"],
        "ShippingAmount": row["shipping_charge"],
        "TaxAmount": row["_tax_total"],
        "AmountPaid": row["total_paid"],
        "Channel": "store" if "type" in row else "online",
        "LocationID": str(row["source_location_id"]),
        "LineItems": [_line(line) for line in documents.lines_of(account, row)],
        "ShippingAddress": address(account, row.get("shipping_address_id")),
        "BillingAddress": address(account, row.get("billing_address_id")),
        "CustomFields": row["custom"],
        "CreatedAt": row["created_at"],
        "UpdatedAt": row["updated_at"],
    }


def _line(line: Row) -> Row:
    discounted = bool(line["_discount"])
    return {
        "SKU": line["item_public_id"],
        "Description": line["description"],
        "Quantity": line["qty"],
        "Price": line["unit_price"] if discounted else line["adjusted_unit_price"],
        "Tax": line["_tax"],
        "Discount": line["_discount"],
    }


def refunded(account: Account, row: Row) -> Decimal:
    """What finished returns of this sale gave back."""
    family = {row["id"]} | {
        invoice["id"] for invoice in account.invoices.values() if invoice["order_id"] == row["id"]
    }
    return -sum(
        (
            ticket["total_paid"]
            for ticket in account.tickets.values()
            if ticket["parent_transaction_id"] in family and ticket["status"] == tickets.COMPLETE
        ),
        Decimal("0.00"),
    )


def payment_status(account: Account, row: Row) -> str:
    """pending, partially_paid, paid, failed, partially_refunded or refunded."""
    back = refunded(account, row)
    if back > 0:
        return "refunded" if back >= row["total_paid"] else "partially_refunded"
    if row["total_paid"] >= row["total"] and row["total_paid"] > 0:
        return "paid"
    if row["total_paid"] > 0:
        return "partially_paid"
    return "failed" if row.get("_payment_failed") else "pending"


def customer(account: Account, row: Row) -> Row:
    found = address(account, row["address_id"]) or {}
    return {
        "CustomerID": row["public_id"],
        "FirstName": row["first_name"],
        "LastName": row["last_name"],
        "Email": row["email"],
        "Phone": found.get("Phone"),
        "Active": row["active?"],
        "Address": found or None,
        "CustomFields": row["custom"],
        "CreatedAt": row["created_at"],
        "UpdatedAt": row["updated_at"],
    }


def address(account: Account, address_id: int | None) -> Row | None:
    """One street line: the fields of this flavour are single-line."""
    if address_id is None:
        return None
    row = account.addresses[address_id]
    return {
        "Name": " ".join(part for part in (row["first_name"], row["last_name"]) if part),
        "Address": ", ".join(part for part in (row["line_1"], row["line_2"]) if part),
        "City": row["city"],
        "State": row["state"],
        "PostalCode": row["postal_code"],
        "Country": row["country"],
        "Phone": row["phone"],
    }


def product(account: Account, row: Row) -> Row:
    custom = row["custom"]
    return {
        "ProductID": str(row["id"]),
        "SKU": row["public_id"],
        "Name": row["description"],
        "Description": row["long_description"],
        "Price": row["price"],
        "Cost": row["cost"],
        "Barcode": row["primary_barcode"],
        "Active": row["active?"],
        "ParentID": str(row["grid_id"]) if row["grid_id"] else None,
        "Options": {"Color": custom.get("color"), "Size": custom.get("size")},
        "CustomFields": custom,
        "CreatedAt": row["created_at"],
        "UpdatedAt": row["updated_at"],
    }


def stock(account: Account, row: Row) -> Row:
    return {
        "SKU": account.items[row["item_id"]]["public_id"],
        "LocationID": str(row["location_id"]),
        "OnHand": row["qty_on_hand"],
        "Committed": row["qty_committed"],
        "Available": row["qty_available"],
        "UpdatedAt": row["_updated_at"],
    }


def payment(account: Account, row: Row) -> Row:
    """A tender; money given back is Type refund, with the OrderID of the sale it belongs to."""
    sale = sale_of(account, row["transaction_id"])
    method = account.payment_types.get(row["payment_type_id"] or 0)
    return {
        "PaymentID": str(row["id"]),
        "OrderID": sale["public_id"],
        "Type": "refund" if row["amount"] < 0 else "payment",
        "Amount": abs(row["amount"]),
        "Status": "succeeded",
        "PaymentMethod": method["name"] if method else None,
        "TransactionID": row["custom"].get("gateway_transaction_id"),
        "CustomFields": row["custom"],
        "CreatedAt": row["created_at"],
        "UpdatedAt": row["updated_at"],
    }


def sale_of(account: Account, document_id: int) -> Row:
    """The order or ticket a payment belongs to; of a return, the sale it gives back."""
    tables: dict[int, Row] = {**account.orders, **account.tickets, **account.invoices}
    row = tables[document_id]
    parent = row.get("parent_transaction_id")
    if parent is None:
        return row
    found = tables[parent]
    return tables[found["order_id"]] if "order_id" in found else found


def shipment(account: Account, row: Row) -> Row:
    """A completed invoice. Tracking comes from custom fields, as Heartland has no field for it."""
    custom = row["custom"]
    return {
        "ShipmentID": str(row["id"]),
        "OrderID": account.orders[row["order_id"]]["public_id"],
        "LocationID": str(row["source_location_id"]),
        "Status": "Cancelled" if row["voided?"] else "Shipped",
        "ShippedAt": row["completed_at"],
        "TrackingNumber": custom.get("tracking_number"),
        "Carrier": custom.get("tracking_company"),
        "LineItems": [
            {"SKU": line["item_public_id"], "Quantity": line["qty"]}
            for line in documents.lines_of(account, row)
        ],
        "CreatedAt": row["created_at"],
        "UpdatedAt": row["updated_at"],
    }


def location(account: Account, row: Row) -> Row:
    return {
        "LocationID": str(row["id"]),
        "Name": row["name"],
        "Active": row["active?"],
        "UpdatedAt": row["updated_at"],
    }


def webhook(account: Account, row: Row) -> Row:
    return {
        "WebhookID": str(row["id"]),
        "Url": row["url"],
        "Events": row["events"],
        "CreatedAt": row["created_at"],
        "UpdatedAt": row["updated_at"],
    }


def _customer_id(account: Account, customer_id: int | None) -> Any:
    return None if customer_id is None else account.customers[customer_id]["public_id"]
