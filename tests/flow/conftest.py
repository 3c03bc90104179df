"""A pair of sandbox accounts whose webhooks reach a real server of ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from clarity.demo.compare import PREFIX, Comparison
from clarity.demo.pairing import POS, STORE, Paired, Side, open_pair, stores
from conftest import SandboxProcess
from integrations.connector_kit.sandbox.witness import StoreWitness
from integrations.models import Delivery, DeliveryState, InboxItem, InboxState
from integrations.sync import slices
from integrations.webhooks import doors
from tenants import scope
from tenants.services.members import create_tenant

# Far more than is needed: on a busy machine everything takes its time.
PATIENCE = 90.0
STORES = stores()


@dataclass
class Rig(Paired):
    """Everything a flow test handles."""

    public_url: str

    @property
    def hook(self) -> str:
        return f"{self.public_url}/hooks/{self.store.connector}/{self.store.pk}/"

    def work(self) -> None:
        """One slice of each lane, as the workers would do it."""
        for connection_id in (self.store.pk, self.pos.pk):
            slices.run(tenant_id=self.tenant.pk, connection_id=connection_id)

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Works both lanes until `done`; fails after some patience."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.work()
            if done():
                return
            time.sleep(0.05)
        pytest.fail(f"waited {PATIENCE:.0f} s in vain: {what}\n{self.describe()}")

    def items(self, **match: Any) -> list[InboxItem]:
        with scope.tenant(self.tenant.pk):
            return list(InboxItem.objects.filter(**match).order_by("id"))

    def deliveries(self, **match: Any) -> list[Delivery]:
        with scope.tenant(self.tenant.pk):
            return list(Delivery.objects.filter(**match).order_by("id"))

    def waiting(self) -> int:
        return len(self.items(state=InboxState.WAITING)) + len(
            self.deliveries(state=DeliveryState.WAITING)
        )

    def compare(self) -> Comparison:
        return self.sides().compare()

    @property
    def seen(self) -> StoreWitness:
        """The store, as its own API shows it."""
        return self.sides().store

    def reference(self, order: Mapping[str, Any]) -> str:
        """What the till calls an order that the store's control API has answered."""
        return PREFIX + str(order["name"]).lstrip("#")

    def describe(self) -> str:
        rows = [
            f"  {row.entity} {row.number or row.key}: {row.state} {row.reason} {row.field} {row.said}"
            for row in (*self.items(), *self.deliveries())
        ]
        return "\n".join(rows[-30:])


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    """A test that asks for it runs once for each store there is a witness of."""
    return str(request.param)


@pytest.fixture
def make_rig(
    transactional_db: None,
    live_server: Any,
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
    settings: Any,
) -> Callable[..., Rig]:
    """Makes a running pair; the store (a connector), settings and options of the accounts may be
    given.

    The till is polled so often that its lane always has something to do, and one thread works both
    lanes: turns are short.
    """
    settings.CLARITY_LANE_SLICE_SECONDS = 1

    def make(
        *,
        store: str = STORE,
        currency: str = "USD",
        size: int = 8,
        shop_size: int | None = None,
        flavour: str = "retail",
        till_settings: Mapping[str, str] | None = None,
        shop_settings: Mapping[str, str] | None = None,
        till_options: Mapping[str, Any] | None = None,
        shop_options: Mapping[str, Any] | None = None,
    ) -> Rig:
        doors.forget()
        common = {"seed": "7", "currency": currency}
        made = open_pair(
            create_tenant(name=account_name, owner_email="owner@example.com"),
            account_name,
            till=Side(
                POS,
                sandboxes[POS].url,
                "Till",
                flavour=flavour,
                options={**common, "size": size, "flavour": flavour, **(till_options or {})},
                settings={"currency": currency, "poll_seconds": "0.05", **(till_settings or {})},
            ),
            shop=Side(
                store,
                sandboxes[store].url,
                "Shop",
                options={**common, "size": shop_size or size, **(shop_options or {})},
                settings=shop_settings or {},
            ),
            public_url=live_server.url,
        )
        rig = Rig(**vars(made), public_url=live_server.url)
        rig.until(rig.is_watched, "every list is polled for the first time")
        return rig

    return make
