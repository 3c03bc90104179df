"""Customers both ways through both sandboxes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from integrations.connector_kit.sandbox.witness import Person
from integrations.connectors.heartland.client import HeartlandClient
from integrations.connectors.shopify.client import ShopClient
from integrations.models import DeliveryState, Direction, Link
from integrations.services import mapping_versions
from integrations.sync.sessions import open_session
from mappings.canonical.record import Entity
from tenants import scope
from tests.flow.conftest import Rig


class People:
    """The customers of both systems, as people there see and change them."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        with scope.tenant(rig.tenant.pk):
            self.till: HeartlandClient = open_session(rig.pos).client
            self.shop: ShopClient = open_session(rig.store).client

    def in_shop(self, key: str) -> dict[str, Any]:
        gid = f"gid://shopify/Customer/{key}"
        (node,) = self.shop.run("CustomersRead", {"ids": [gid]}).data["nodes"]
        return dict(node)

    def set_in_shop(self, key: str, **values: Any) -> str:
        """Changes the customer of that id, or makes one."""
        given: dict[str, Any] = {"input": values}
        if key:
            given["identifier"] = {"id": f"gid://shopify/Customer/{key}"}
        else:
            given["identifier"] = {"email": values["email"]}
        answer = self.shop.run("CustomerSet", given).data["customerSet"]
        assert answer["userErrors"] == []
        return str(answer["customer"]["legacyResourceId"])

    def at_till(self, key: str) -> dict[str, Any]:
        row = dict(self.till.get(f"/customers/{key}"))
        return {**row, "addresses": list(self.till.every(f"/customers/{key}/addresses"))}

    def seen_in_shop(self, key: str) -> Person:
        """The same through the witness, whatever the store."""
        (found,) = (one for one in self.rig.seen.customers() if one.key == key)
        return found

    def add_at_till(self, address: Mapping[str, Any] | None = None, **values: Any) -> str:
        key = self.till.create("/customers", values, what="The customer")
        if address:
            self.till.create(f"/customers/{key}/addresses", address, what="The address")
        return key

    def change_at_till(self, key: str, **values: Any) -> None:
        self.till.update(f"/customers/{key}", values, what="The customer")

    def link(self, **key: str) -> Link | None:
        with scope.tenant(self.rig.tenant.pk):
            return Link.objects.filter(entity=Entity.CUSTOMER, **key).first()

    def linked(self, **key: str) -> Link:
        self.rig.until(lambda: self.link(**key) is not None, f"{key} is linked")
        self.settle()
        found = self.link(**key)
        assert found is not None
        return found

    def settle(self) -> None:
        """Works until a few rounds bring nothing new."""
        seen, calm = (0, 0), itertools.count()
        while next(calm) < 4:
            self.rig.until(lambda: self.rig.waiting() == 0, "nothing waits")
            now = (len(self.rig.items()), len(self.rig.deliveries()))
            if now != seen:
                seen, calm = now, itertools.count()

    def written(self, direction: Direction) -> int:
        return len(
            self.rig.deliveries(
                entity=Entity.CUSTOMER,
                flow__direction=direction,
                state=DeliveryState.DELIVERED,
            )
        )


@pytest.fixture
def people(make_rig: Callable[..., Rig]) -> People:
    return People(make_rig(size=4))


@pytest.fixture
def people_of_store(make_rig: Callable[..., Rig], store: str) -> People:
    """With each store."""
    return People(make_rig(store=store, size=4))


def test_a_customer_of_the_till_comes_to_the_shop_and_changes_go_both_ways(people: People) -> None:
    address = {
        "first_name": "Test", "last_name": "Buyer", "line_1": "12 Elm St", "city": "Austin",
        "state": "TX", "postal_code": "78701", "country": "US", "phone": "(512) 555-0100",
    }  # fmt: skip
    key = people.add_at_till(
        address, first_name="Test", last_name="Buyer", email="Test.Buyer@example.com"
    )
    link = people.linked(pos_key=key)
    there = people.in_shop(link.store_key)
    assert (there["firstName"], there["lastName"]) == ("Test", "Buyer")
    assert there["defaultPhoneNumber"] == {"phoneNumber": "+15125550100"}
    assert [row["address1"] for row in there["addressesV2"]["nodes"]] == ["12 Elm St"]
    assert there["ownId"] == {"value": key}

    people.set_in_shop(link.store_key, lastName="Renamed", phone="+12025550142")
    people.rig.until(
        lambda: people.at_till(key)["last_name"] == "Renamed", "the name is at the till"
    )
    people.settle()
    assert [row["phone"] for row in people.at_till(key)["addresses"]] == ["+12025550142"]
    people.change_at_till(key, first_name="Tess")
    people.rig.until(
        lambda: people.in_shop(link.store_key)["firstName"] == "Tess", "the name is in the shop"
    )
    people.settle()
    assert people.in_shop(link.store_key)["lastName"] == "Renamed"
    assert people.at_till(key)["last_name"] == "Renamed"
    assert (people.written(Direction.TO_STORE), people.written(Direction.TO_POS)) == (2, 1)


