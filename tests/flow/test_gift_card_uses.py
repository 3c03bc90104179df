"""A store that tells of uses of gift cards, and takes no balances: what an order took is taken once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.registry import get
from integrations.models import DeliveryState, Direction
from mappings.canonical.record import Entity
from tenants import scope
from tests.flow.conftest import STORES, Rig
from tests.flow.posting import TillCalls
from tests.flow.test_gift_cards import (
    CODE,
    adjust,
    adjustments,
    assert_no_code_is_kept,
    at_till,
    choose_reason,
    held,
    rest,
)

MODE = "store_to_pos"


def tells_uses(name: str) -> bool:
    manifest = get(name).manifest
    mode = manifest.entities[Entity.GIFT_CARD].mode
    return any(one.name == mode and MODE in one.options for one in manifest.settings)


@pytest.mark.parametrize("name", [name for name in STORES if tells_uses(name)])
def test_what_an_order_took_off_a_card_is_taken_once(
    make_rig: Callable[..., Rig], name: str
) -> None:
    rig = make_rig(
        store=name,
        shop_settings={"gift_cards": MODE, "poll_seconds": "0.05"},
        shop_options={"edition": "commerce", "tax_rate": "0"},
        till_settings={"gift_card_reason_id": "0"},
    )
    choose_reason(rig)
    with scope.tenant(rig.tenant.pk):
        cards = rig.pair.flows.filter(entity="gift_card")
        ways = set(cards.values_list("direction", flat=True))
        rig.pair.flows.exclude(entity="gift_card").update(is_on=False)
    assert ways == {Direction.TO_POS}

    rig.shop.act("gift_cards", code=CODE, amount="20.00")
    TillCalls(rig).fault("lost_answer", match="POST /api/gift_card_adjustments")
    first = buy(rig)
    rest(rig, lambda: at_till(rig, CODE) == 30)
    # Told again with the next change of the order: nothing more is taken.
    rig.shop.act(f"orders/{first['id']}/pay")
    rig.shop.act("gift_cards/use", code=CODE, amount="-45.00")
    adjust(rig, CODE, "-10.00")
    second = buy(rig)
    rest(rig, lambda: bool(held(rig)))
    assert at_till(rig, CODE) == 20
    (row,) = held(rig)
    assert (row.field, row.key.partition("-")[0]) == ("spent", str(second["id"]))
    ours = [Decimal(str(one["amount"])) for one in adjustments(rig) if one["note"]]
    assert ours == [Decimal(-20)]
    (taken,) = rig.deliveries(entity="gift_card", state=DeliveryState.DELIVERED)
    assert taken.number == f"card ending 8598, order {first['name']}"
    assert_no_code_is_kept(rig)


def buy(rig: Rig) -> dict[str, Any]:
    """An order that a gift card pays for as far as it goes."""
    (made,) = rig.shop.act("orders", count=1, lines=4, paid=False, gift_card=CODE)["orders"]
    found: dict[str, Any] = made
    return found
