"""One order of a small shop that remembers what was shipped, invoiced, refunded and said.

What is written must be as the official OpenAPI has it, where that lies beside the checkout.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.connector_kit.testing import Asked, Reply
from integrations.connectors.magento.sandbox.tests import openapi
from integrations.connectors.magento.tests.small_store import Script, found

ZERO = Decimal(0)
ENTITY = 7


def item(
    identifier: int, sku: str, quantity: int, price: str = "10", **more: Any
) -> dict[str, Any]:
    """An order item without tax. `parent`: id of its parent item."""
    total = Decimal(price) * quantity
    made = {
        "item_id": identifier,
        "order_id": ENTITY,
        "sku": sku,
        "product_id": 500 + identifier,
        "product_type": "simple",
        "is_virtual": 0,
        "qty_ordered": quantity,
        **{f"qty_{word}": 0 for word in ("shipped", "invoiced", "refunded", "canceled")},
        "row_total": total,
        "base_row_total": total,
        **{f"base_{word}": ZERO for word in ("row_invoiced", "amount_refunded", "tax_amount")},
        **{f"base_tax_{word}": ZERO for word in ("invoiced", "refunded")},
    }
    parent = more.pop("parent", None)
    return {**made, **({"parent_item_id": parent} if parent else {}), **more}


class SmallOrder:
    """`lose`: how many writes take effect and are answered with an error of a proxy."""

    def __init__(self, *items: dict[str, Any], method: str = "checkmo", **more: Any) -> None:
        self.order: dict[str, Any] = {
            "entity_id": ENTITY,
            "increment_id": "000000012",
            "state": "processing",
            "status": "processing",
            "base_currency_code": "USD",
            "order_currency_code": "USD",
            "base_to_order_rate": 1,
            "base_shipping_amount": Decimal(5),
            "base_shipping_refunded": ZERO,
            "base_total_refunded": ZERO,
            "base_total_online_refunded": ZERO,
            "payment": {"method": method},
            "items": list(items),
            "status_histories": [],
            **more,
        }
        self.shipments: list[dict[str, Any]] = []
        self.invoices: list[dict[str, Any]] = []
        self.creditmemos: list[dict[str, Any]] = []
        self.products: dict[str, str] = {}
        self.lose = 0

    def answers(self) -> dict[str, Script]:
        """By call, for `small_store`."""
        return {
            f"GET /V1/orders/{ENTITY}": lambda _: copy.deepcopy(self.order),
            "GET /V1/shipments": lambda _: found(*self.shipments),
            "GET /V1/invoices": lambda _: found(*self.invoices),
            "GET /V1/creditmemos": lambda _: found(*self.creditmemos),
            **{
                f"GET /V1/creditmemo/{number}": lambda _, at=number: self.creditmemos[at - 1]
                for number in (1, 2)
            },
            "GET /V1/products": self._product,
            f"POST /V1/order/{ENTITY}/ship": self._writing(self._ship),
            "POST /V1/shipment/track": self._writing(self._track),
            f"POST /V1/order/{ENTITY}/invoice": self._writing(self._invoice),
            f"POST /V1/order/{ENTITY}/refund": self._writing(self._refund),
            "POST /V1/invoice/1/refund": self._writing(self._refund_online),
            f"POST /V1/orders/{ENTITY}/comments": self._writing(self._comment),
            f"POST /V1/orders/{ENTITY}/cancel": self._writing(self._cancel),
            "POST /V1/orders": self._writing(self._save),
        }

    def item(self, identifier: int) -> dict[str, Any]:
        return next(row for row in self.order["items"] if row["item_id"] == identifier)

    def ship(self, *parts: tuple[int, int], **more: Any) -> None:
        """Somebody ships in the admin pages."""
        self._ship(
            {"items": [{"order_item_id": one, "qty": units} for one, units in parts], **more}
        )

    def pay(self) -> None:
        """Invoices everything, without tax."""
        for row in self.order["items"]:
            row["qty_invoiced"] = row["qty_ordered"]
            row["base_row_invoiced"] = row["base_row_total"]
        self.invoices.append({"entity_id": 1, "state": 2, "comments": [], "base_grand_total": 99})

    def _writing(self, take: Callable[[Any], Any]) -> Callable[[Asked], Any]:
        def answer(asked: Asked) -> Any:
            body = asked.json() if asked.body else None
            # Magento's guide saves parts of an order, which its schema has no words for.
            if openapi.SCHEMA.is_file() and not asked.path.endswith("/orders"):
                openapi.check_request(asked.method, asked.path, body)
            made = take(body)
            if self.lose:
                self.lose -= 1
                return Reply(502, body=b"bad gateway")
            return made

        return answer

    def _product(self, asked: Asked) -> Any:
        wanted = dict(asked.query)["searchCriteria[filter_groups][0][filters][0][value]"]
        kind = self.products.get(wanted)
        attributes = [{"attribute_code": "shipment_type", "value": kind}]
        return found({"id": int(wanted), "custom_attributes": attributes}) if kind else found()

    def _ship(self, given: Mapping[str, Any]) -> Any:
        for part in given["items"]:
            row = self.item(part["order_item_id"])
            if row["qty_shipped"] + part["qty"] > row["qty_ordered"]:
                return 400, {
                    "message": "Shipment Document Validation Error(s):\nThe order does not allow a"
                    " shipment to be created."
                }
        for part in given["items"]:
            self.item(part["order_item_id"])["qty_shipped"] += part["qty"]
        made = {
            "entity_id": len(self.shipments) + 1,
            "items": given["items"],
            "tracks": list(given.get("tracks", ())),
            "comments": [given["comment"]] if "comment" in given else [],
        }
        self.shipments.append(made)
        return made["entity_id"]

    def _track(self, given: Mapping[str, Any]) -> Any:
        entity = given["entity"]
        self.shipments[entity["parent_id"] - 1]["tracks"].append(entity)
        return entity

    def _invoice(self, given: Mapping[str, Any]) -> Any:
        for part in given["items"]:
            self.item(part["order_item_id"])["qty_invoiced"] += part["qty"]
        self.invoices.append({"entity_id": len(self.invoices) + 1, "comments": [], **given})
        return len(self.invoices)

    def _refund(self, given: Mapping[str, Any]) -> Any:
        total = sum((self._take_back(part) for part in given["items"]), ZERO)
        arguments = given["arguments"]
        total += arguments["shipping_amount"] + arguments["adjustment_positive"]
        total -= arguments["adjustment_negative"]
        self.order["base_total_refunded"] += total
        number = len(self.creditmemos) + 1
        self.creditmemos.append(
            {
                "entity_id": number,
                "increment_id": f"00000000{number}",
                "base_grand_total": total,
                "comments": [given["comment"]],
            }
        )
        return number

    def _take_back(self, part: Mapping[str, Any]) -> Decimal:
        row, share = self.item(part["order_item_id"]), Decimal(part["qty"])
        share /= Decimal(row["qty_invoiced"])
        goods, tax = row["base_row_invoiced"] * share, row["base_tax_invoiced"] * share
        row["qty_refunded"] += part["qty"]
        row["base_amount_refunded"] += goods
        row["base_tax_refunded"] += tax
        return Decimal(goods + tax).quantize(Decimal("0.01"))

    def _refund_online(self, given: Mapping[str, Any]) -> Any:
        assert given["isOnline"] is True
        before = self.order["base_total_refunded"]
        made = self._refund(given)
        self.order["base_total_online_refunded"] += self.order["base_total_refunded"] - before
        return made

    def _comment(self, given: Mapping[str, Any]) -> Any:
        said = given["statusHistory"]
        status = said.get("status")
        if status and status not in self.permitted:
            return 400, {
                "message": 'Unable to add comment: The status "%1" is not part of the order status'
                " history.",
                "parameters": [status],
            }
        histories = self.order["status_histories"]
        histories.append({"entity_id": len(histories) + 1, **said})
        self.order["status"] = status or self.order["status"]
        return True

    permitted: Sequence[str] = ("processing", "picked")

    def _cancel(self, _: Any) -> Any:
        if any(row["qty_invoiced"] for row in self.order["items"]):
            return False
        self.order |= {"state": "canceled", "status": "canceled"}
        return True

    def _save(self, given: Mapping[str, Any]) -> Any:
        assert "items" not in given["entity"]
        self.order |= given["entity"]
        return self.order
