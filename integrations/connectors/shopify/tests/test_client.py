"""The three error layers, the cost budget, and paging."""

from __future__ import annotations

import time

import pytest

from integrations.connector_kit.errors import ConnectorError, NeedsOwner, Rejected, TryLater
from integrations.connector_kit.testing import assert_status_contract
from integrations.connectors.shopify.answers import TooCostly
from integrations.connectors.shopify.connector import CONNECTOR
from integrations.connectors.shopify.tests.small_shop import client, cost, small_shop

PING = {"shop": {"name": "Example"}}


def _error(code: str, message: str = "no", **extensions: object) -> dict:
    return {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (402, NeedsOwner),
        (403, NeedsOwner),
        (404, NeedsOwner),
        (423, NeedsOwner),
        (422, Rejected),
        (430, TryLater),
        (429, TryLater),
        (500, TryLater),
        (503, TryLater),
    ],
)
def test_status_becomes_the_right_error(status: int, error: type[ConnectorError]) -> None:
    with small_shop(ShopPing=lambda _: (status, {"errors": "no"})) as shop:
        with pytest.raises(error):
            client(shop).run("ShopPing")
        assert shop.operations() == ["ShopPing"]


def test_each_way_to_fail_is_the_right_error() -> None:
    assert_status_contract(
        CONNECTOR.open,
        lambda opened: opened.run("ShopPing"),
        account={"credentials": {"access_token": "shpat_token_1", "client_secret": "hush-hush"}},
    )


def test_call_names_the_version_of_the_settings() -> None:
    with small_shop(ShopPing=PING) as shop:
        reply = client(shop, settings={"api_version": "2026-07"}).run("ShopPing")
    assert shop.calls[0].path == "/admin/api/2026-07/graphql.json"
    assert reply.version == "2026-10"


def test_throttled_names_the_seconds_to_wait() -> None:
    answer = _error("THROTTLED", "Throttled") | {"extensions": cost(300, 50)}
    answer["extensions"]["cost"]["actualQueryCost"] = None
    with small_shop(ShopPing=answer) as shop, pytest.raises(TryLater) as caught:
        client(shop).run("ShopPing")
    assert caught.value.throttled
    assert caught.value.after == pytest.approx(2.5)


def test_budget_used_up_is_not_called_again() -> None:
    answer = {"data": PING, "extensions": cost(60, -200)}
    with small_shop(ShopPing=answer) as shop:
        opened = client(shop)
        opened.run("ShopPing")
        with pytest.raises(TryLater) as caught:
            opened.run("ShopPing")
        assert caught.value.throttled
        assert 2 < (caught.value.after or 0) < 3
        assert shop.operations() == ["ShopPing"]


def test_reserved_points_that_were_not_used_do_not_slow_us_down() -> None:
    answer = {"data": PING, "extensions": cost(900, 1999, actual=1)}
    with small_shop(ShopPing=answer) as shop:
        opened = client(shop)
        started = time.monotonic()
        for _ in range(12):
            opened.run("ShopPing")
    # At the requested cost twelve calls would take over eighty seconds.
    assert time.monotonic() - started < 5
    assert len(shop.calls) == 12


def test_missing_scope_is_named() -> None:
    answer = {
        "data": {"shop": None},
        **_error("ACCESS_DENIED", "Access denied", requiredAccess="`read_orders` access scope."),
    }
    with small_shop(ShopPing=answer) as shop, pytest.raises(NeedsOwner, match="read_orders"):
        client(shop).run("ShopPing")


def test_one_denied_field_is_no_failure() -> None:
    answer = {"data": {"shop": {"name": "Example", "plan": None}}}
    answer |= _error("ACCESS_DENIED", requiredAccess="`read_products` access scope.")
    answer["errors"][0]["path"] = ["shop", "plan"]
    with small_shop(ShopPing=answer) as shop:
        reply = client(shop).run("ShopPing")
    assert reply.data["shop"]["name"] == "Example"
    assert reply.denied == {"shop.plan": "read_products"}


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("INTERNAL_SERVER_ERROR", TryLater),
        ("MAX_COST_EXCEEDED", TooCostly),
        ("BAD_REQUEST", Rejected),
        ("INVALID_VARIABLE", Rejected),
        ("RESOURCE_NOT_FOUND", Rejected),
    ],
)
def test_top_level_errors(code: str, error: type[ConnectorError]) -> None:
    with small_shop(ShopPing=_error(code, "because")) as shop, pytest.raises(error):
        client(shop).run("ShopPing")


def test_half_an_answer_after_an_inner_failure_is_not_used() -> None:
    answer = {"data": PING, **_error("INTERNAL_SERVER_ERROR")}
    with small_shop(ShopPing=answer) as shop, pytest.raises(TryLater):
        client(shop).run("ShopPing")


def test_rows_follow_every_page() -> None:
    pages = {
        None: {"nodes": [{"n": 1}], "pageInfo": {"hasNextPage": True, "endCursor": "c1"}},
        "c1": {"nodes": [{"n": 2}], "pageInfo": {"hasNextPage": False, "endCursor": "c2"}},
    }
    with small_shop(Locations=lambda given: {"locations": pages[given["after"]]}) as shop:
        rows = list(client(shop).rows("Locations", "locations"))
    assert rows == [{"n": 1}, {"n": 2}]
