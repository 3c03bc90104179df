"""Gift cards into Heartland: what an order of the store used is taken off once, whatever happens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.heartland import gift_cards
from integrations.connectors.heartland.tests.small_heartland import Place
from mappings.canonical.record import Entity, Skipped

CODE = "GC12345328598"


def write(place: Place, key: str = "12-7", **fields: Any) -> Receipt:
    said = {"code": CODE, "last_characters": "8598", "currency": "USD", **fields}
    outgoing = Outgoing("d1", Entity.GIFT_CARD, key, "", said)
    return gift_cards.write(
        place.client(gift_card_reason_id=reason(place)), outgoing, lambda *_: None
    )


def reason(place: Place) -> str:
    return str(place.rows("/reason_codes/gift_card_adjustment_reasons")[1]["id"])


def balance(place: Place, code: str = CODE) -> Decimal:
    rows = place.rows("/gift_cards")
    return next(Decimal(row["balance"]) for row in rows if row["number"] == code)


def test_use_is_taken_once_and_given_back_when_it_is_undone(place: Place) -> None:
    taken = write(place, spent="20.00")
    assert (taken.outcome, balance(place)) == (Outcome.UPDATED, Decimal("30.00"))
    assert write(place, spent="20.00").outcome is Outcome.UNCHANGED
    # Another order has a key of its own; the first one changes afterwards.
    assert write(place, key="13-7", spent="5.00").outcome is Outcome.UPDATED
    assert balance(place) == Decimal("25.00")
    back = write(place, spent="0")
    assert (back.id, back.outcome, balance(place)) == (taken.id, Outcome.UPDATED, Decimal("45.00"))
    assert CODE not in repr(place.seen)


def test_use_whose_answer_is_lost_is_taken_once(place: Place) -> None:
    place.fault("lost_answer", "POST /api/gift_card_adjustments")
    with pytest.raises(TryLater):
        write(place, spent="20.00")
    assert write(place, spent="20.00").outcome is Outcome.UNCHANGED
    assert balance(place) == Decimal("30.00")


def test_card_used_up_on_both_sides_waits_for_a_person(place: Place) -> None:
    with pytest.raises(Rejected, match=r"has 50.00 left at the till, and 60.00 of it") as caught:
        write(place, spent="60.00")
    assert (caught.value.field, balance(place)) == ("spent", Decimal("50.00"))
    with pytest.raises(Rejected, match="used in CAD"):
        write(place, spent="6.00", currency="CAD")
    with pytest.raises(Skipped, match="no card ending"):
        write(place, spent="6.00", code="NOSUCHCARD")


def test_card_of_the_store_is_made_once_and_found_without_its_dashes(place: Place) -> None:
    place.fault("lost_answer", "POST /api/gift_cards")
    with pytest.raises(TryLater):
        write(place, key="7", code="0XJ2-AB3C", balance="15.00")
    made = write(place, key="7", code="0XJ2-AB3C", balance="12.50")
    assert (made.outcome, balance(place, "0XJ2AB3C")) == (Outcome.UPDATED, Decimal("12.50"))
    fresh = write(place, key="8", code="0XJ2-AB4C", balance="9.00")
    assert (fresh.outcome, balance(place, "0XJ2AB4C")) == (Outcome.CREATED, Decimal("9.00"))
    with pytest.raises(Skipped, match="hides its code"):
        write(place, key="9", code="", balance="9.00")
