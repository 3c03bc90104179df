"""Lookup tables: what they do not know is collected, and an entry lets its records go on."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from django.utils import timezone

from integrations.connector_kit.presets import incoming
from integrations.models import DeliveryState, Incident, ReplayState
from integrations.services import group_replay, mapping_release, mapping_tables, mapping_versions
from integrations.services.mapping_tables import BadTable, Put
from integrations.services.tidying import KEEP_UNMAPPED, tidy
from integrations.sync import many, unmapped
from integrations.sync.rulebooks import tables_at
from mappings.canonical.order import OrderPayment
from mappings.canonical.record import Entity
from mappings.engine.document import document
from mappings.engine.transform import transform
from mappings.models import MappingSet, TableRevision
from tenants.models import AuditEntry
from tests.benchmarks.transforming import order
from tests.flow.scripted import ScriptedRig, make_rig

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    unmapped.forget()
    return make_rig(monkeypatch, account_name)


def look_up_names(rig: ScriptedRig, **more: Any) -> None:
    """From now on a customer's first name comes from a table, by its number."""
    rule = {"lookup": {"table": "greeting", "source": "number"}, **more}
    with rig.scope():
        flow = mapping_versions.flow_of(pair=rig.pair, entity=Entity.CUSTOMER)
        changes = [{"target": "first_name", "rule": rule}]
        mapping_versions.change(flow=flow, changes=changes, actor=None, now=timezone.now())
        mapping_versions.publish(flow=flow, actor=None, now=timezone.now(), accept_failures=True)


def put(rig: ScriptedRig, rows: dict[str, str], table: str = "greeting") -> Put:
    with rig.scope():
        return mapping_tables.put(
            pair=rig.pair, table=table, rows=rows, actor=None, now=timezone.now()
        )


def waiting(rig: ScriptedRig) -> list[tuple[str, int, bool, str]]:
    with rig.scope():
        rows = mapping_tables.unmapped_values(pair=rig.pair)
        return [(row.value, row.count, row.is_holding, row.example_number) for row in rows]


def let_replays_end(rig: ScriptedRig) -> None:
    for _ in range(4):
        rig.work()
        with rig.scope():
            ids = list(Incident.objects.values_list("pk", flat=True))
        for incident_id in ids:
            group_replay.tend(tenant_id=rig.tenant_id, incident_id=incident_id, now=timezone.now())
    rig.work()


def states(rig: ScriptedRig) -> dict[str, str]:
    return {row.key: str(row.state) for row in rig.deliveries()}


def test_an_entry_lets_the_records_go_on_that_waited_for_it(rig: ScriptedRig) -> None:
    look_up_names(rig)
    names: dict[str, object] = {}
    rig.script.write_error = lambda out: names.update({out.key: out.fields.get("first_name")})
    for key, number in (("c1", "vip"), ("c2", "vip"), ("c3", "new")):
        rig.note(key, f"{key}@example.com", number=number)
    rig.work()
    assert states(rig) == dict.fromkeys(("c1", "c2", "c3"), DeliveryState.HELD)
    # One cause: the table, not the value.
    with rig.scope():
        incident = Incident.objects.get()
    assert incident.message == "number: no entry in the table greeting for […]"
    assert "Add the value to the table" in incident.advice
    assert waiting(rig) == [("vip", 2, True, "vip"), ("new", 1, True, "new")]
    done = put(rig, {"vip": "Dear guest"})
    assert (done.revision, done.records, len(done.released)) == (1, 2, 1)
    assert waiting(rig) == [("new", 1, True, "new")]
    let_replays_end(rig)
    assert states(rig) == {
        "c1": DeliveryState.DELIVERED, "c2": DeliveryState.DELIVERED, "c3": DeliveryState.HELD,
    }  # fmt: skip
    assert names == {"c1": "Dear guest", "c2": "Dear guest"}
    assert rig.deliveries(key="c1")[-1].mapping_version.endswith(" v1 t1")
    # The last one; then nothing is stuck any more.
    assert put(rig, {"new": "Welcome"}).records == 1
    let_replays_end(rig)
    with rig.scope():
        incident.refresh_from_db()
        assert not incident.is_open
        actions = AuditEntry.objects.filter(action="mapping.table_changed").order_by("id")
        assert [entry.after["rows"] for entry in actions] == [
            {"vip": "Dear guest"}, {"new": "Welcome"},
        ]  # fmt: skip


def test_a_release_that_found_another_under_way_begins_by_itself(rig: ScriptedRig) -> None:
    look_up_names(rig)
    for number in ("vip", "new"):
        rig.note(f"c-{number}", f"{number}@example.com", number=number)
    rig.work()
    assert put(rig, {"vip": "Dear guest"}).records == 1
    second = put(rig, {"new": "Welcome"})
    assert second.records == 0
    assert "being replayed already" in second.released[0].obstacle
    let_replays_end(rig)
    assert states(rig)["c-new"] == DeliveryState.HELD
    mapping_release.release_due(timezone.now())
    with rig.scope():
        incident = Incident.objects.get()
    assert (incident.replay_state, incident.replay_values) == (ReplayState.CANARY, ["new"])
    let_replays_end(rig)
    assert set(states(rig).values()) == {DeliveryState.DELIVERED}
    # What fails with the entry in place is not tried again and again.
    mapping_release.release_due(timezone.now())
    assert set(states(rig).values()) == {DeliveryState.DELIVERED}


