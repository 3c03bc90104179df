"""Customers that go both ways: our own changes come back and are known, theirs are carried."""

from __future__ import annotations

import random

import pytest
from django.utils import timezone

from integrations.connector_kit.errors import TryLater
from integrations.models import Delivery, DeliveryState, Direction, Flow, InboxItem, Incident, Link
from integrations.services import mapping_versions
from integrations.sync import echoes, links
from integrations.sync.stages import deliver
from mappings.canonical.record import Entity
from tests.flow import two_sides
from tests.flow.scripted import make_rig
from tests.flow.two_sides import TwoSides


@pytest.fixture
def sides(transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str) -> TwoSides:
    return two_sides.make(monkeypatch, account_name)


def _rules(sides: TwoSides, **rules: str) -> None:
    with sides.rig.scope():
        sides.rig.pair.merge_rules = {"customer": rules}
        sides.rig.pair.save(update_fields=["merge_rules"])


def _agreed(sides: TwoSides) -> None:
    """One customer that both sides know."""
    sides.shop.edit("s1", email="ana@example.com", first_name="Ana", last_name="Diaz")
    sides.settle()
    assert sides.writes == (0, 1)


def test_our_own_write_comes_back_and_is_left_out(sides: TwoSides) -> None:
    _agreed(sides)
    (row,) = sides.rig.deliveries(flow__direction="to_store")
    assert (row.state, row.reason) == (DeliveryState.FILTERED, echoes.OUR_CHANGE)
    assert sides.shown(sides.shop) == sides.shown(sides.till)


def test_a_change_there_is_carried_back_once(sides: TwoSides) -> None:
    _agreed(sides)
    sides.till.edit("t-1", phone="+12025551001")
    sides.settle()
    assert sides.writes == (1, 1)
    assert sides.shop.rows["s1"]["phone"] == "+12025551001"


def test_different_fields_changed_on_both_sides_are_both_carried(sides: TwoSides) -> None:
    _agreed(sides)
    sides.till.edit("t-1", last_name="Diaz-Ruiz")
    sides.shop.edit("s1", phone="+12025551001")
    sides.settle()
    assert sides.writes == (1, 2)
    assert sides.shown(sides.shop) == sides.shown(sides.till)
    assert sides.shop.rows["s1"]["last_name"] == "Diaz-Ruiz"


@pytest.mark.parametrize("last", ["till", "shop"])
def test_of_one_field_changed_on_both_sides_the_newest_wins(sides: TwoSides, last: str) -> None:
    _agreed(sides)
    edits = {
        "till": lambda: sides.till.edit("t-1", first_name="from till"),
        "shop": lambda: sides.shop.edit("s1", first_name="from shop"),
    }
    for name in sorted(edits, key=lambda name: name == last):
        edits[name]()
    sides.settle()
    assert {sides.shop.rows["s1"]["first_name"], sides.till.rows["t-1"]["first_name"]} == {
        f"from {last}"
    }
    assert sum(sides.writes) == 2


def test_the_owner_of_a_field_wins_and_the_other_side_is_put_right(sides: TwoSides) -> None:
    _rules(sides, last_name="pos")
    _agreed(sides)
    sides.shop.edit("s1", last_name="Changed", first_name="Anna")
    sides.settle()
    assert sides.shown(sides.shop) == sides.shown(sides.till)
    assert sides.shown(sides.shop) == [["ana@example.com", "Anna", "Diaz", ""]]


def test_blanks_are_filled_and_values_kept(sides: TwoSides) -> None:
    _rules(sides, **{"*": "fill_blanks"})
    _agreed(sides)
    sides.till.edit("t-1", phone="+12025551001", first_name="Anna")
    sides.settle()
    assert sides.shop.rows["s1"]["phone"] == "+12025551001"
    assert sides.shop.rows["s1"]["first_name"] == "Ana"


def test_a_held_conflict_names_field_and_both_values(sides: TwoSides) -> None:
    _rules(sides, first_name="hold")
    _agreed(sides)
    sides.till.edit("t-1", first_name="Anna")
    sides.shop.edit("s1", first_name="Anne")
    sides.settle()
    held = sides.rig.deliveries(state=DeliveryState.HELD)
    assert {row.field for row in held} == {"first_name"}
    assert {row.said for row in held} == {"Anna / Anne", "Anne / Anna"}
    assert "merge rule" in held[0].advice
    assert sides.till.rows["t-1"]["first_name"] == "Anna"
    assert sides.shop.rows["s1"]["first_name"] == "Anne"


