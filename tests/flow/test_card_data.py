"""Card data that a buyer typed somewhere is gone before anything is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import connection as database

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.models import InboxState, Payload
from integrations.sync.sessions import load, load_many
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import order_body, send

SKU = catalogue(seed="7", size=1)[0].sku
CARDS = ("4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011111111111117")


def with_cards(key: int) -> dict[str, Any]:
    body = order_body(
        key,
        sku=SKU,
        phone="+14155550132",
        note=f"Card {CARDS[0]}, please hurry. Also {CARDS[1]}.",
        note_attributes=[
            {"name": "card", "value": CARDS[2]},
            {"name": "number", "value": int(CARDS[3])},
            {"name": "ticket", "value": "20260302-17"},
        ],
        fulfillments=[{"id": key + 1, "tracking_number": "1Z999AA10123456784"}],
        billing_address={
            "first_name": "Test",
            "last_name": "Buyer",
            "address1": "1 Main Street",
            "city": "Princeton",
            "province_code": "NJ",
            "country_code": "US",
            "zip": "08540",
            "phone": "(609) 555-0143",
        },
    )
    body["line_items"][0]["properties"] = [
        {"name": "Engraving", "value": f"{CARDS[0][:4]} {CARDS[0][4:8]} {CARDS[0][8:12]} 1111"},
        {"name": "cvv", "value": "My CVV: 987"},
    ]
    return body


def test_card_data_is_removed_before_anything_is_kept(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=1, till_settings={"poll_seconds": "600"})
    # A valid card number by its check digit, and yet an order's id.
    key = 4012888888881881
    said = send(rig, with_cards(key))
    assert said.accepted == 1
    assert said.text == '{"accepted":1}', "an answer holds nothing of the body"
    (item,) = rig.items(topic="orders/create")
    with scope.tenant(rig.tenant.pk):
        stored = load(item.payload_id)
    assert stored["note"] == (
        "Card [card number removed, ending 1111], please hurry."
        " Also [card number removed, ending 4444]."
    )
    assert [pair["value"] for pair in stored["note_attributes"]] == [
        "[card number removed, ending 0005]",
        "[card number removed, ending 1117]",
        "20260302-17",
    ]
    assert [pair["value"] for pair in stored["line_items"][0]["properties"]] == [
        "[card number removed, ending 1111]",
        "My CVV: [card verification value removed]",
    ]
    assert (stored["id"], item.key) == (key, str(key))
    assert stored["phone"] == "+14155550132"
    assert stored["billing_address"]["phone"] == "(609) 555-0143"
    assert stored["line_items"][0]["sku"] == SKU
    assert stored["fulfillments"][0]["tracking_number"] == "1Z999AA10123456784"


def test_no_row_made_on_the_way_holds_card_data(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=1, till_settings={"poll_seconds": "600"})
    assert send(rig, with_cards(1001)).accepted == 1
    rig.until(lambda: rig.waiting() == 0, "the order is through")
    (item,) = rig.items(topic="orders/create")
    assert item.state == InboxState.PASSED
    forms = [form for card in CARDS for form in (card, card.replace(" ", "").replace("-", ""))]
    with scope.tenant(rig.tenant.pk), database.cursor() as cursor:
        for table in ("inboxitem", "payload", "delivery", "attempt", "link", "refusal"):
            cursor.execute(f"SELECT t.*::text FROM integrations_{table} t")
            rows = "\n".join(row[0] for row in cursor.fetchall())
            assert not [form for form in forms if form in rows], table
        sealed = list(Payload.objects.values_list("pk", "sealed"))
        assert len(sealed) >= 3, "the notice, the delivery and its attempt"
        assert not [pk for pk, data in sealed for form in forms if form.encode() in bytes(data)]
        opened = json.dumps(list(load_many([pk for pk, _ in sealed]).values()), default=str)
    assert "card number removed, ending 1111" in opened
    assert not [form for form in (*forms, "4111 1111", "CVV: 987") if form in opened]
