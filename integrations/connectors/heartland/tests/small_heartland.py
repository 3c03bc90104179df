"""A connection to a sandbox account, and an order to send there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from integrations.connector_kit.base import Account, Outgoing
from integrations.connector_kit.exchange import Exchange
from integrations.connector_kit.sandbox.testing import done
from integrations.connectors.heartland.client import HeartlandClient
from mappings.canonical.record import Entity

_NAMES = count(1)


@dataclass
class Place:
    """One sandbox account and what a test does to it."""

    public: str
    name: str
    flavour: str
    made: Mapping[str, Any]
    seen: list[Exchange] = field(default_factory=list)

    def account(self, **settings: str) -> Account:
        usual = {"requests_per_second": "500", "currency": "USD", "shipping_as": "charge"}
        return Account(
            id="1",
            base_url=self.made["base_url"],
            flavour=self.flavour,
            settings={**usual, **self.made["settings"], **settings},
            credentials=self.made["credentials"],
            private_network=True,
            observe=self.seen.append,
        )

    def client(self, **settings: str) -> HeartlandClient:
        return HeartlandClient(self.account(**settings))

    def control(self, path: str, body: Any = None) -> Any:
        return done("POST", f"{self.public}/_sandbox/accounts/{self.name}/{path}", body or {})

    def fault(self, kind: str, match: str, *, value: float = 0, times: int = 1) -> None:
        fault = {"kind": kind, "match": match, "value": value, "times": times}
        self.control("faults", fault)

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        return list(self.client().every(path))

    def writes(self) -> list[str]:
        return [f"{one.method} {one.url}" for one in self.seen if one.method != "GET"]


def new_place(public: str, *, flavour: str = "retail", **options: Any) -> Place:
    name = f"test-{next(_NAMES)}"
    body = {"name": name, "seed": "7", "size": 8, "flavour": flavour, **options}
    return Place(public, name, flavour, done("POST", f"{public}/_sandbox/accounts", body))


SKUS = ("TEE-BLK-S", "CAP-GRY-L")


def fields(skus: list[str], **changes: Any) -> dict[str, Any]:
    """2 x 17.50 + 1 x 16.00 + shipping 4.00 + tax 4.55 = 59.55, paid by card."""
    address = {
        "first_name": "Test", "last_name": "Buyer", "line_1": "12 Elm St", "line_2": "Apt 3",
        "city": "Austin", "state": "TX", "postal_code": "78701", "country": "US",
    }  # fmt: skip
    return {
        "public_id": "S-1001",
        "currency": "USD",
        "placed_at": "2026-03-02T15:04:05+00:00",
        "state": "open",
        "total": Decimal("59.55"),
        "note": "",
        "external_order_id": "5550001",
        "custom": {"source_system": "clarity"},
        "customer": {
            "key": "77", "email": "Test.Buyer@example.com", "first_name": "Test",
            "last_name": "Buyer", "phone": "512-555-0100",
        },
        "shipping_address": address,
        "billing_address": address,
        "lines": [
            {"path": "line_items[0]", "sku": skus[0], "product_key": "9001", "qty": 2,
             "unit_price": Decimal("17.50"), "description": "Tee"},
            {"path": "line_items[1]", "sku": skus[1], "product_key": "9002", "qty": 1,
             "unit_price": Decimal("16.00"), "description": "Cap"},
        ],
        "shipping": [{"title": "Standard", "amount": Decimal("4.00")}],
        "tax_total": Decimal("4.55"),
        "tip_total": Decimal(0),
        "duty_total": Decimal(0),
        "payments": [
            {"key": "gw-1", "amount": Decimal("59.55"), "description": "Card", "gateway": "cards",
             "transaction_id": "gw_778899", "card_last4": "1111"}
        ],
        **changes,
    }  # fmt: skip


class Ledger:
    """Checkpoints as the engine keeps them: on disk before the step goes on."""

    def __init__(self) -> None:
        self.saved: dict[str, str] = {}

    def __call__(self, step: str, value: str) -> None:
        self.saved[step] = value


def outgoing(wanted: Mapping[str, Any], **changes: Any) -> Outgoing:
    usual: dict[str, Any] = {
        "delivery_id": "d-1",
        "entity": Entity.ORDER,
        "key": "5550001",
        "reference": "S-1001",
        "fields": wanted,
    }
    return Outgoing(**{**usual, **changes})
