"""A point of sale and a store of the sandboxes, connected as one integration pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from clarity.demo.compare import Sides
from clarity.demo.sandboxes import Sandbox
from integrations.connector_kit.manifest import Manifest
from integrations.connector_kit.registry import get
from integrations.connector_kit.sandbox import witness
from integrations.models import Connection, Cursor, Pair, PairState
from integrations.services import connections, pairs
from integrations.services.sandbox import connect_sandbox
from tenants import scope
from tenants.models import Tenant

POS = "heartland"
STORE = "shopify"


@dataclass(frozen=True)
class Side:
    """One account to be. `url`: where the sandbox of the connector answers; `name`: of the
    connection; `options`: what the account is made with; `settings`: of the connection, over those
    the connector's manifest has for its sandbox."""

    connector: str
    url: str
    name: str
    flavour: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Paired:
    """Both accounts with their connections; the pair runs."""

    tenant: Tenant
    pair: Pair
    pos: Connection
    store: Connection
    shop: Sandbox
    till: Sandbox
    shop_account: Mapping[str, Any]
    till_account: Mapping[str, Any]

    def sides(self) -> Sides:
        """Witnesses of both."""
        return Sides(
            store=witness.of_store(self.store.connector, self.shop_account),
            till=witness.of_till(self.pos.connector, self.till_account),
        )

    def is_watched(self) -> bool:
        """Whether every list was polled once: changes before that are for an initial load."""
        with scope.tenant(self.tenant.pk):
            wanted = {
                one.pk
                for one in (self.pos, self.store)
                if any("poll" in spec.source for spec in _manifest(one).entities.values())
            }
            polled = Cursor.objects.exclude(polled_at=None)
            accounts = set(polled.values_list("connection", flat=True))
            unpolled = Cursor.objects.filter(polled_at=None).exists()
        return wanted <= accounts and not unpolled


def _manifest(connection: Connection) -> Manifest:
    return get(connection.connector).manifest


def stores() -> list[str]:
    """The stores that can be paired so: those whose sandbox has a witness, the usual one first."""
    return sorted(witness.watched("store"), key=lambda name: (name != STORE, name))


def label(connector: str) -> str:
    """What a person calls the system."""
    return get(connector).manifest.label


def patient(connector: str) -> Mapping[str, Any]:
    """Options of an account that a witness asks as well, whose rate limit must do for both."""
    return get(connector).manifest.sandbox_options


def open_pair(tenant: Tenant, account: str, *, till: Side, shop: Side, public_url: str) -> Paired:
    """Makes both accounts under one name, connects, pairs and starts them.

    The web process must already answer at `public_url`, because the systems send webhooks there.
    """
    at_till, at_shop = Sandbox(till.url, account), Sandbox(shop.url, account)
    till_account = at_till.open_account(**till.options)
    shop_account = at_shop.open_account(**shop.options)
    pos = _connect(till, till_account, tenant)
    store = _connect(shop, shop_account, tenant)
    with scope.tenant(tenant.pk):
        pair = pairs.create_pair(name=f"{till.name} and {shop.name}", pos=pos, store=store)
    for connection in (pos, store):
        connections.subscribe(connection, public_url=public_url)
    with scope.tenant(tenant.pk):
        pairs.start(pair, state=PairState.TESTING, now=timezone.now())
    return Paired(tenant, pair, pos, store, at_shop, at_till, shop_account, till_account)


def _connect(side: Side, account: Mapping[str, Any], tenant: Tenant) -> Connection:
    return connect_sandbox(
        account,
        tenant_id=tenant.pk,
        connector=side.connector,
        flavour=side.flavour,
        name=side.name,
        settings=side.settings,
        now=timezone.now(),
    )
