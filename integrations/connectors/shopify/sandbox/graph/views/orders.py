"""An order with its lines, payments and refunds."""

from __future__ import annotations

from integrations.connectors.shopify.sandbox import clock, totals
from integrations.connectors.shopify.sandbox.graph.call import Call
from integrations.connectors.shopify.sandbox.graph.paging import Rows, View
from integrations.connectors.shopify.sandbox.graph.views import (
    catalogue,
    lines,
    metafields,
    people,
    shipments,
)
from integrations.connectors.shopify.sandbox.identifiers import gid
from integrations.connectors.shopify.sandbox.money import ZERO, bag
from integrations.connectors.shopify.sandbox.records import (
    Order,
    Refund,
    RefundLine,
    Transaction,
)


def order(entry: Order) -> View:
    """The order's view, made anew only after a change."""
    if entry.view is None:
        entry.view = {
            **_head(entry),
            **_state(entry),
            **_amounts(entry),
            **_links(entry),
            **metafields.fields(gid("Order", entry.id)),
        }
    return entry.view


def _head(entry: Order) -> View:
    discount = entry.discount
    return {
        "__typename": "Order",
        "id": gid("Order", entry.id),
        "legacyResourceId": str(entry.id),
        "name": entry.name,
        "number": entry.number,
        "confirmationNumber": entry.token[:9].upper(),
        "createdAt": clock.utc(entry.created_at),
        "processedAt": clock.utc(entry.created_at),
        "updatedAt": clock.utc(entry.updated_at),
        "confirmed": True,
        "test": True,
        "email": entry.email,
        "phone": entry.phone,
        "note": entry.note,
        "tags": entry.tags,
        "poNumber": entry.po_number,
        "sourceName": entry.source_name,
        "sourceIdentifier": entry.source_identifier,
        "currencyCode": entry.currency,
        "presentmentCurrencyCode": entry.currency,
        "taxesIncluded": entry.taxes_included,
        "taxExempt": False,
        "estimatedTaxes": False,
        "customerLocale": "en",
        "discountCode": discount.code if discount else None,
        "discountCodes": [discount.code] if discount else [],
        "customAttributes": [{"key": key, "value": value} for key, value in entry.attributes],
    }


def _state(entry: Order) -> View:
    is_open = entry.cancelled_at is None
    owed = totals.outstanding(entry)
    return {
        "cancelledAt": clock.utc(entry.cancelled_at),
        "cancelReason": entry.cancel_reason,
        "closed": entry.closed_at is not None,
        "closedAt": clock.utc(entry.closed_at),
        "displayFinancialStatus": totals.financial_status(entry),
        "displayFulfillmentStatus": totals.fulfillment_status(entry),
        "returnStatus": "NO_RETURN",
        "paymentGatewayNames": totals.gateways(entry),
        "canMarkAsPaid": is_open and owed > 0,
        "fullyPaid": owed == 0,
        "unpaid": owed > 0 and not totals.received(entry),
        "fulfillable": is_open and any(line.unfulfilled for line in entry.lines),
        "requiresShipping": any(line.variant.requires_shipping for line in entry.lines),
        "capturable": False,
        "refundable": totals.received(entry) > totals.refunded(entry),
        "totalWeight": "0",
        "subtotalLineItemsQuantity": sum(line.quantity for line in entry.lines),
        "currentSubtotalLineItemsQuantity": sum(line.current for line in entry.lines),
    }


def _amounts(entry: Order) -> View:
    amounts = {
        "currentTotalPriceSet": totals.current_total(entry),
        "currentSubtotalPriceSet": totals.current_subtotal(entry),
        "currentTotalTaxSet": totals.current_tax(entry),
        "currentTotalDiscountsSet": totals.current_discounts(entry),
        "currentShippingPriceSet": totals.current_shipping(entry),
        "totalPriceSet": totals.total(entry),
        "originalTotalPriceSet": totals.total(entry),
        "subtotalPriceSet": totals.subtotal(entry),
        "totalTaxSet": totals.tax(entry),
        "totalShippingPriceSet": entry.shipping.price,
        "totalDiscountsSet": totals.discounts(entry),
        "totalTipReceivedSet": ZERO,
        "totalOutstandingSet": totals.outstanding(entry),
        "totalReceivedSet": totals.received(entry),
        "totalRefundedSet": totals.refunded(entry),
        "netPaymentSet": totals.received(entry) - totals.refunded(entry),
    }
    bags = {name: bag(amount, entry.currency) for name, amount in amounts.items()}
    return {**bags, "currentTotalDutiesSet": None}


