"""Tokens of a shop's app, and which scope opens which type."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.connectors.shopify.sandbox.identifiers import digest
from integrations.connectors.shopify.sandbox.settings import Settings

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 90 * 24 * 3600
CLIENT_SECONDS = 24 * 3600 - 1
CODE_SECONDS = 600

# A type is readable with any one of its scopes (Shopify: requiredAccess in the schema files).
READ_SCOPES: dict[str, tuple[str, ...]] = {
    "Order": ("read_orders",),
    "Customer": ("read_customers",),
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "GiftCard": ("read_gift_cards",),
    "Location": ("read_locations", "read_inventory"),
}

_FULFIL = (
    "write_assigned_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "write_third_party_fulfillment_orders",
)
READ_FULFILLMENT_ORDERS = tuple(scope.replace("write_", "read_") for scope in _FULFIL)

WRITE_SCOPES: dict[str, tuple[str, ...]] = {
    "orderUpdate": ("write_orders",),
    "orderCancel": ("write_orders",),
    "orderMarkAsPaid": ("write_orders",),
    "refundCreate": ("write_orders",),
    "giftCardCreate": ("write_gift_cards",),
    "giftCardCredit": ("write_gift_card_transactions",),
    "giftCardDebit": ("write_gift_card_transactions",),
    "fulfillmentCreate": _FULFIL,
    "fulfillmentTrackingInfoUpdate": _FULFIL,
    "fulfillmentCancel": _FULFIL,
    "inventorySetQuantities": ("write_inventory",),
    "inventoryAdjustQuantities": ("write_inventory",),
    "inventoryActivate": ("write_inventory",),
    "inventoryItemUpdate": ("write_inventory",),
    "customerSet": ("write_customers",),
    "customerUpdate": ("write_customers",),
    "customerEmailMarketingConsentUpdate": ("write_customers",),
    "productCreate": ("write_products",),
    "productUpdate": ("write_products",),
    "productVariantsBulkCreate": ("write_products",),
    "productVariantsBulkUpdate": ("write_products",),
}

# The scope behind each webhook topic that the sandbox sends.
TOPIC_SCOPES = {
    "orders": "read_orders",
    "order_transactions": "read_orders",
    "refunds": "read_orders",
    "fulfillments": "read_fulfillments",
    "inventory_levels": "read_inventory",
    "customers": "read_customers",
    "products": "read_products",
}


def granted(scopes: Iterable[str]) -> frozenset[str]:
    """`scopes` with the read scopes that write scopes imply."""
    given = set(scopes)
    return frozenset(given | {f"read_{scope[6:]}" for scope in given if scope.startswith("write_")})


def described(scopes: Iterable[str]) -> str:
    """Scopes in Shopify's words for `extensions.requiredAccess`."""
    return " or ".join(f"`{scope}` access scope" for scope in scopes) + "."


@dataclass
class _Grant:
    expires_at: float
    replaced_by: str = ""


class TokenOffice:
    """Issues and checks an app's tokens for one shop. Safe for threads."""

    def __init__(self, settings: Settings) -> None:
        seed = (settings.seed, settings.name)
        self.client_id = digest("client", *seed)[:32]
        self.client_secret = f"shpss_{digest('secret', *seed)[:32]}"
        self.permanent = f"shpat_{digest('token', *seed)[:32]}"
        self.scopes = settings.scopes
        self.granted = granted(settings.scopes)
        self._lock = threading.Lock()
        self._access: dict[str, float] = {self.permanent: float("inf")}
        self._refresh: dict[str, _Grant] = {}
        self._codes: dict[str, float] = {}

    def is_valid(self, token: str) -> bool:
        with self._lock:
            return self._access.get(token, 0.0) > time.time()

    def revoke_all(self) -> None:
        with self._lock:
            self._access.clear()
            self._refresh.clear()
            self._codes.clear()

    def restore_permanent(self) -> None:
        """The app is installed again: the token the control API hands out works once more."""
        with self._lock:
            self._access[self.permanent] = float("inf")

    def new_code(self) -> str:
        code = secrets.token_hex(16)
        with self._lock:
            self._codes[code] = time.time() + CODE_SECONDS
        return code

    def use_code(self, code: str) -> bool:
        """A code works once."""
        with self._lock:
            return self._codes.pop(code, 0.0) > time.time()

    def new_access(self, seconds: float) -> str:
        token = f"shpat_{secrets.token_hex(16)}"
        with self._lock:
            self._access[token] = time.time() + seconds
        return token

    def new_refresh(self) -> str:
        token = f"shprt_{secrets.token_hex(16)}"
        with self._lock:
            self._refresh[token] = _Grant(time.time() + REFRESH_SECONDS)
        return token

    def use_refresh(self, token: str) -> str | None:
        """A new refresh token for an active one, None for a dead one. The old one stays good
        until its replacement is used (Shopify: more resilient refreshes, 2026-08-28)."""
        fresh = self.new_refresh()
        with self._lock:
            grant = self._refresh.get(token)
            if grant is None or grant.expires_at <= time.time():
                del self._refresh[fresh]
                return None
            for old in [key for key, entry in self._refresh.items() if entry.replaced_by == token]:
                del self._refresh[old]
            if grant.replaced_by:
                self._refresh.pop(grant.replaced_by, None)
            grant.replaced_by = fresh
            return fresh
