"""The connection test, its choices, and the preflight."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from integrations.connector_kit.audit import Finding, Weight
from integrations.connector_kit.errors import NeedsOwner
from integrations.connector_kit.testing import Asked
from integrations.connectors.magento.audit import audit
from integrations.connectors.magento.polling import instant
from integrations.connectors.magento.probe import choices, probe
from integrations.connectors.magento.tests.small_store import (
    BEARER,
    SIGNED,
    client,
    found,
    small_store,
)
from mappings.canonical.record import Entity

NOTHING = (404, {"message": "No such entity with %1 = %2", "parameters": ["orderId", "0"]})
NO_ID = (400, {"message": "An ID is needed. Set the ID and try again."})
SOURCES = found(
    {"source_code": "default", "name": "Default Source", "enabled": True},
    {"source_code": "closed", "name": "Closed", "enabled": False},
)
LINKS = found({"source_code": "default", "stock_id": 1})
WHOLE: Mapping[str, Any] = {
    "GET /V1/modules": [
        "Magento_InventoryApi",
        "MageOS_AsyncEvents",
        "MageOS_CommonAsyncEvents",
    ],
    **{
        f"GET /V1/{path}": found()
        for path in (
            "orders",
            "invoices",
            "transactions",
            "creditmemos",
            "shipments",
            "customers/search",
            "customerGroups/search",
            "products",
            "products/attributes",
            "products/attribute-sets/sets/list",
            "bulk",
            "inventory/source-items",
            "inventory/stocks",
            "async_events",
        )
    },
    "GET /V1/inventory/sources": SOURCES,
    "GET /V1/inventory/stock-source-links": LINKS,
    "POST /V1/orders/0/comments": NOTHING,
    "POST /V1/order/0/ship": NO_ID,
    "POST /V1/order/0/invoice": NO_ID,
    "POST /V1/order/0/refund": NO_ID,
    "PUT /V1/customers/0": NOTHING,
    "POST /V1/inventory/source-items": (400, {"message": "Input data is empty"}),
}
ALL = frozenset(Entity) - {Entity.GIFT_CARD}
STOCK = frozenset({Entity.INVENTORY})


def findings(
    entities: Collection[Entity] = STOCK, answers: Mapping[str, Any] | None = None, **given: Any
) -> dict[str, Finding]:
    headers = given.pop("headers", {})
    with small_store({**WHOLE, **(answers or {})}) as store:
        store.headers.update(headers)
        usual = {"new_customers": "none", **given.pop("settings", {})}
        made = audit(client(store, settings=usual, **given), entities, lambda entity, keys: ())
    return {finding.kind: finding for finding in made}


def forbidden(resource: str) -> tuple[int, Any]:
    words = "The consumer isn't authorized to access %resources."
    return 401, {"message": words, "parameters": {"resources": resource}}


def test_shop_in_order_has_no_findings() -> None:
    assert findings(ALL) == {}


def test_every_missing_permission_is_named_verbatim_also_those_of_writing() -> None:
    made = findings(
        ALL,
        {
            "GET /V1/transactions": forbidden("Magento_Sales::transactions_fetch"),
            "POST /V1/order/0/ship": forbidden("Magento_Sales::ship"),
            "POST /V1/inventory/source-items": forbidden("Magento_InventoryApi::source"),
        },
    )
    assert list(made) == ["permission_missing"]
    assert made["permission_missing"].examples == (
        "Magento_Sales::transactions_fetch",
        "Magento_Sales::ship",
        "Magento_InventoryApi::source",
    )
    assert made["permission_missing"].weight is Weight.BLOCKER


def test_only_what_the_flows_need_is_tried() -> None:
    with small_store(dict(WHOLE)) as store:
        audit(client(store, settings={"push": "poll"}), {Entity.SHIPMENT}, lambda *_: ())
    sales = [call for call in store.calls() if "order" in call or "customers" in call]
    assert sales == ["POST /V1/order/0/ship"]


def test_setting_that_invoices_needs_one_more_permission() -> None:
    made = findings(
        {Entity.SHIPMENT},
        {"POST /V1/order/0/invoice": forbidden("Magento_Sales::invoice")},
        settings={"invoice_on_shipment": "offline"},
    )
    assert made["permission_missing"].examples == ("Magento_Sales::invoice",)


def test_token_alone_is_advised_against() -> None:
    assert findings(credentials=BEARER)["token_alone"].weight is Weight.NOTICE


def test_bearer_that_is_switched_off_is_explained_by_the_connection_test() -> None:
    answers = {"GET /V1/store/storeViews": forbidden("Magento_Backend::store")}
    with small_store(answers) as store, pytest.raises(NeedsOwner, match="two causes"):
        probe(client(store, credentials=BEARER))


def test_token_that_is_not_known_asks_for_no_resource() -> None:
    answers = {"GET /V1/store/storeViews": forbidden("self")}
    with small_store(answers) as store, pytest.raises(NeedsOwner, match="not know") as caught:
        probe(client(store, credentials=BEARER))
    assert "tick self" not in caught.value.message


@pytest.mark.parametrize(("hours", "words"), [(1, "60 minutes ahead"), (-1, "60 minutes behind")])
def test_wrong_clock_is_said(hours: int, words: str) -> None:
    there = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    assert words in findings(headers={"Date": there})["clock_wrong"].said


def test_input_limits_are_told_and_kept() -> None:
    def limited(asked: Asked) -> Any:
        size = int(dict(asked.query)["searchCriteria[pageSize]"])
        if size > 50:
            return 400, {"message": "Maximum SearchCriteria pageSize is 50"}
        return found()

    with small_store({**WHOLE, "GET /V1/customerGroups/search": limited}) as store:
        opened = client(store)
        made = audit(opened, STOCK, lambda *_: ())
    assert [finding.kind for finding in made] == ["input_limits"]
    assert "50 records" in made[0].said
    assert opened.page_limit == 50


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"source_code": "gone"}, "source_missing"),
        ({"source_code": "closed"}, "source_disabled"),
        ({"location_map": "1 = default\n2 = gone"}, "source_missing"),
        ({"stock_mode": "legacy"}, "msi_unused"),
        ({"store_view": "fr"}, "setting_wrong"),
        ({"website": "fr"}, "setting_wrong"),
        ({"push": "mageplaza"}, "events_missing"),
    ],
)
def test_setting_that_does_not_fit_the_shop_is_found(settings: dict[str, str], kind: str) -> None:
    assert list(findings(settings=settings)) == [kind]


def test_several_sources_ask_for_a_choice() -> None:
    rows = [{"source_code": code, "name": code, "enabled": True} for code in ("default", "north")]
    made = findings(answers={"GET /V1/inventory/sources": found(*rows)})
    assert made["source_not_chosen"].examples == ("default", "north")
    unlinked = findings(
        answers={"GET /V1/inventory/sources": found(*rows)}, settings={"source_code": "north"}
    )
    assert list(unlinked) == ["source_not_sold_from"]


def test_shop_without_sources_needs_none() -> None:
    without = {"GET /V1/modules": ["MageOS_AsyncEvents", "MageOS_CommonAsyncEvents"]}
    assert findings(answers=without) == {}
    assert list(findings(answers=without, settings={"stock_mode": "msi"})) == ["msi_missing"]


def test_sources_that_are_sold_beside_those_written_are_told() -> None:
    """Units in them are offered on top of those of the till."""
    codes = ("default", "north", "drop")
    rows = [{"source_code": code, "name": code, "enabled": True} for code in codes]
    answers = {
        "GET /V1/inventory/sources": found(*rows),
        "GET /V1/inventory/stock-source-links": found(
            *({"source_code": code, "stock_id": 1} for code in codes)
        ),
    }
    made = findings(answers=answers, settings={"location_map": "1 = default, 2 = north"})
    assert {kind: one.examples for kind, one in made.items()} == {"sources_beside": ("drop",)}
    settings = {"location_map": "1 = default\n2 = north; 3 = drop"}
    assert findings(answers=answers, settings=settings) == {}


def test_queue_that_nobody_works_off_is_told() -> None:
    rows = [{"bulk_uuid": uuid} for uuid in ("a", "a", "b")]
    asked: list[Asked] = []

    def answering(asked_for: Asked) -> Any:
        asked.append(asked_for)
        return found(*rows)

    made = findings(answers={"GET /V1/bulk": answering})
    assert made["consumers_stopped"].examples == ("a", "b")
    query = next(params for one in asked if len(params := dict(one.query)) > 4)
    filters = "searchCriteria[filter_groups][{}][filters][0][{}]"
    assert [query[filters.format(at, "field")] for at in (0, 1)] == ["status", "start_time"]
    assert query[filters.format(0, "value")] == "4"
    before = datetime.now(UTC) - instant(query[filters.format(1, "value")])
    assert timedelta(minutes=9) < before < timedelta(minutes=11)


@pytest.mark.parametrize(
    ("modules", "kind", "weight"),
    [
        (["Magento_Sales"], "gift_cards_closed", Weight.BLOCKER),
        (["Magento_GiftCardAccount"], "gift_cards_partly", Weight.NOTICE),
    ],
)
def test_edition_decides_on_gift_cards(modules: list[str], kind: str, weight: Weight) -> None:
    settings = {"push": "poll", "gift_cards": "store_to_pos"}
    made = findings({Entity.GIFT_CARD}, {"GET /V1/modules": modules}, settings=settings)
    assert {name: finding.weight for name, finding in made.items()} == {kind: weight}


@pytest.mark.parametrize(
    ("answers", "settings", "kind"),
    [
        ({"GET /V1/modules": ["Magento_InventoryApi"]}, {}, "events_none"),
        ({"GET /V1/modules": forbidden("Magento_Backend::admin")}, {}, "events_unknown"),
        (
            {"GET /V1/modules": ["Magento_InventoryApi", "MageOS_AsyncEvents"]},
            {},
            "events_unnamed",
        ),
        ({"GET /V1/async_events": forbidden("MageOS_AsyncEvents::manage")}, {}, "events_refused"),
        (
            {"GET /V1/modules": ["Magento_InventoryApi", "Magento_AdobeCommerceEventsClient"]},
            {},
            "events_of_nobody",
        ),
        (
            {"GET /V1/modules": ["Magento_InventoryApi", "Mageplaza_Webhook"]},
            {},
            "events_by_hand",
        ),
    ],
)
def test_what_hinders_events_is_a_notice(
    answers: dict[str, Any], settings: dict[str, str], kind: str
) -> None:
    made = findings(frozenset(), answers, settings=settings)
    assert {name: finding.weight for name, finding in made.items()} == {kind: Weight.NOTICE}


# --- the connection test -----------------------------------------------------------------------


def test_connection_test_says_what_the_shop_is() -> None:
    with small_store(dict(WHOLE)) as store:
        made = probe(client(store))
    assert (made.account_name, made.currency, made.problems) == ("Main Website", "USD", ())
    assert made.details == {
        "Edition": "Magento Open Source",
        "Version": "not told by the shop",
        "Calls": "signed (OAuth 1.0a)",
        "Stock": "sources (MSI)",
        "Events": "Mage-OS async events",
        "Time zone": "America/Chicago",
    }


def test_choices_are_read_from_the_shop() -> None:
    answers = {
        **WHOLE,
        "GET /V1/products/attribute-sets/sets/list": found(
            {"attribute_set_id": 4, "attribute_set_name": "Default"}
        ),
    }
    with small_store(answers) as store:
        opened = client(store, credentials=SIGNED)
        listed = {
            name: [(choice.value, choice.label) for choice in choices(opened, name)]
            for name in ("store_view", "website", "source_code", "attribute_set", "push")
        }
    assert listed == {
        "store_view": [("default", "Default Store View (default)")],
        "website": [("base", "Main Website (base)")],
        "source_code": [("default", "Default Source")],
        "attribute_set": [("4", "Default")],
        "push": [],
    }