def test_an_entry_of_one_pair_leaves_the_records_of_another_alone(rig: ScriptedRig) -> None:
    """Two shops sell for one till: what fails for the same reason is one incident of the till."""
    other = rig.add_shop("Second shop")
    look_up_names(rig)
    look_up_names(dataclasses.replace(rig, pair=other.pair))
    # The other shop's record is the older one, so it would be tried first.
    for key, shop in (("theirs", other.source), ("mine", rig.store)):
        rig.note(key, f"{key}@example.com", number="vip", at=shop)
        rig.run(shop)
    rig.work()
    assert states(rig) == dict.fromkeys(("theirs", "mine"), DeliveryState.HELD)
    assert put(rig, {"vip": "Dear guest"}).records == 1
    let_replays_end(rig)
    assert states(rig) == {"theirs": DeliveryState.HELD, "mine": DeliveryState.DELIVERED}
    mapping_release.release_due(timezone.now())
    assert [row.key for row in rig.deliveries()] == ["theirs", "mine", "mine"]


def test_a_value_that_an_expression_misses_is_collected_and_released_alike(
    rig: ScriptedRig,
) -> None:
    with rig.scope():
        flow = mapping_versions.flow_of(pair=rig.pair, entity=Entity.CUSTOMER)
        rule = {"expression": '$lookup_table("greeting", number)'}
        changes = [{"target": "first_name", "rule": rule}]
        mapping_versions.change(flow=flow, changes=changes, actor=None, now=timezone.now())
        mapping_versions.publish(flow=flow, actor=None, now=timezone.now(), accept_failures=True)
    rig.note("c1", "c1@example.com", number="vip")
    rig.work()
    assert waiting(rig) == [("vip", 1, True, "vip")]
    assert put(rig, {"vip": "Dear guest"}).records == 1
    let_replays_end(rig)
    assert states(rig) == {"c1": DeliveryState.DELIVERED}


def test_a_value_that_holds_nothing_is_collected_too(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up_names(rig, default="Hello")
    rig.note("c1", "c1@example.com", number="vip")
    rig.work()
    rig.note("c2", "c2@example.com", number="vip")
    rig.work()
    assert set(states(rig).values()) == {DeliveryState.DELIVERED}
    # The second one is remembered and written down with the next after a while.
    assert waiting(rig) == [("vip", 1, False, "vip")]
    monkeypatch.setattr(unmapped, "EVERY_SECONDS", 0.0)
    rig.note("c3", "c3@example.com", number="vip")
    rig.work()
    assert waiting(rig) == [("vip", 3, False, "vip")]
    with rig.scope():
        (found,) = [one for one in mapping_tables.tables(pair=rig.pair) if one.name == "greeting"]
        assert (found.rows, found.unmapped) == ({}, 1)
        assert [(use.target, use.source, use.default) for use in found.uses] == [
            ("first_name", "number", "Hello")
        ]
        assert mapping_tables.dismiss(pair=rig.pair, table="greeting", value="vip")
    assert waiting(rig) == []
    rig.note("c4", "c4@example.com", number="vip")
    rig.work()
    assert len(waiting(rig)) == 1
    tidy(timezone.now() + KEEP_UNMAPPED)
    assert waiting(rig) == []


def test_a_value_met_in_a_transaction_that_was_undone_is_collected_all_the_same(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up_names(rig, default="Hello")
    really, calls = many.update, iter((RuntimeError("one record spoils the batch"),))

    def spoilt(*args: Any, **more: Any) -> set[int]:
        if error := next(calls, None):
            raise error
        return really(*args, **more)

    monkeypatch.setattr(many, "update", spoilt)
    rig.note("c1", "c1@example.com", number="vip")
    rig.work()
    assert states(rig) == {"c1": DeliveryState.DELIVERED}
    assert waiting(rig) == [("vip", 1, False, "vip")]


def test_each_change_of_a_table_is_a_revision_that_stays(rig: ScriptedRig) -> None:
    put(rig, {"a": "1"})
    put(rig, {"b": "2"}, table="colour")
    assert put(rig, {"a": "1", "c": "3"}).revision == 3
    assert put(rig, {"c": "3"}).revision == 3
    with rig.scope():
        removed = mapping_tables.remove(
            pair=rig.pair, table="greeting", values=["a"], actor=None, now=timezone.now()
        )
        set_id = MappingSet.objects.get().pk
        assert removed.revision == 4
        assert TableRevision.objects.count() == 4
        assert tables_at(set_id, 0) == {}
        assert tables_at(set_id, 3) == {"colour": {"b": "2"}, "greeting": {"a": "1", "c": "3"}}
        assert tables_at(set_id, 4, frozenset({"greeting"})) == {"greeting": {"c": "3"}}
        for rows, table, said in (
            ({"a": "1"}, "Two Words", "no name for a table"),
            ({}, "greeting", "Nothing was given"),
            ({"": "1"}, "greeting", "1 to 400 characters"),
        ):
            with pytest.raises(BadTable, match=said):
                mapping_tables.put(
                    pair=rig.pair, table=table, rows=rows, actor=None, now=timezone.now()
                )
        with pytest.raises(BadTable, match="no entry for x"):
            mapping_tables.remove(
                pair=rig.pair, table="greeting", values=["x"], actor=None, now=timezone.now()
            )


def test_a_shipped_rule_looks_up_the_payment_type_and_does_without(db: None) -> None:
    payment = OrderPayment(key="p1", gateway="paypal", amount=order(1).total)
    record = order(1).model_copy(update={"payments": (payment,)})
    rules = incoming("heartland", "retail", Entity.ORDER)
    read = document(record, reference="S-1")
    without, named = (
        transform(rules, read),
        transform(rules, read, {"payment_type": {"paypal": "7"}}),
    )
    assert without.problems == named.problems == []
    assert [one.fields["payments"][0]["payment_type_id"] for one in (without, named)] == ["", "7"]
