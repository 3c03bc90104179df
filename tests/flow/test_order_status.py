"""What happens to an order at the till goes back to the shop, and nothing plays ping-pong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from clarity.demo.sandboxes import plain_session
from integrations.models import Direction, Flow
from integrations.services import pairs
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls

_QUERY = """query($id: ID!) { order(id: $id) { cancelledAt
  metafields(first: 20, namespace: "clarity") { nodes { key value } } } }"""


def _shown(rig: Rig, order: int) -> tuple[dict[str, str], bool]:
    """The order's metafields of ours, and whether it is cancelled in the shop."""
    token = rig.shop_account["credentials"]["access_token"]
    session = plain_session(rig.shop_account["base_url"], {"X-Shopify-Access-Token": token})
    answer = session.request(
        "POST",
        "/admin/api/2026-10/graphql.json",
        body={"query": _QUERY, "variables": {"id": f"gid://shopify/Order/{order}"}},
    )
    found: dict[str, Any] = answer.json()["data"]["order"]
    kept = {row["key"]: row["value"] for row in found["metafields"]["nodes"]}
    return kept, found["cancelledAt"] is not None


def _switch_on(rig: Rig) -> None:
    with scope.tenant(rig.tenant.pk):
        flow = Flow.objects.get(pair=rig.pair, entity="order", direction=Direction.TO_STORE)
        assert not flow.is_on
        pairs.switch(flow, is_on=True, now=timezone.now())
        # What the till knows of a buyer would change the order in the shop as well.
        Flow.objects.filter(pair=rig.pair, entity="customer").update(is_on=False)
    rig.work()


@pytest.mark.parametrize("flavour", ["retail", "unified_v1"])
def test_number_and_status_are_metafields_in_the_shop(
    make_rig: Callable[..., Rig], flavour: str
) -> None:
    rig = make_rig(flavour=flavour)
    _switch_on(rig)
    order = rig.shop.act("orders", count=1, seed=4, paid=True)["orders"][0]
    wanted = {
        "pos_order": rig.reference(order),
        "pos_status": "fulfilled",
        "pos_payment": "paid",
    }
    rig.until(
        lambda: rig.waiting() == 0 and _shown(rig, order["id"])[0] == wanted, "the shop is told"
    )


def test_number_and_status_go_back_and_settle(make_rig: Callable[..., Rig], store: str) -> None:
    rig = make_rig(store=store, shop_settings={"poll_seconds": "0.3"})
    _switch_on(rig)
    order = rig.shop.act("orders", count=1, seed=4, paid=True)["orders"][0]
    number = rig.reference(order)
    rig.until(
        lambda: rig.waiting() == 0 and number in rig.seen.told(str(order["id"])),
        "the shop is told",
    )
    # Our own writing came back as a change of the order and said nothing new.
    for _ in range(10):
        rig.work()
    rig.until(lambda: rig.waiting() == 0, "nothing waits")
    to_pos = rig.deliveries(entity="order", flow__direction=Direction.TO_POS)
    assert [row.state for row in to_pos].count("delivered") == 1
    assert {row.state for row in to_pos} <= {"delivered", "unchanged", "replaced"}
    before = len(rig.deliveries(entity="order"))
    for _ in range(10):
        rig.work()
    assert len(rig.deliveries(entity="order")) == before


@pytest.mark.parametrize("setting", ["mark", "cancel"])
def test_cancelled_at_the_till_is_marked_or_cancelled_in_the_shop(
    make_rig: Callable[..., Rig], setting: str
) -> None:
    rig = make_rig(shop_settings={"cancelled_at_pos": setting})
    _switch_on(rig)
    order = rig.shop.act("orders", count=1, seed=5, paid=False)["orders"][0]
    rig.until(lambda: rig.waiting() == 0, "the order is there")
    till = TillCalls(rig)
    there = till.order(f"S-{order['name'].removeprefix('#')}")
    till.put(f"/sales/orders/{there['id']}", {"status": "void"})
    rig.until(
        lambda: rig.waiting() == 0 and _shown(rig, order["id"])[0].get("pos_status") == "cancelled",
        "the shop is told",
    )
    assert _shown(rig, order["id"])[1] is (setting == "cancel")
    assert not rig.deliveries(state="held"), [
        (one.reason, one.field, one.said) for one in rig.deliveries(state="held")
    ]
