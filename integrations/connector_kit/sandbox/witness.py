"""Witnesses: what an account holds, read over its vendor's own API.

A witness uses none of our connectors and no database of ours: it is the check of both. Each sandbox
folder may have one, named by `Connector.witness`; the demo, the fault trials and the flow tests take
whatever stores have one. It also does what a buyer or a merchant would do over that API.

Every call may raise ConnectorError while the account does not answer, and SandboxError for an answer
that makes no sense.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from integrations.connector_kit.base import Account
from integrations.connector_kit.http import Session
from integrations.connector_kit.registry import connectors, get


class SandboxError(RuntimeError):
    """A sandbox did not do what it was asked."""


@dataclass(frozen=True)
class StoreOrder:
    """An order of the store. `number`: as the store writes it to a buyer, without decoration.

    `kept`: money that was taken for it and not given back. `is_given_back`: nothing is left of it, so
    the till need not have it, and may.
    """

    key: str
    number: str
    total: Decimal
    is_cancelled: bool
    kept: Decimal
    is_given_back: bool = False


@dataclass(frozen=True)
class StoreRefund:
    """`given`: money that went back with it, `is_online` when the store's payment service moved it;
    `units`: what it took back, by SKU, and `restocked` what of it went back on the shelf, None where
    the store does not tell."""

    note: str
    given: Decimal
    is_online: bool
    units: Mapping[str, int]
    restocked: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Person:
    """A customer of either side."""

    key: str
    email: str
    first_name: str
    last_name: str


@dataclass(frozen=True)
class StoreArticle:
    """What a buyer sees of an article. `is_offered`: whether it can be bought."""

    sku: str
    title: str
    price: Decimal
    is_offered: bool


@dataclass(frozen=True)
class TillOrder:
    """A web order at the till. `reference`: the number it bears there.

    `store_key`: id of the store's order that it names, "" when none. `is_whole`: it was entered
    completely and nobody voided it.
    """

    reference: str
    store_key: str
    total: Decimal
    is_whole: bool


class StoreWitness(Protocol):
    """Sees a store. `stock_write`: piece of "METHOD path-or-operation" of a fault that fits the calls
    which set stock levels there, and `refund_write` those which give money back."""

    stock_write: str
    refund_write: str

    def orders(self) -> Sequence[StoreOrder]:
        """Every order there is."""

    def stock(self) -> Mapping[str, Decimal]:
        """Units that a buyer can still buy, by SKU."""

    def refunds(self, order: str) -> Sequence[StoreRefund]:
        """Every refund of the order with that key, the oldest first."""

    def told(self, order: str) -> str:
        """All that was written to the order about the point of sale, as one text."""

    def articles(self) -> Mapping[str, StoreArticle]:
        """Every article by SKU. Raises SandboxError when a SKU is there twice."""

    def customers(self) -> Sequence[Person]:
        """Every customer there is."""

    def save_customer(self, person: Person) -> str:
        """Changes the customer of that key, or makes one where it is ""; answers the key."""

    def writes(self, log: Mapping[str, Any]) -> int:
        """How many of the requests in the sandbox's journal (GET .../log) changed something."""


class TillWitness(Protocol):
    """Sees a point of sale. `order_writes`: pieces of "METHOD path" of faults that fit the calls which
    enter an order there."""

    order_writes: Sequence[str]

    def orders(self, prefix: str) -> Sequence[TillOrder]:
        """Every order whose reference begins so, half entered and voided ones included."""

    def stock(self) -> Mapping[str, Decimal]:
        """Units that can be sold, by SKU, over all locations."""

    def written_twice(self, prefix: str) -> int:
        """What web orders left there more than once: invoices, payments above the total, customers
        of one e-mail address. What was voided does not count."""

    def customers(self) -> Sequence[Person]:
        """Every customer there is."""

    def writes(self, log: Mapping[str, Any]) -> int:
        """How many of the requests in the sandbox's journal (GET .../log) changed something."""


def watched(role: str) -> list[str]:
    """Names of the connectors of this role whose sandbox has a witness."""
    return sorted(
        name
        for name, one in connectors().items()
        if one.manifest.role == role and one.sandbox and one.witness
    )


def of_store(connector: str, account: Mapping[str, Any]) -> StoreWitness:
    """A witness of the account a sandbox's control API has answered. Raises LookupError."""
    found: StoreWitness = _made(connector, account)
    return found


def of_till(connector: str, account: Mapping[str, Any]) -> TillWitness:
    """A witness of the account a sandbox's control API has answered. Raises LookupError."""
    found: TillWitness = _made(connector, account)
    return found


def _made(connector: str, account: Mapping[str, Any]) -> Any:
    target = get(connector).witness
    if not target:
        raise LookupError(f"connector {connector!r} has no witness")
    module, _, factory = target.partition(":")
    return getattr(importlib.import_module(module), factory)(account)


def plain_session(base_url: str, headers: Mapping[str, str] | None = None) -> Session:
    """HTTP to an address of this machine."""
    account = Account(
        id="demo", base_url=base_url, flavour="", settings={}, credentials={}, private_network=True
    )
    return Session(account, headers=headers or {}, concurrency=2)