def _links(entry: Order) -> View:
    shipping = lines.shipping_line(entry)
    items = Rows(entry.lines, lambda found: lines.line_item(entry, found))
    applications = [entry.discount] if entry.discount else []
    return {
        "taxLines": lines.tax_lines(entry, totals.tax_lines(entry)),
        "currentTaxLines": lines.tax_lines(entry, totals.tax_lines(entry)),
        "customer": lambda _call: people.customer(entry.customer) if entry.customer else None,
        "billingAddress": people.address(entry.billing_address),
        "shippingAddress": people.address(entry.shipping_address),
        "retailLocation": None,
        "lineItems": items,
        "shippingLine": shipping,
        "shippingLines": Rows([entry.shipping], lambda _found: shipping),
        "transactions": lambda _call: [transaction(entry, found) for found in entry.transactions],
        "fulfillmentOrders": lambda call: shipments.readable_orders(call, entry.fulfillment_orders),
        "fulfillments": lambda _call: [
            shipments.fulfillment(found) for found in entry.fulfillments
        ],
        "refunds": lambda _call: [refund(entry, found) for found in entry.refunds],
        "suggestedRefund": lambda call, **given: call.suggest(entry, call, **given),
        "discountApplications": Rows(
            applications,
            lambda found: lines.application(entry, found),
            key=lambda _: 0,
            number=lambda _: 0,
        ),
    }


def transaction(entry: Order, found: Transaction) -> View:
    names = {"bogus": "(For Testing) Bogus Gateway", "manual": "Manual"}
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", found.id),
        "kind": found.kind,
        "status": found.status,
        "gateway": found.gateway,
        "formattedGateway": names.get(found.gateway, found.gateway),
        "test": found.gateway == "bogus",
        "createdAt": clock.utc(found.processed_at),
        "processedAt": clock.utc(found.processed_at),
        "order": lambda _call: order(entry),
        "paymentDetails": _card(found),
        "parentTransaction": transaction(entry, found.parent) if found.parent else None,
        "amountSet": bag(found.amount, entry.currency),
        "paymentId": f"{entry.name}.{entry.transactions.index(found) + 1}"
        if found in entry.transactions
        else None,
        "authorizationCode": "53433" if found.gateway == "bogus" else None,
        "errorCode": None,
        "manualPaymentGateway": found.gateway == "manual",
    }


def _card(found: Transaction) -> View | None:
    if found.card is None:
        return None
    company, last4 = found.card
    masked = f"\u2022\u2022\u2022\u2022 \u2022\u2022\u2022\u2022 \u2022\u2022\u2022\u2022 {last4}"
    return {"__typename": "CardPaymentDetails", "company": company, "number": masked}


def refund(entry: Order, found: Refund) -> View:
    def transactions(_call: Call) -> Rows:
        return Rows(found.transactions, lambda paid: transaction(entry, paid))

    return {
        "__typename": "Refund",
        "id": gid("Refund", found.id),
        "legacyResourceId": str(found.id),
        "createdAt": clock.utc(found.created_at),
        "updatedAt": clock.utc(found.created_at),
        "note": found.note,
        "totalRefundedSet": bag(found.total, entry.currency),
        "refundLineItems": Rows(found.lines, lambda line: _refund_line(entry, line)),
        "refundShippingLines": Rows(
            [found] if found.shipping else [], lambda row: _refund_shipping(entry, row)
        ),
        "duties": [],
        "transactions": transactions,
        "order": lambda _call: order(entry),
    }


def _refund_shipping(entry: Order, found: Refund) -> View:
    return {
        "__typename": "RefundShippingLine",
        "id": gid("RefundShippingLine", found.id + 1),
        "shippingLine": lines.shipping_line(entry),
        "subtotalAmountSet": bag(found.shipping, entry.currency),
        "taxAmountSet": bag(found.shipping_tax, entry.currency),
    }


def _refund_line(entry: Order, found: RefundLine) -> View:
    is_restocked = found.restock_type != "NO_RESTOCK"
    return {
        "id": gid("RefundLineItem", found.id),
        "quantity": found.quantity,
        "restockType": found.restock_type,
        "restocked": is_restocked,
        "location": lambda call: (
            catalogue.location(call.shop.main_location) if is_restocked else None
        ),
        "lineItem": lines.line_item(entry, found.line),
        "priceSet": bag(found.line.price, entry.currency),
        "subtotalSet": bag(found.subtotal, entry.currency),
        "totalTaxSet": bag(found.tax, entry.currency),
    }
