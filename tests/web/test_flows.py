"""The page of a pair's flows: who sees it, who may switch, what is asked first."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from integrations.connector_kit.errors import TryLater
from integrations.models import Direction, Flow
from integrations.services import connections
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, Membership, Role
from tests.web.shops import Shop


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the connections whose webhooks were renewed: no system is there to ask."""
    names: list[str] = []

    def subscribe(connection: Any, *, public_url: str) -> None:
        names.append(connection.name)

    monkeypatch.setattr(connections, "subscribe", subscribe)
    return names


@pytest.fixture
def products(shop: Shop) -> Flow:
    return flow_of(shop, Entity.PRODUCT)


def flow_of(shop: Shop, entity: Entity) -> Flow:
    """One to the store that is switched off."""
    with scope.tenant(shop.tenant.pk):
        made: Flow = Flow.objects.create(
            pair=shop.pair,
            entity=entity,
            direction=Direction.TO_STORE,
            source=shop.pair.pos,
            target=shop.pair.store,
            is_on=False,
        )
    return made


def address(shop: Shop, flow: Flow | None = None) -> str:
    base = f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/flows/"
    return f"{base}{flow.pk}/" if flow else base


def is_on(flow: Flow) -> bool:
    with scope.tenant(flow.tenant_id):
        return bool(Flow.objects.get(pk=flow.pk).is_on)


def test_a_flow_is_switched_after_a_question(
    shop: Shop, page: Client, products: Flow, told: list[str]
) -> None:
    listed = page.get(address(shop)).content.decode()
    assert "Products" in listed
    assert "off since" in listed
    asked = page.get(address(shop, products)).content.decode()
    assert "Switch products on?" in asked
    assert "become drafts that no buyer sees" in asked
    assert not is_on(products)

    for _ in range(2):
        answer = page.post(address(shop, products), {"to": "on"}, follow=True)
        assert "Products: switched on." in answer.content.decode()
        assert is_on(products)
    assert told == ["Store till", "Store till"]
    page.post(address(shop, products), {"to": "off"})
    assert not is_on(products)
    status = flow_of(shop, Entity.ORDER)
    asked = page.get(address(shop, status)).content.decode()
    assert "Switch order status on?" in asked
    assert "backfill" not in asked.partition("<main")[2]
    with scope.tenant(shop.tenant.pk):
        entries = AuditEntry.objects.filter(action="flow.switched")
        assert {entry.actor_id for entry in entries} == {shop.owner.pk}


def test_webhooks_that_cannot_be_registered_are_told(
    shop: Shop, page: Client, products: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: Any, *, public_url: str) -> None:
        raise TryLater("The till is away.")

    monkeypatch.setattr(connections, "subscribe", fail)
    answer = page.post(address(shop, products), {"to": "on"}, follow=True)
    assert "so changes show later: The till is away." in answer.content.decode()
    assert is_on(products)


def test_a_viewer_sees_the_flows_and_switches_none(
    shop: Shop, page: Client, products: Flow, told: list[str]
) -> None:
    with scope.tenant(shop.tenant.pk):
        Membership.objects.update(role=Role.VIEWER)
    assert "can switch a flow" in page.get(address(shop)).content.decode()
    assert page.get(address(shop, products)).status_code == 403
    assert page.post(address(shop, products), {"to": "on"}).status_code == 403
    assert (is_on(products), told) == (False, [])


def test_another_tenants_flows_do_not_exist(
    other_shop: Shop, shop: Shop, page: Client, told: list[str]
) -> None:
    theirs = other_shop.flows[Entity.ORDER]
    assert page.get(address(other_shop)).status_code == 404
    strange = address(shop) + f"{theirs.pk}/"
    assert page.post(strange, {"to": "off"}).status_code == 404
    assert (is_on(theirs), told) == (True, [])


def test_the_command_shows_and_switches(
    shop: Shop, products: Flow, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pair = str(shop.pair.pk)
    call_command("flows", "--pair", pair, "--entity", "product", "--on")
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["product", "to_store", "on"] in shown
    assert ["order", "to_pos", "on"] in shown
    assert told == ["Store till"]
    with pytest.raises(CommandError, match="does not carry refund"):
        call_command("flows", "--pair", pair, "--entity", "refund", "--off")
    with pytest.raises(CommandError, match="Name an entity"):
        call_command("flows", "--pair", pair, "--on")
