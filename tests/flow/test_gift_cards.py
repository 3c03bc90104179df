"""Gift cards of the till can be used in the shop, and both sides end with one balance."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from clarity.demo.sandboxes import plain_session
from integrations.models import Attempt, Delivery, DeliveryState, InboxItem, Payload
from integrations.services import mapping_provenance, trace
from integrations.sync.sessions import load_many
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls
from tests.flow.steps import make_due

CODE, OTHER = "GC12345328598", "GC12345328599"
BOTH = {"gift_cards": "both", "poll_seconds": "0.05"}
_CARDS = """query Cards { giftCards(first: 50) { nodes {
  lastCharacters balance { amount } transactions(first: 20) { nodes { amount { amount } } } } } }"""


def test_a_card_used_on_both_sides_ends_equal(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(shop_settings=BOTH, till_settings={"gift_card_reason_id": "0"})
    choose_reason(rig)
    rig.shop.act("faults", kind="lost_answer", match="GiftCardCreate")
    rest(rig, lambda: len(in_shop(rig)) == 2)
    assert in_shop(rig) == {"8598": [Decimal(50)], "8599": [Decimal("125.5")]}

    # Spent at the till, with an answer that is lost.
    rig.shop.act("faults", kind="lost_answer", match="GiftCardDebit")
    adjust(rig, CODE, "-20.00")
    rest(rig, lambda: in_shop(rig)["8598"][0] == 30)
    # Spent in the shop, with an answer that is lost.
    TillCalls(rig).fault("lost_answer", match="POST /api/gift_card_adjustments")
    rig.shop.act("gift_cards/use", code=CODE, amount="12.50")
    rest(rig, lambda: at_till(rig, CODE) == Decimal("17.50"))
    assert in_shop(rig)["8598"] == [Decimal("17.5"), Decimal(-20), Decimal("-12.5")]
    changes = [row["amount"] for row in adjustments(rig)]
    assert [Decimal(str(amount)) for amount in changes] == [Decimal(-20), Decimal("-12.50")]

    # Used on both sides before either is told: a person is shown both balances.
    adjust(rig, OTHER, "-5.50")
    rig.shop.act("gift_cards/use", code=OTHER, amount="100.00")
    rest(rig, lambda: bool(held(rig)))
    assert in_shop(rig)["8599"][0] == Decimal("25.5")
    assert at_till(rig, OTHER) == 120
    said = held(rig)[0]
    assert said.field == "balance"
    assert {"120", "25.5"} & set(said.said.split(" / "))

    # A card of the shop stays there, since nobody can read its code.
    rig.shop.act("gift_cards", code="SHOPCARD1234", amount="10.00")
    rest(rig, lambda: bool(rig.deliveries(number="card ending 1234")))
    left = rig.deliveries(number="card ending 1234")[-1]
    assert (left.state, "hides its code" in left.reason) == (DeliveryState.FILTERED, True)
    assert all(row.target_key == "" for row in rig.deliveries(number="card ending 1234"))
    assert_no_code_is_kept(rig)


def test_cards_stay_where_they_are_until_they_are_asked_for(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(shop_settings={"poll_seconds": "0.05"})
    with scope.tenant(rig.tenant.pk):
        assert not rig.pair.flows.filter(entity="gift_card").exists()
    rig.work()
    assert in_shop(rig) == {}
    assert not rig.items(entity="gift_card")


def assert_no_code_is_kept(rig: Rig) -> None:
    """Neither in what was sent and answered, nor in any word about a record."""
    with scope.tenant(rig.tenant.pk):
        logs = list(Attempt.objects.filter(delivery__entity="gift_card").values_list("payload_id"))
        calls = repr(load_many([one for (one,) in logs if one]))
        rows = Delivery.objects.filter(entity="gift_card").select_related("inbox_item")
        made = [row for row in rows if row.target_key]
        shown = repr([mapping_provenance.of_delivery(row) for row in made])
        shown += repr([trace.timeline(item=row.inbox_item) for row in made])
        words = repr(list(InboxItem.objects.values())) + repr(rig.deliveries())
        words += repr(
            [(row.reason, row.said, row.advice, row.target_label) for row in rig.deliveries()]
        )
        assert Payload.objects.exists()
    assert "gift" in calls.lower()
    assert "(ending 8598)" in shown
    assert CODE not in calls + words + shown
    assert OTHER not in calls + words + shown


def choose_reason(rig: Rig) -> None:
    rows = TillCalls(rig).get("/reason_codes/gift_card_adjustment_reasons")["results"]
    with scope.tenant(rig.tenant.pk):
        rig.pos.settings = {**rig.pos.settings, "gift_card_reason_id": str(rows[1]["id"])}
        rig.pos.save(update_fields=["settings"])


def rest(rig: Rig, seen: Callable[[], bool]) -> None:
    """Works until `seen` and nothing waits; waiting times are over at once."""

    def done() -> bool:
        make_due(rig)
        return seen() and rig.waiting() == 0

    rig.until(done, "both sides are done")


def in_shop(rig: Rig) -> dict[str, list[Decimal]]:
    """By last characters: the balance, then each change of it."""
    shop = plain_session(
        rig.shop_account["base_url"],
        {"X-Shopify-Access-Token": rig.shop_account["credentials"]["access_token"]},
    )
    body = {"query": _CARDS, "variables": {}}
    answer: Any = shop.request("POST", "/admin/api/2026-10/graphql.json", body=body).json()
    return {
        row["lastCharacters"]: [
            Decimal(row["balance"]["amount"]),
            *(Decimal(one["amount"]["amount"]) for one in row["transactions"]["nodes"]),
        ]
        for row in answer["data"]["giftCards"]["nodes"]
    }


def at_till(rig: Rig, code: str) -> Decimal:
    return Decimal(str(TillCalls(rig).get(f"/gift_cards/{code}")["balance"]))


def adjustments(rig: Rig) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = TillCalls(rig).get("/gift_card_adjustments")["results"]
    return found


def adjust(rig: Rig, code: str, amount: str) -> None:
    """What the till does when a card is used there."""
    token = rig.till_account["credentials"]["token"]
    till = plain_session(rig.till_account["base_url"], {"Authorization": f"Bearer {token}"})
    reason = TillCalls(rig).get("/reason_codes/gift_card_adjustment_reasons")["results"][0]["id"]
    body = {"gift_card_number": code, "amount": amount, "reason_id": reason}
    assert till.request("POST", "/api/gift_card_adjustments", body=body).status == 201


def held(rig: Rig) -> list[Any]:
    return rig.deliveries(entity="gift_card", state=DeliveryState.HELD)