def test_who_is_known_on_both_sides_is_one_and_changes_go_both_ways(
    people_of_store: People,
) -> None:
    people, seen = people_of_store, people_of_store.rig.seen
    store_key = seen.save_customer(Person("", "Ana@example.com", "Ana", "Diaz"))
    key = people.add_at_till(first_name="Ana", last_name="Diaz", email="ana@example.com")
    link = people.linked(pos_key=key)
    assert link.store_key == store_key
    seen.save_customer(Person("", "cy@example.com", "Cy", "Moss"))
    people.linked(
        pos_key=people.add_at_till(first_name="Cy", last_name="Moss", email="Cy@example.com")
    )
    new = people.linked(
        pos_key=people.add_at_till(first_name="Bo", last_name="Lee", email="bo@example.com")
    )
    before = people.written(Direction.TO_STORE), people.written(Direction.TO_POS)

    seen.save_customer(replace(people.seen_in_shop(store_key), last_name="Renamed"))
    people.change_at_till(new.pos_key, first_name="Tess")
    people.rig.until(
        lambda: (
            people.at_till(key)["last_name"] == "Renamed"
            and people.seen_in_shop(new.store_key).first_name == "Tess"
        ),
        "both changes have arrived",
    )
    people.settle()
    after = people.written(Direction.TO_STORE), people.written(Direction.TO_POS)
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    there = sorted((one.email.lower(), one.first_name, one.last_name) for one in seen.customers())
    assert there == [
        ("ana@example.com", "Ana", "Renamed"),
        ("bo@example.com", "Tess", "Lee"),
        ("cy@example.com", "Cy", "Moss"),
    ]
    at_till = sorted(str(row["email"]).lower() for row in people.till.every("/customers"))
    assert at_till == [email for email, *_ in there]


def test_people_known_on_both_sides_meet_and_what_one_lacks_is_filled_in(people: People) -> None:
    key = people.add_at_till(first_name="Ana", last_name="Diaz", email="ana@example.com")
    store_key = people.set_in_shop("", email="Ana@example.com", phone="+12025550142")
    link = people.linked(pos_key=key)
    assert link.store_key == store_key
    people.rig.until(lambda: bool(people.at_till(key)["addresses"]), "the phone is at the till")
    people.settle()
    there = people.in_shop(store_key)
    assert (there["firstName"], there["lastName"]) == ("Ana", "Diaz")
    names = [row for row in people.till.every("/customers") if row["last_name"] == "Diaz"]
    assert len(names) == 1


def test_two_customers_here_are_never_one_there(people: People) -> None:
    twins = [
        people.add_at_till(first_name=name, last_name="Diaz", email="family@example.com")
        for name in ("Ana", "Bo")
    ]
    rows = people.rig.deliveries
    people.rig.until(lambda: bool(rows(state=DeliveryState.HELD)), "one of them is held")
    (row,) = rows(state=DeliveryState.HELD)
    assert row.key in twins
    assert all(twin in row.reason for twin in twins)
    assert "Make them one" in row.advice
    (other,) = (twin for twin in twins if twin != row.key)
    assert people.link(pos_key=other) is not None
    assert people.link(pos_key=row.key) is None


def test_a_customer_without_email_and_phone_stays_at_the_till(people: People) -> None:
    key = people.add_at_till(first_name="Walk", last_name="In")
    rows = people.rig.deliveries
    people.rig.until(lambda: bool(rows(key=key, state=DeliveryState.FILTERED)), "it is left out")
    (row,) = rows(key=key)
    assert "neither an e-mail address nor a phone number" in row.reason
    assert people.link(pos_key=key) is None


def test_a_rule_may_tag_customers_of_a_tier(people: People) -> None:
    tag = {
        "target": "tags",
        "append": True,
        "constant": "loyalty:gold",
        "when": {"path": "custom.Tier", "op": "exists"},
    }
    with scope.tenant(people.rig.tenant.pk):
        flow = mapping_versions.flow_of(
            pair=people.rig.pair, entity=Entity.CUSTOMER, direction=Direction.TO_STORE
        )
        now = timezone.now()
        mapping_versions.change(
            flow=flow, changes=[{"target": "tags+gold", "rule": tag}], actor=None, now=now
        )
        mapping_versions.publish(flow=flow, actor=None, now=now, accept_failures=True)
    plain = people.add_at_till(first_name="No", last_name="Tier", email="plain@example.com")
    gold = people.add_at_till(
        first_name="With", last_name="Tier", email="gold@example.com", custom={"Tier": "Gold"}
    )
    assert people.in_shop(people.linked(pos_key=gold).store_key)["tags"] == ["loyalty:gold"]
    link = people.linked(pos_key=plain)
    assert people.in_shop(link.store_key)["tags"] == []
    people.change_at_till(plain, custom={"Tier": "Gold"})
    people.rig.until(
        lambda: people.in_shop(link.store_key)["tags"] == ["loyalty:gold"], "the tag is there"
    )
    people.settle()
    assert people.written(Direction.TO_STORE) == 3


def test_changes_on_both_sides_make_one_write_each(people: People) -> None:
    keys = [
        people.add_at_till(
            first_name="Buyer", last_name=str(number), email=f"two.way{number}@example.com"
        )
        for number in range(4)
    ]
    links = [people.linked(pos_key=key) for key in keys]
    before = people.written(Direction.TO_STORE), people.written(Direction.TO_POS)
    for turn in range(2):
        for number, link in enumerate(links):
            if (turn + number) % 2:
                people.change_at_till(link.pos_key, first_name=f"Till {turn}")
            else:
                people.set_in_shop(link.store_key, lastName=f"Shop {turn}")
        people.settle()
    after = people.written(Direction.TO_STORE), people.written(Direction.TO_POS)
    assert (after[0] - before[0], after[1] - before[1]) == (4, 4)
    for link in links:
        here, there = people.at_till(link.pos_key), people.in_shop(link.store_key)
        assert (here["first_name"], here["last_name"]) == (there["firstName"], there["lastName"])
