"""Random sequences of what happens in shops, with random faults, always end with both sides equal.

The engine runs in this process, so that a step is a step; sandboxes and webhooks are real.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from clarity.demo import pairing
from clarity.demo.sandboxes import SandboxError
from clarity.faults.ending import describe
from clarity.faults.shops import Shops, open_shops
from conftest import SandboxProcess
from integrations.connector_kit.errors import ConnectorError
from integrations.models import ConnectionState, Delivery, DeliveryState
from integrations.services.discard import discard
from integrations.sync import slices
from integrations.webhooks import doors
from mappings.canonical.record import Entity
from tenants import scope

# So many over all stores together.
EXAMPLES, STEPS = 14, 18
PATIENCE = 45.0
STORES = pairing.stores()

BOUNDED = settings(
    max_examples=max(7, EXAMPLES // len(STORES)),
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
FAULTS = (
    ("refuse", {}),
    ("lost_answer", {}),
    ("lost_answer", {"match": "POST"}),
    ("lost_answer", {"match": "PUT"}),
    ("status", {"value": 503}),
    ("throttle", {}),
    ("revoke", {}),
)
WEBHOOK_FAULTS = (
    ("duplicate_webhooks", {}),
    ("shuffle_webhooks", {"value": 0.3}),
    ("delay_webhooks", {"value": 0.5}),
    ("drop_webhooks", {}),
)


def work(shops: Shops) -> None:
    """One slice of each lane, as the workers would do it."""
    for tenant_id, connection_id in shops.lanes():
        slices.run(tenant_id=uuid.UUID(tenant_id), connection_id=uuid.UUID(connection_id))


def reconnect_if_needed(shops: Shops) -> None:
    with scope.tenant(shops.tenant.pk):
        for connection in (shops.pos, shops.store):
            connection.refresh_from_db()
    if any(one.state == ConnectionState.NEEDS_OWNER for one in (shops.pos, shops.store)):
        shops.reconnect()


def decide(shops: Shops) -> None:
    """Goods that left for an order that was cancelled meanwhile wait for a person: here is one."""
    left = {"entity": Entity.SHIPMENT, "state": DeliveryState.HELD, "reason__contains": "cancelled"}
    with scope.tenant(shops.tenant.pk):
        for row in Delivery.objects.filter(**left).select_related("inbox_item"):
            discard(
                row.inbox_item, reason="the buyer sends it back", actor=None, now=timezone.now()
            )


class Shopping(RuleBasedStateMachine):
    """A shop and a till; each example has a pair of its own."""

    store: ClassVar[str]
    urls: ClassVar[Mapping[str, str]]
    public_url: ClassVar[str]
    ended: ClassVar[list[int]]
    shops: Shops
    orders: list[int]

    @initialize()
    def open(self) -> None:
        name = f"walk-{uuid.uuid4().hex[:8]}"
        self.shops = open_shops(name, store=self.store, urls=self.urls, public_url=self.public_url)
        self.orders = []
        work(self.shops)
        assert self.shops.is_watched()

    @rule(paid=st.booleans(), discount=st.booleans())
    def order(self, paid: bool, discount: bool) -> None:
        made = self.shops.order(paid=paid, discount=discount)
        self.orders += [int(row["id"]) for row in made]

    @rule(count=st.integers(1, 3))
    def sell(self, count: int) -> None:
        self.shops.sell(count)

    @rule(sku=st.integers(0, 7), units=st.integers(1, 9))
    def restock(self, sku: int, units: int) -> None:
        self.shops.restock(self.shops.skus[sku], units)

    @rule(number=st.integers(0, 50))
    def cancel(self, number: int) -> None:
        if self.orders:
            self.shops.cancel(self.orders.pop(number % len(self.orders)))

    @rule(number=st.integers(0, 50))
    def pay(self, number: int) -> None:
        if self.orders:
            # Refused when it is paid already, which is as good.
            with suppress(SandboxError):
                self.shops.shop.act(f"orders/{self.orders[number % len(self.orders)]}/pay")

    @rule(number=st.integers(0, 50), name=st.sampled_from(("Ada", "Grace", "Joan")))
    def rename(self, number: int, name: str) -> None:
        self.shops.shop.clear_faults()
        self.shops.rename_buyer(number, name)

    @rule(fault=st.sampled_from(FAULTS), at_till=st.booleans(), times=st.integers(1, 3))
    def trouble(self, fault: tuple[str, dict[str, Any]], at_till: bool, times: int) -> None:
        kind, more = fault
        side = self.shops.till if at_till else self.shops.shop
        self.shops.fault(side, kind, times=times, **more)

    @rule(fault=st.sampled_from(WEBHOOK_FAULTS), times=st.integers(1, 4))
    def webhook_trouble(self, fault: tuple[str, dict[str, Any]], times: int) -> None:
        self.shops.fault(self.shops.shop, fault[0], times=times, **fault[1])

    @rule()
    def work_on(self) -> None:
        work(self.shops)

    def teardown(self) -> None:
        if not hasattr(self, "shops"):
            return
        for side in (self.shops.shop, self.shops.till):
            side.clear_faults()

        def go_on() -> None:
            try:
                reconnect_if_needed(self.shops)
            except ConnectorError:
                return
            decide(self.shops)
            work(self.shops)

        end = self.shops.until_good(PATIENCE, work=go_on)
        assert end.is_good, f"{end.plainly()}\n{describe(self.shops.tenant.pk)}"
        self.ended.append(self.shops.events)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", STORES)
def test_any_sequence_ends_with_both_sides_equal(
    transactional_db: None,
    live_server: Any,
    sandboxes: Mapping[str, SandboxProcess],
    settings: Any,
    store: str,
) -> None:
    settings.CLARITY_RETRY_LONGEST_SECONDS = 1
    settings.CLARITY_LANE_SLICE_SECONDS = 3
    doors.forget()
    Shopping.store = store
    Shopping.urls = {name: sandboxes[name].url for name in (store, pairing.POS)}
    Shopping.public_url = live_server.url
    Shopping.ended = []
    run_state_machine_as_test(Shopping, settings=BOUNDED)
    assert len(Shopping.ended) >= BOUNDED.max_examples
    assert sum(Shopping.ended) > BOUNDED.max_examples
