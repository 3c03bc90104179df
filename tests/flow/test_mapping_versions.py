"""A pair's own rules: drafted, tried on stored records, published, taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from integrations.connector_kit import http
from integrations.models import Delivery, DeliveryState, Flow, InboxState, Lane, ShadowState
from integrations.services import mapping_shadow, mapping_versions
from integrations.services.mapping_versions import BadRules, CannotChange, CannotPublish
from integrations.sync import routing, rulebooks
from integrations.sync.rulebooks import read_label
from mappings.canonical.customer import Customer
from mappings.canonical.record import Entity
from mappings.engine.rules import rule_set
from mappings.models import MappingVersion
from tenants import scope
from tenants.models import AuditEntry, User
from tests.benchmarks.transforming import order
from tests.flow.scripted import ScriptedRig, make_rig
from tests.web.shops import Shop, delivery, make_shop, notice

pytestmark = pytest.mark.django_db
with_lanes = pytest.mark.django_db(transaction=True)

NOTE = {"target": "first_name", "rule": {"constant": "Web"}}


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_rig(monkeypatch, account_name)


@pytest.fixture
def shop(account_name: str) -> Shop:
    return make_shop(f"{account_name} Goods")


def flow_of(place: ScriptedRig | Shop, entity: Entity = Entity.CUSTOMER) -> Flow:
    return mapping_versions.flow_of(pair=place.pair, entity=entity)


def change(flow: Flow, *changes: dict[str, Any], **more: Any) -> MappingVersion:
    return mapping_versions.change(
        flow=flow, changes=changes, actor=more.pop("actor", None), now=timezone.now(), **more
    )


def publish(flow: Flow, **more: Any) -> MappingVersion:
    more.setdefault("accept_failures", True)
    return mapping_versions.publish(flow=flow, actor=None, now=timezone.now(), **more)


def fields_sent(rig: ScriptedRig) -> list[str]:
    return [row.mapping_version for row in rig.deliveries()]


# --- versions ------------------------------------------------------------------------------------


@with_lanes
def test_a_published_version_counts_for_the_next_record_and_not_for_earlier_ones(
    rig: ScriptedRig,
) -> None:
    names: list[object] = []
    rig.script.write_error = lambda out: names.append(out.fields.get("first_name"))
    rig.note("c1", "c1@example.com")
    rig.work()
    rig.note("c2", "c2@example.com")
    rig.run(rig.store)
    with rig.scope():
        flow = flow_of(rig)
        assert change(flow, NOTE).changes == [
            {"target": "first_name", "rule": {"target": "first_name", "constant": "Web"}}
        ]
        assert publish(flow).number == 1
    rig.note("c3", "c3@example.com")
    rig.work()
    # c2 was mapped before and keeps its fields.
    assert names == [None, None, "Web"]
    shipped, waiting, own = fields_sent(rig)
    assert shipped == waiting
    assert own == f"{shipped} v1"
    assert read_label(own) == rulebooks.Named(*shipped.split("@"), 1, 0)


def test_a_lane_in_work_hears_of_a_publish_from_its_lease(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop)
        lane = Lane.objects.get(pk=flow.source_id)
        routes = routing.routes(flow.source, rules=lane.rules_revision)
        assert routing.current(routes, rules=lane.rules_revision) == routes
        change(flow, NOTE)
        publish(flow)
        lane.refresh_from_db()
        found = {
            route.flow.entity: route for route in routing.current(routes, rules=lane.rules_revision)
        }
    route = found["customer"]
    assert {one.book.number for one in routes} == {0}
    assert (route.book.number, found["order"].book.number) == (1, 0)
    assert [rule.constant for rule in route.book.rules.rules if rule.target == "first_name"] == [
        "Web"
    ]


@with_lanes
def test_what_is_kept_costs_no_query(shop: Shop, django_assert_num_queries: Any) -> None:
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop)
        change(flow, NOTE)
        publish(flow)
    with scope.tenant(shop.tenant.pk):
        rulebooks.of_flow(flow_of(shop))
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop)
        book = rulebooks.of_flow(flow)
        with django_assert_num_queries(0):
            assert rulebooks.of_flow(flow) == book


def test_versions_are_taken_back_as_new_ones_and_never_change(shop: Shop) -> None:
    owner = User.objects.create_user("author@example.com")
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop)
        change(flow, NOTE, actor=owner)
        first = publish(flow, note="Names")
        change(
            flow, {"target": "first_name", "shipped": True}, {"target": "phone", "removed": True}
        )
        second = publish(flow)
        with pytest.raises(CannotChange, match="published already"):
            mapping_versions.rollback(flow=flow, to=2, actor=owner, now=timezone.now())
        third = mapping_versions.rollback(flow=flow, to=1, actor=owner, now=timezone.now())
        fourth = mapping_versions.rollback(flow=flow, to=0, actor=owner, now=timezone.now())
        assert [(row.number, row.restores) for row in (first, second, third, fourth)] == [
            (1, 0), (2, 0), (3, 1), (4, 0),
        ]  # fmt: skip
        assert (third.changes, fourth.changes) == (first.changes, [])
        found = mapping_versions.overview(pair=shop.pair)
        (rules,) = [one for one in found if one.flow.entity == flow.entity]
        assert [(row.number, row.state) for row in rules.versions] == [
            (4, "published"), (3, "retired"), (2, "retired"), (1, "retired"),
        ]  # fmt: skip
        assert rules.versions[-1].author == owner
        differing = mapping_versions.difference(flow=flow, before=1, after=2)
        assert [(one.target, one.before, one.after) for one in differing] == [
            ("first_name", {"target": "first_name", "constant": "Web"},
             {"target": "first_name", "source": "first_name"}),
            ("phone", {"target": "phone", "source": "phone"}, None),
        ]  # fmt: skip
        assert mapping_versions.difference(flow=flow, before=4, after="preset") == []
        actions = AuditEntry.objects.filter(object_type="MappingVersion").order_by("id")
        assert list(actions.values_list("action", flat=True)) == [
            "mapping.draft_changed", "mapping.published", "mapping.draft_changed",
            "mapping.published", "mapping.rolled_back", "mapping.rolled_back",
        ]  # fmt: skip
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            MappingVersion.objects.filter(pk=first.pk).update(changes=[])


def test_everything_wrong_with_a_draft_is_said_at_once(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop, Entity.ORDER)
        change(
            flow,
            {"target": "public_id", "removed": True},
            {"target": "note", "rule": {"source": "note", "constant": "x"}},
            {"target": "state", "rule": {"source": "state", "colour": "red"}},
        )
        found = {one.target: one.message for one in mapping_versions.problems(flow=flow)}
        assert set(found) == {"public_id", "note", "state"}
        assert "the target system needs this field" in found["public_id"]
        assert "one of source, constant, lookup" in found["note"]
        assert "colour is no part of a rule" in found["state"]
        with pytest.raises(BadRules) as refused:
            publish(flow)
        assert len(refused.value.troubles) == 3
        assert Flow.objects.get(pk=flow.pk).mapping_version_id is None


def test_two_people_do_not_overwrite_each_other(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop)
        seen = change(flow, NOTE).changed_at
        change(flow, {"target": "phone", "removed": True})
        with pytest.raises(CannotChange, match="Somebody else"):
            change(flow, NOTE, seen=seen)
        for bad in ({"target": ""}, {"target": "a..b", "removed": True}, {"target": "note"}):
            with pytest.raises(CannotChange):
                change(flow, bad)
        mapping_versions.discard_draft(flow=flow, actor=None)
        with pytest.raises(CannotChange, match="no draft"):
            publish(flow)


def test_a_newer_preset_shows_what_it_changed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop)
        change(flow, NOTE)
        publish(flow)
        old = rulebooks.shipped(flow)
        rules = tuple(
            rule.model_copy(update={"default": "-"}) if rule.target == "phone" else rule
            for rule in old.rules
            if rule.target != "last_name"
        )
        newer = type(old)(name=old.name, version="0123456789ab", rules=rules)
        monkeypatch.setattr(rulebooks.presets, "incoming", lambda *_: newer)
        flow = flow_of(shop)
        found = {one.target: one for one in mapping_versions.newer_preset(flow=flow)}
        assert set(found) == {"phone", "last_name"}
        assert found["last_name"].after is None
        assert not found["phone"].is_own
        # The pair follows the newer rules, with its own on top.
        book = rulebooks.of_flow(flow)
        assert (book.label, len(book.rules.rules)) == (f"{old.name}@0123456789ab v1", len(rules))


@with_lanes
def test_rules_that_do_not_fit_an_update_hold_records_and_not_the_lane(
    rig: ScriptedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig.scope():
        flow = flow_of(rig)
        change(flow, {"target": "extra", "rule": {"constant": "x"}})
        publish(flow)
        old = rulebooks.shipped(flow)
    more = rule_set("more", [{"target": "extra.part", "source": "key"}]).rules
    newer = type(old)(name=old.name, version="0123456789ab", rules=(*old.rules, *more))
    monkeypatch.setattr(rulebooks.presets, "incoming", lambda *_: newer)
    rig.note("c1", "c1@example.com")
    rig.work()
    row = rig.delivery()
    assert (row.state, row.field) == (DeliveryState.HELD, "mapping")
    assert "do not fit the shipped ones of this release" in row.reason
    with rig.scope():
        mapping_versions.rollback(flow=flow_of(rig), to=0, actor=None, now=timezone.now())
    rig.note("c2", "c2@example.com")
    rig.work()
    assert rig.delivery(key="c2").state == DeliveryState.DELIVERED


# --- shadow publish ------------------------------------------------------------------------------


def stored_orders(shop: Shop, count: int) -> None:
    """Orders as the engine leaves them: delivered, with the record in our words."""
    for number in range(count):
        record = order(2).model_copy(update={"key": str(number), "number": f"#{number}"})
        item = notice(shop, key=str(number), number=f"#{number}", state=InboxState.PASSED)
        delivery(shop, item, document={"record": record.model_dump(mode="json"), "fields": {}})


def shadow(flow: Flow, tenant_id: Any, **more: Any) -> mapping_shadow.Report:
    with scope.tenant(tenant_id):
        started = mapping_shadow.start(flow=flow, actor=None, now=timezone.now(), **more)
    assert mapping_shadow.run(tenant_id=tenant_id, run_id=started.pk)
    with scope.tenant(tenant_id):
        run = mapping_shadow.latest(flow=flow)
        assert run is not None
        return mapping_shadow.report(run=run)


def test_a_shadow_run_counts_fields_failures_and_money_and_calls_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody was called")

    monkeypatch.setattr(http.Session, "request", refuse)
    stored_orders(shop, 7)
    monkeypatch.setattr(mapping_shadow, "CHUNK", 3)
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop, Entity.ORDER)
        change(
            flow,
            {"target": "note", "rule": {"constant": "From the web"}},
            {"target": "tip_total", "rule": {"source": "total", "type": "decimal"}},
        )
    before = order(2)
    found = shadow(flow, shop.tenant.pk, records=5)
    run = found.run
    assert (run.state, run.seen, run.changed, run.newly_held) == (ShadowState.DONE, 5, 5, 0)
    assert [(one.target, one.count) for one in found.fields] == [("note", 5), ("tip_total", 5)]
    # The newest come first.
    example = found.fields[0].examples[0]
    assert (example.number, example.before, example.after) == ("#6", "", "From the web")
    (money,) = found.money
    assert (money.currency, money.target) == ("USD", "tip_total")
    assert money.added == 5 * (before.total - before.tip_total)
    assert not found.has_new_failures
    # No value of a record lies on the run itself.
    assert "From the web" not in str([run.fields, run.causes])
    with scope.tenant(shop.tenant.pk):
        assert publish(flow, accept_failures=False).number == 1


def test_publishing_with_new_failures_needs_an_override(shop: Shop) -> None:
    stored_orders(shop, 2)
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop, Entity.ORDER)
        change(flow, {"target": "note", "rule": {"source": "charges_code", "required": True}})
        with pytest.raises(CannotPublish, match="not tried"):
            publish(flow, accept_failures=False)
    found = shadow(flow, shop.tenant.pk)
    assert (found.run.newly_held, found.run.changed) == (2, 0)
    (cause,) = found.causes
    assert (cause.kind, cause.count, cause.examples[0][1]) == ("newly_held", 2, "#1")
    assert "charges_code is empty" in cause.message
    with scope.tenant(shop.tenant.pk):
        with pytest.raises(CannotPublish, match="2 of 2 records would newly be held"):
            publish(flow, accept_failures=False)
        assert publish(flow).number == 1
    # The other way round: what would be held now is not held any more.
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop, Entity.ORDER)
        change(flow, {"target": "note", "shipped": True})
    again = shadow(flow, shop.tenant.pk)
    assert (again.run.no_longer_held, again.run.newly_held) == (2, 0)


def test_a_run_goes_on_where_a_dead_worker_left_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_orders(shop, 4)
    monkeypatch.setattr(mapping_shadow, "CHUNK", 2)
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop, Entity.ORDER)
        change(flow, {"target": "note", "rule": {"constant": "x"}})
        run = mapping_shadow.start(flow=flow, actor=None, now=timezone.now())
        with pytest.raises(CannotChange, match="running already"):
            mapping_shadow.start(flow=flow, actor=None, now=timezone.now())
    assert not mapping_shadow.run(tenant_id=shop.tenant.pk, run_id=run.pk, seconds=0)
    with scope.tenant(shop.tenant.pk):
        run.refresh_from_db()
        assert (run.seen, run.state) == (2, ShadowState.RUNNING)
    mapping_shadow.run_due(timezone.now() + mapping_shadow.TAKEN_FOR * 2)
    assert mapping_shadow.run(tenant_id=shop.tenant.pk, run_id=run.pk)
    with scope.tenant(shop.tenant.pk):
        run.refresh_from_db()
        assert (run.seen, run.changed, run.state) == (4, 4, ShadowState.DONE)
        # The draft is another one now, so that trial says nothing of it.
        change(flow, {"target": "note", "rule": {"constant": "y"}})
        assert not mapping_shadow.report(run=run).is_current
        with pytest.raises(CannotPublish, match="not tried"):
            publish(flow, accept_failures=False)


def test_an_endless_draft_is_not_tried_on_every_record(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_orders(shop, 3)
    monkeypatch.setattr(mapping_shadow, "MOST_SLOW", 1)
    with scope.tenant(shop.tenant.pk):
        flow = flow_of(shop, Entity.ORDER)
        endless = {"expression": "($f := function($n) { $f($n + 1) }; $f(1))"}
        change(flow, {"target": "note", "rule": endless})
    found = shadow(flow, shop.tenant.pk)
    assert (found.run.state, found.run.seen) == (ShadowState.FAILED, 1)
    assert "takes more than 0.9 s" in found.run.problem


@with_lanes
def test_a_held_record_is_read_from_its_notice_once_more(rig: ScriptedRig) -> None:
    with rig.scope():
        flow = flow_of(rig)
        change(flow, {"target": "phone", "rule": {"source": "phone", "required": True}})
        publish(flow)
    rig.note("c1", "c1@example.com")
    rig.work()
    assert rig.delivery().state == DeliveryState.HELD
    opened = rig.script.opens
    with rig.scope():
        change(flow_of(rig), {"target": "phone", "shipped": True})
    found = shadow(flow_of_scoped(rig), rig.tenant_id)
    assert (found.run.no_longer_held, found.run.seen) == (1, 1)
    assert (rig.script.opens, rig.script.reads) == (opened, 0)


def flow_of_scoped(rig: ScriptedRig) -> Flow:
    with rig.scope():
        return flow_of(rig)


def test_stored_money_is_exact() -> None:
    # A record goes through JSON and comes back to the cent.
    record = order(1)
    kept = type(record).model_validate(record.model_dump(mode="json"))
    assert kept == record
    assert isinstance(kept.total, Decimal)
    assert Customer(key="1").entity is Entity.CUSTOMER
    assert Delivery._meta.get_field("mapping_version").max_length == 80