def test_two_records_of_one_person_meet_and_fill_each_other(sides: TwoSides) -> None:
    sides.till.edit("t1", email="ana@example.com", phone="+12025551001")
    sides.shop.edit("s1", email="ana@example.com", first_name="Ana")
    sides.settle()
    assert (len(sides.shop.rows), len(sides.till.rows)) == (1, 1)
    assert sides.shown(sides.shop) == sides.shown(sides.till)
    assert sides.shown(sides.shop) == [["ana@example.com", "Ana", "", "+12025551001"]]


def test_a_change_during_our_own_write_is_not_taken_for_ours(sides: TwoSides) -> None:
    _agreed(sides)
    sides.shop.edit("s1", first_name="Anna")
    sides.till.looks = lambda: sides.till.rows["t-1"].update(last_name="Ruiz")
    sides.settle()
    assert sides.shop.rows["s1"]["last_name"] == "Ruiz"
    assert sides.shown(sides.shop) == sides.shown(sides.till)


def test_a_write_whose_outcome_was_lost_makes_no_second_customer(sides: TwoSides) -> None:
    sides.till.crash = TryLater("The line went dead.", of_record=True)
    sides.shop.edit("s1", first_name="Ana", email="ana@example.com")
    sides.tell()
    sides.rig.run(sides.rig.store)
    sides.rig.run(sides.rig.pos)
    # Its webhook is here before anyone knows what the write did.
    sides.tell()
    sides.rig.run(sides.rig.pos)
    sides.rig.run(sides.rig.store)
    (waiting,) = sides.rig.deliveries(flow__direction="to_store")
    assert (waiting.state, waiting.reason) == (DeliveryState.WAITING, echoes.UNSURE)
    sides.settle()
    assert (len(sides.shop.rows), len(sides.till.rows)) == (1, 1)
    assert sides.writes == (0, 1)
    (row,) = sides.rig.deliveries(pk=waiting.pk)
    # What is asked again when both are linked speaks for it.
    assert row.state == DeliveryState.REPLACED


def test_new_rules_count_for_records_that_did_not_change(sides: TwoSides) -> None:
    _agreed(sides)
    sides.shop.edit("s1")
    sides.settle()
    assert sides.writes == (0, 1)
    with sides.rig.scope():
        mapping_versions.change(
            flow=sides.rig.flow,
            changes=[{"target": "first_name", "rule": {"expression": "$uppercase(first_name)"}}],
            actor=None,
            now=timezone.now(),
        )
        mapping_versions.publish(
            flow=sides.rig.flow, actor=None, now=timezone.now(), accept_failures=True
        )
    sides.shop.edit("s1")
    sides.settle()
    assert (sides.till.rows["t-1"]["first_name"], sides.writes) == ("ANA", (0, 2))
    assert sides.shop.rows["s1"]["first_name"] == "Ana"
    sides.shop.edit("s1", last_name="Ruiz")
    sides.settle()
    assert (sides.till.rows["t-1"]["last_name"], sides.writes) == ("Ruiz", (0, 3))


def test_links_keep_no_personal_data(sides: TwoSides) -> None:
    _agreed(sides)
    with sides.rig.scope():
        link = Link.objects.get()
    kept = str(link.seen)
    assert set(link.seen) == {"pos", "store", "rules"}
    assert "ana" not in kept.lower()
    assert link.to_pos_hash
    assert not link.to_store_hash


def test_a_fact_made_by_us_is_left_out_when_it_comes_back(
    sides: TwoSides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echoes, "STATES", frozenset())
    monkeypatch.setattr(echoes, "FACTS", frozenset({Entity.CUSTOMER}))
    sides.shop.edit("s1", email="ana@example.com", first_name="Ana")
    sides.settle()
    (row,) = sides.rig.deliveries(flow__direction="to_store")
    assert (row.state, row.reason) == (DeliveryState.FILTERED, echoes.OURS)
    sides.till.edit("t7", email="bo@example.com", first_name="Bo")
    sides.settle()
    assert sides.writes == (1, 1)
    assert len(sides.shop.rows) == len(sides.till.rows) == 2


