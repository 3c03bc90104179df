"""Fields that people added themselves: found, shown, and carried by a rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from integrations.models import Direction
from integrations.services import mapping_versions, preflight
from mappings.canonical.record import Entity
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.test_customers import People


def _define(people: People, owner: str, namespace: str, key: str, name: str) -> None:
    given = {
        "name": name,
        "namespace": namespace,
        "key": key,
        "ownerType": owner,
        "type": "single_line_text_field",
    }
    made = people.shop.run("MetafieldDefine", {"definition": given}).data
    assert made["metafieldDefinitionCreate"]["userErrors"] == []


def _set(people: People, key: str, namespace: str, **values: str) -> None:
    entries = [
        {
            "ownerId": f"gid://shopify/Customer/{key}",
            "namespace": namespace,
            "key": name,
            "type": "single_line_text_field",
            "value": value,
        }
        for name, value in values.items()
    ]
    made = people.shop.run("MetafieldsSet", {"metafields": entries}).data["metafieldsSet"]
    assert made["userErrors"] == []


def _rules(people: People, *pairs: tuple[str, str]) -> None:
    with scope.tenant(people.rig.tenant.pk):
        flow = mapping_versions.flow_of(
            pair=people.rig.pair, entity=Entity.CUSTOMER, direction=Direction.TO_POS
        )
        changes = [
            {"target": target, "rule": {"target": target, "source": source}}
            for target, source in pairs
        ]
        now = timezone.now()
        mapping_versions.change(flow=flow, changes=changes, actor=None, now=now)
        mapping_versions.publish(flow=flow, actor=None, now=now, accept_failures=True)


def test_a_metafield_reaches_a_custom_field_of_the_till(make_rig: Callable[..., Rig]) -> None:
    people = People(make_rig(size=4))
    wish: dict[str, Any] = {"key": "shoe-size", "name": "Shoe size", "group_id": "customer"}
    people.till.create("/custom_fields", wish, what="The field")
    _define(people, "CUSTOMER", "custom", "shoe_size", "Size of shoes")
    _define(people, "CUSTOMER", "loyalty", "tier", "Tier")
    _define(people, "PRODUCT", "custom", "fabric", "Fabric")

    out = StringIO()
    call_command("preflight", "--pair", str(people.rig.pair.pk), "--json", stdout=out)
    told = json.loads(out.getvalue())["fields"]
    with scope.tenant(people.rig.tenant.pk):
        offered = preflight.fields(people.rig.pair, Entity.CUSTOMER)
    assert {(one.where, one.field.path, one.field.use, one.field.title) for one in offered} >= {
        ("Till", "custom.shoe-size", "read", "Shoe size"),
        ("Till", "custom.shoe-size", "written", "Shoe size"),
        ("Shop", "custom.shoe_size", "read", "Size of shoes"),
        ("Shop", "custom.loyalty:tier", "read", "Tier"),
    }
    assert {one.connection_id for one in offered} == {people.rig.pos.pk, people.rig.store.pk}
    assert "metafields.custom.fabric" in {row["path"] for row in told}

    _rules(people, ("custom.shoe-size", "custom.shoe_size"), ("custom.tier", "custom.loyalty:tier"))
    key = people.set_in_shop("", email="shoes@example.com", firstName="Test", lastName="Buyer")
    link = people.linked(store_key=key)
    # More than fit the page that is read with a customer.
    _set(people, key, "app", **{f"noise_{number:02}": "x" for number in range(25)})
    _set(people, key, "custom", shoe_size="42")
    _set(people, key, "loyalty", tier="Gold")
    people.rig.until(
        lambda: people.at_till(link.pos_key)["custom"] == {"shoe-size": "42", "tier": "Gold"},
        "both values are at the till",
    )
    _set(people, key, "loyalty", tier="Silver")
    people.rig.until(
        lambda: people.at_till(link.pos_key)["custom"]["tier"] == "Silver", "the change as well"
    )
    people.settle()
    assert people.written(Direction.TO_STORE) == 0