def test_a_fact_waits_while_it_may_be_ours(
    sides: TwoSides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echoes, "STATES", frozenset())
    monkeypatch.setattr(echoes, "FACTS", frozenset({Entity.CUSTOMER}))
    sides.till.crash = TryLater("The line went dead.", of_record=True)
    sides.shop.edit("s1", email="ana@example.com")
    sides.tell()
    sides.rig.work()
    sides.tell()
    sides.rig.run(sides.rig.pos)
    for _ in range(2):
        with sides.rig.scope():
            # Older than a minute: who knows less for longer does not know more.
            Delivery.objects.filter(flow__direction="to_store").update(
                due_at="2026-01-01T00:00Z", created_at="2026-01-01T00:00Z"
            )
        sides.rig.run(sides.rig.store)
        assert sides.writes == (0, 1)
    sides.settle()
    assert (sides.shop.writes, len(sides.shop.rows), len(sides.till.rows)) == (0, 1, 1)
    assert sides.rig.deliveries(flow__direction="to_store")[0].reason == echoes.OURS


def test_a_thousand_changes_make_a_thousand_writes(sides: TwoSides) -> None:
    """About half on each side, of many customers and of the same ones again and again."""
    chance = random.Random(4)  # noqa: S311 - the same changes each time
    people, edits, breath = 120, 1000, 200
    sides.shop.takes_many = sides.till.takes_many = True
    for number in range(people):
        sides.shop.edit(f"s{number}", email=f"buyer{number}@example.com", first_name="Ana")
    sides.settle()
    made = sum(sides.writes)
    assert made == people
    with sides.rig.scope():
        links = {link.store_key: link.pos_key for link in Link.objects.all()}
    each = [(system, number) for number in range(people) for system in ("shop", "till")]
    for done in range(0, edits, breath):
        # The two sides change other fields in one breath; in the next one it is the other way.
        names = ["first_name", "last_name"]
        chance.shuffle(names)
        for system, number in chance.sample(each, breath):
            if system == "shop":
                sides.shop.edit(f"s{number}", **{names[0]: f"shop {done}/{number}"})
            else:
                sides.till.edit(links[f"s{number}"], **{names[1]: f"till {done}/{number}"})
        sides.settle()
    assert sides.shown(sides.shop) == sides.shown(sides.till)
    assert sum(sides.writes) - made == edits


def test_one_way_flows_ask_nothing_more(sides: TwoSides, django_assert_num_queries: object) -> None:
    with sides.rig.scope():
        orders = Flow(pair=sides.rig.pair, entity=Entity.ORDER, direction="to_pos")
        with django_assert_num_queries(0):  # type: ignore[operator]
            assert echoes.going_both_ways([orders]) == set()


@pytest.mark.parametrize("is_on", [True, False])
def test_a_fact_does_not_wait_for_ever_for_a_flow_that_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None, account_name: str, is_on: bool
) -> None:
    """A refund of ours was cut off on its way to the store; one of the store comes meanwhile."""
    rig = make_rig(monkeypatch, account_name)
    now = timezone.now()
    rig.note("any", "any@example.com")
    with rig.scope():
        item = InboxItem.objects.get()
        ours, theirs = (
            Delivery.objects.create(
                flow=Flow.objects.create(
                    pair=rig.pair,
                    entity=Entity.REFUND,
                    direction=direction,
                    source=source,
                    target=target,
                    is_on=on,
                ),
                inbox_item=item,
                target=target,
                entity=Entity.REFUND,
                key=key,
                attempts=attempts,
                due_at=now,
                created_at=now,
            )
            for key, direction, source, target, attempts, on in (
                ("ours", Direction.TO_STORE, rig.pos, rig.store, 1, is_on),
                ("theirs", Direction.TO_POS, rig.store, rig.pos, 0, True),
            )
        )
        for moment in (now, now + 2 * echoes.PATIENCE):
            waits = deliver._is_theirs(theirs, links.Known(), {ours.pk}, now=moment)  # noqa: SLF001
            assert not waits
        theirs.refresh_from_db()
        if is_on:
            assert (theirs.state, theirs.reason) == (DeliveryState.WAITING, echoes.UNSURE)
        else:
            assert (theirs.state, theirs.reason) == (DeliveryState.HELD, echoes.NEVER_SURE)
            assert Incident.objects.get().advice == echoes.NEVER_SURE_ADVICE
